"""Writes own_center.json: losses of rows at their own centers by PyTorch, in float64, with autograd and torch.optim.SGD.

Usage: python test/oracle/open-set/own_center.py > test/oracle/open-set/own_center.json

The distance to the own center by torch's functions (1 - cosine_similarity for 'cosine'), the penalty of its excess over a
radius a class, torch's weighted mean, and three steps of SGD over the centers. Inputs are float32 values.
"""

import itertools
import json

import torch
import torch.nn.functional as F

METRICS = {
    "sqeuclidean": lambda x, c: (x - c).square().sum(1),
    "euclidean": lambda x, c: torch.linalg.vector_norm(x - c, dim=1),
    "cosine": lambda x, c: 1 - F.cosine_similarity(x, c, eps=1e-300),
}
PENALTIES = {"hinge": lambda e: e, "half-squared": lambda e: e.square() / 2}
SHAPES = [(7, 3, 5), (12, 4, 8)]
REDUCTIONS = ["mean", "batch", "wen", "sum"]
SGD = {"lr": 0.05, "momentum": 0.9}


def loss_of(metric, penalty, reduction, x, y, centers, radii, class_weight, sample_weight):
    known = (y >= 0) & (sample_weight > 0)
    x, y, sample_weight = x[known], y[known], sample_weight[known]
    weight = class_weight[y] * sample_weight
    excess = (METRICS[metric](x, centers[y]) - radii[y]).clamp(min=0)
    total = (weight * PENALTIES[penalty](excess)).sum()
    count = weight.sum()
    return total / {"mean": count * len(centers), "batch": count, "wen": 2 * count, "sum": 1}[reduction]


def float32(*shape):
    return torch.randn(*shape, dtype=torch.float32).double()


def case(metric, penalty, reduction, shape):
    rows, n_classes, dim = shape
    x, centers = float32(rows, dim), float32(n_classes, dim)
    y = torch.arange(rows) % (n_classes + 1) - 1
    radii = torch.rand(n_classes).mul(0.4).float().double()
    class_weight = torch.rand(n_classes).add(0.2).float().double()
    sample_weight = torch.rand(rows).float().double() * (torch.arange(rows) % 5 != 3)
    fixed = (radii, class_weight, sample_weight)

    x.requires_grad_()
    centers.requires_grad_()
    loss = loss_of(metric, penalty, reduction, x, y, centers, *fixed)
    grad_x, grad_centers = torch.autograd.grad(loss, [x, centers])

    moving = centers.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([moving], **SGD)
    for _ in range(3):
        optimizer.zero_grad()
        loss_of(metric, penalty, reduction, x.detach(), y, moving, *fixed).backward()
        optimizer.step()

    listed = {"x": x, "y": y, "centers": centers, "radii": radii, "class_weight": class_weight,
              "sample_weight": sample_weight, "grad_x": grad_x, "grad_centers": grad_centers, "after_sgd": moving}
    return {"metric": metric, "penalty": penalty, "reduction": reduction, "C": n_classes, "D": dim,
            "loss": loss.item(), **{name: value.detach().flatten().tolist() for name, value in listed.items()}}


torch.manual_seed(6)
combinations = list(itertools.product(METRICS, PENALTIES, SHAPES))
cases = [case(metric, penalty, REDUCTIONS[i % 4], shape) for i, (metric, penalty, shape) in enumerate(combinations)]
print(json.dumps({"torch": torch.__version__, "sgd": SGD, "cases": cases}))
