"""PyTorch as a contender: answers one JSON line on stdout for each JSON line on stdin, and times inside.

One thread, data in place, results left where PyTorch leaves them.
"""

import base64
import json
import platform
import sys
import time
from importlib.metadata import version

try:
    import numpy as np
    import torch
    from pytorch_ood.loss import CenterLoss
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def decode(text, dtype, shape):
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy())


def encode(tensor, dtype):
    array = tensor.detach().numpy().astype(dtype, copy=False)
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


class Works:
    def __init__(self, shape, x, target, centers):
        b, d, c = shape
        self.entries = b * c
        self.x = decode(x, np.float32, (b, d)).requires_grad_()
        self.target = decode(target, np.int32, (b,)).long()
        self.criterion = CenterLoss(c, d)
        with torch.no_grad():
            self.criterion.centers.params.copy_(decode(centers, np.float32, (c, d)))
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


def answer(request, state):
    if "load" in request:
        state["works"] = Works(**request["load"])
        return {}
    run = getattr(state["works"], request["work"])
    if "iterations" not in request:
        outcome = run()
        return {name: encode(value, np.float32) for name, value in outcome.items()}
    start = time.perf_counter_ns()
    for _ in range(request["iterations"]):
        run()
    return {"ns": time.perf_counter_ns() - start}


def main():
    versions = {name: version(name) for name in ("torch", "pytorch-ood")}
    versions["python"] = platform.python_version()
    print(json.dumps({"versions": versions}), flush=True)
    state = {}
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), state)), flush=True)


main()
