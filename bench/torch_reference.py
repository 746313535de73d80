"""pytorch-ood and what one would write instead, as contenders."""

import json
import sys

from torch_protocol import floats, integers, serve, torch

try:
    from pytorch_ood.loss import CenterLoss
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()


class Works:
    def __init__(self, shape, x, target, centers):
        b, d, c = shape
        self.entries = b * c
        self.x = floats(x, b, d).requires_grad_()
        self.target = integers(target, b)
        self.criterion = CenterLoss(c, d)
        with torch.no_grad():
            self.criterion.centers.params.copy_(floats(centers, c, d))
        self.centers = self.criterion.centers.params

    def backward(self, loss):
        loss.backward()
        gradients = self.x.grad, self.centers.grad
        # As optimizer.zero_grad() leaves them: the next backward then stores instead of adding.
        self.x.grad = self.centers.grad = None
        return {"loss": loss, "gradX": gradients[0], "gradCenters": gradients[1]}

    def gradients_pytorch_ood(self):
        return self.backward(self.criterion(self.criterion.centers(self.x), self.target))

    def gradients_gather(self):
        return self.backward(((self.x - self.centers[self.target]) ** 2).sum() / self.entries)

    @torch.no_grad()
    def distances_pytorch_ood(self):
        return {"distances": self.criterion.centers(self.x)}

    @torch.no_grad()
    def predict_pytorch_ood(self):
        return {"nearest": self.criterion.centers(self.x).argmin(1)}


serve(Works, ("torch", "pytorch-ood"))
