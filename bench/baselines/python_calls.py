"""The calls of the bench in Python: pytorch-ood, the fastest forms in PyTorch known here of what one would write instead,
and the nearest center by faiss and scikit-learn.

Answers one JSON line on stdout for each JSON line on stdin, and times inside: one thread, data in place, results left
where PyTorch leaves them. Where all pairs of rows and centers are wanted, distances are expanded to
‖x‖² + ‖c‖² − 2x·c, one matrix product: less exact than differences, and several times as fast.
"""

import base64
import json
import platform
import sys
import time
import warnings
from functools import cached_property
from importlib import import_module
from importlib.metadata import version

try:
    import numpy as np
    import torch
    from pytorch_ood.loss import CenterLoss
except ImportError as error:
    print(json.dumps({"error": str(error)}))
    sys.exit()


def optional(module):
    """The module, or None where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        return None


faiss, neighbors = optional("faiss"), optional("sklearn.neighbors")

from torch.nn.functional import cosine_similarity, cross_entropy, normalize, relu

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
if faiss:
    faiss.omp_set_num_threads(1)

LAMBDA, MARGIN, DELTA, ALPHA, TEMPERATURE = 0.1, 5.0, 1.0, 0.5, 64.0


def decode(text, dtype, *shape):
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy())


def encode(values):
    array = values.detach().numpy() if isinstance(values, torch.Tensor) else values
    array = array.astype(np.float32, copy=False)
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


class Calls:
    """Each method is a call; its results have the names that the bench compares."""

    def __init__(self, shape, x, target, centers, logits=None):
        b, d, c = shape
        self.entries = b * c
        self.rows = torch.arange(b)
        self.x = decode(x, np.float32, b, d).requires_grad_()
        self.target = decode(target, np.int32, b).long()
        self.criterion = CenterLoss(c, d)
        self.centers = self.criterion.centers.params
        with torch.no_grad():
            self.centers.copy_(decode(centers, np.float32, c, d))
        self.logits = logits and decode(logits, np.float32, b, c).requires_grad_()

    def backward(self, loss, **inputs):
        loss.backward()
        gradients = {name: tensor.grad for name, tensor in inputs.items()}
        # As optimizer.zero_grad() leaves them: the next backward then stores instead of adding.
        for tensor in inputs.values():
            tensor.grad = None
        return {"loss": loss, **gradients}

    def both(self, loss):
        return self.backward(loss, gradX=self.x, gradCenters=self.centers)

    def gradients_pytorch_ood(self):
        return self.both(self.criterion(self.criterion.centers(self.x), self.target))

    def gradients_gather(self):
        return self.both(((self.x - self.own()) ** 2).sum() / self.entries)

    @torch.no_grad()
    def distances_pytorch_ood(self):
        return {"distances": self.criterion.centers(self.x)}

    @torch.no_grad()
    def predict_pytorch_ood(self):
        return {"nearest": self.criterion.centers(self.x).argmin(1)}

    @cached_property
    def arrays(self):
        return self.x.detach().numpy(), self.centers.detach().numpy()

    @cached_property
    def flat_index(self):
        centers = self.arrays[1]
        index = faiss.IndexFlatL2(centers.shape[1])
        index.add(centers)
        return index

    def predict_faiss(self):
        return {"nearest": self.flat_index.search(self.arrays[0], 1)[1][:, 0]}

    @cached_property
    def nearest_centroid(self):
        centers = self.arrays[1]
        with warnings.catch_warnings():
            # It warns of classes of one row, whose mean is that row.
            warnings.simplefilter("ignore")
            return neighbors.NearestCentroid().fit(centers, np.arange(len(centers)))

    def predict_sklearn(self):
        return {"nearest": self.nearest_centroid.predict(self.arrays[0])}

    @torch.no_grad()
    def normal(self):
        return {"centers": torch.nn.init.normal_(self.centers)}

    @torch.no_grad()
    def orthogonal(self):
        return {"centers": torch.nn.init.orthogonal_(self.centers)}

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

    def distance_cross_entropy(self):
        return self.both(cross_entropy(-self.squares(self.centers) / TEMPERATURE, self.target))

    @torch.no_grad()
    def distance_cross_entropy_per_row(self):
        logits = -self.squares(self.centers) / TEMPERATURE
        return {"perRow": cross_entropy(logits, self.target, reduction="none")}

    @torch.no_grad()
    def center_loss_per_row(self):
        return {"perRow": ((self.x - self.own()) ** 2).sum(1)}

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


def answer(request, state):
    if "load" in request:
        state["calls"] = Calls(**request["load"])
        return {}
    run = getattr(state["calls"], request["method"])
    if "iterations" not in request:
        return {name: encode(value) for name, value in run().items()}
    start = time.perf_counter_ns()
    for _ in range(request["iterations"]):
        run()
    return {"ns": time.perf_counter_ns() - start}


OPTIONAL = {"faiss-cpu": (faiss, "predict_faiss"), "scikit-learn": (neighbors, "predict_sklearn")}
versions = {name: version(name) for name in ("torch", "pytorch-ood")}
versions |= {name: version(name) if module else None for name, (module, _) in OPTIONAL.items()}
missing = [method for module, method in OPTIONAL.values() if not module]
print(json.dumps({"versions": {**versions, "python": platform.python_version()}, "missing": missing}), flush=True)
state = {}
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line), state)), flush=True)
