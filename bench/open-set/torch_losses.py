"""The losses and scores of center-loss/open-set as one writes them in PyTorch, each in the fastest form known here.

Where all pairs of rows and centers are wanted, distances are expanded to ‖x‖² + ‖c‖² − 2x·c, one matrix product: less
exact than differences, and several times as fast.
"""

from torch.nn.functional import cosine_similarity, cross_entropy, normalize, relu
from torch_protocol import floats, integers, serve, torch

LAMBDA, MARGIN, DELTA, ALPHA = 0.1, 5.0, 1.0, 0.5


class Works:
    def __init__(self, shape, x, target, centers, logits):
        b, d, c = shape
        self.x = floats(x, b, d).requires_grad_()
        self.target = integers(target, b)
        self.centers = floats(centers, c, d).requires_grad_()
        self.logits = floats(logits, b, c).requires_grad_()
        self.rows = torch.arange(b)

    def backward(self, loss, **inputs):
        loss.backward()
        gradients = {name: tensor.grad for name, tensor in inputs.items()}
        for tensor in inputs.values():
            tensor.grad = None
        return {"loss": loss, **gradients}

    def both(self, loss):
        return self.backward(loss, gradX=self.x, gradCenters=self.centers)

    def own(self):
        return self.centers[self.target]

    def squares(self, centers):
        of_rows = (self.x * self.x).sum(1, keepdim=True)
        return torch.addmm((centers * centers).sum(1) + of_rows, self.x, centers.T, alpha=-2).clamp_min(0)

    def center_loss(self):
        return self.both(((self.x - self.own()) ** 2).sum() / len(self.x))

    def center_loss_half_squared(self):
        return self.both((0.5 * relu(torch.linalg.vector_norm(self.x - self.own(), dim=1) - 1) ** 2).mean())

    def center_loss_cosine(self):
        return self.both((1 - cosine_similarity(self.x, self.own())).mean())

    def softmax_center(self):
        own = self.own().detach()
        loss = cross_entropy(self.logits, self.target) + LAMBDA * ((self.x - own) ** 2).sum() / len(self.x)
        result = self.backward(loss, gradX=self.x, gradLogits=self.logits)
        with torch.no_grad():
            counts = torch.bincount(self.target, minlength=len(self.centers))
            sums = torch.zeros_like(self.centers).index_add_(0, self.target, self.x - own)
            self.centers += ALPHA * sums / (1 + counts[:, None])
        return result

    def cac(self):
        # The anchors are fixed.
        distances = torch.cdist(self.x, self.centers.detach())
        own = distances[self.rows, self.target].mean()
        return self.backward(cross_entropy(-distances, self.target) + LAMBDA * own, gradX=self.x)

    def contrastive_center(self):
        squares = self.squares(self.centers)
        own = squares[self.rows, self.target]
        return self.both((0.5 * own / (squares.sum(1) - own + DELTA)).mean())

    def triplet_center(self):
        squares = self.squares(self.centers)
        own = squares[self.rows, self.target]
        others = squares.scatter(1, self.target[:, None], torch.inf).amin(1)
        return self.both(relu(0.5 * own + MARGIN - 0.5 * others).mean())

    def island(self):
        own = 0.5 * ((self.x - self.own()) ** 2).sum() / len(self.x)
        n = len(self.centers)
        # Σ_j Σ_k u_j·u_k = ‖Σ_j u_j‖², without a matrix of all pairs.
        cosines = (normalize(self.centers).sum(0) ** 2).sum() - n
        return self.both(own + LAMBDA * (cosines + n * (n - 1)))

    @torch.no_grad()
    def classify_distance(self):
        scores, nearest = self.squares(self.centers).min(1)
        return {"nearest": nearest, "scores": scores}

    @torch.no_grad()
    def classify_cac(self):
        distances = torch.cdist(self.x, self.centers)
        scores = (distances * (1 - torch.softmax(-distances, 1))).amin(1)
        return {"nearest": distances.argmin(1), "scores": scores}

    @torch.no_grad()
    def classify_entropy(self):
        distances = torch.cdist(self.x, self.centers)
        log_p = torch.log_softmax(-distances, 1)
        return {"nearest": distances.argmin(1), "scores": -(log_p.exp() * log_p).sum(1)}


serve(Works, ("torch",))
