"""Writes separation.json: losses that separate classes, and softmax cross-entropy, by float64 PyTorch with autograd.

    python test/oracle/open-set/separation.py

Each formula is written down as its paper (or torch) has it; gradients are autograd's. PyTorch 2.15.0.
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(6)


def cac(x, centers, y, weight, lam):
    """Miller et al. 2021: mean of log(1 + sum of e^(d_y - d_j) over j != y) + lambda * d_y, d Euclidean."""
    d = torch.stack([torch.stack([torch.linalg.vector_norm(row - c) for c in centers]) for row in x])
    own = d.gather(1, y[:, None])
    is_other = torch.ones_like(d).scatter(1, y[:, None], 0.0)
    tuplet = torch.log(1 + ((own - d).exp() * is_other).sum(1))
    return ((tuplet + lam * own[:, 0]) * weight).sum() / weight.sum()


def contrastive_center(x, centers, y, weight, delta):
    """Qi and Su 2017: half of d_y / (sum of d_j over j != y + delta), d squared Euclidean."""
    d = ((x[:, None] - centers[None]) ** 2).sum(2)
    is_own = torch.zeros_like(d).scatter(1, y[:, None], 1.0)
    losses = 0.5 * (d * is_own).sum(1) / ((d * (1 - is_own)).sum(1) + delta)
    return (losses * weight).sum() / weight.sum()


def triplet_center(x, centers, y, weight, margin):
    """He et al. 2018: max(D_y + m - min D_j over j != y, 0), D half of the squared Euclidean distance."""
    half = 0.5 * ((x[:, None] - centers[None]) ** 2).sum(2)
    own = half.gather(1, y[:, None])[:, 0]
    others = half.scatter(1, y[:, None], torch.inf).min(1).values
    return (torch.relu(own + margin - others) * weight).sum() / weight.sum()


def island(x, centers, y, weight, lam):
    """Cai et al. 2018: center loss + lambda_1 * sum over ordered pairs of classes of cos + 1."""
    center = (0.5 * ((x - centers[y]) ** 2).sum(1) * weight).sum() / weight.sum()
    pairs = sum(
        torch.nn.functional.cosine_similarity(centers[j], centers[k], dim=0, eps=0) + 1
        for j in range(len(centers))
        for k in range(len(centers))
        if j != k
    )
    return center + lam * pairs


LOSSES = {
    "CACLoss": (cac, [0.1, 1.0]),
    "ContrastiveCenterLoss": (contrastive_center, [1.0, 0.25]),
    "TripletCenterLoss": (triplet_center, [5.0, 0.5]),
    "IslandLoss": (island, [10.0, 0.5]),
}


def values(tensor):
    return tensor.detach().flatten().tolist()


def float32(*shape, scale=1.0, offset=0.0):
    """Normal values that float32 holds exactly."""
    return (torch.randn(*shape) * scale + offset).float().double()


def weights(count, weighted):
    return torch.randint(1, 5, (count,)).double() / 2 if weighted else torch.ones(count)


def separation_cases():
    for rows, n_classes, dim, scale, offset, weighted in [
        (1, 2, 1, 1, 0, False),
        (7, 3, 4, 1, 0, True),
        (17, 5, 9, 2, 3, False),
        (6, 17, 5, 0.5, -1, True),
    ]:
        x, centers = float32(rows, dim, scale=scale, offset=offset), float32(n_classes, dim, scale=scale, offset=offset)
        y = torch.randint(0, n_classes, (rows,))
        class_weight, sample_weight = weights(n_classes, weighted), weights(rows, weighted)
        for name, (formula, parameters) in LOSSES.items():
            for parameter in parameters:
                x.requires_grad_().grad = None
                centers.requires_grad_().grad = None
                loss = formula(x, centers, y, class_weight[y] * sample_weight, parameter)
                loss.backward()
                yield {
                    "loss": name,
                    "parameter": parameter,
                    "x": values(x),
                    "centers": values(centers),
                    "target": y.tolist(),
                    "nClasses": n_classes,
                    "nDim": dim,
                    "classWeight": values(class_weight),
                    "sampleWeight": values(sample_weight),
                    "value": loss.item(),
                    "gradX": values(x.grad),
                    "gradCenters": values(centers.grad),
                }


def deep_svdd_cases():
    """Ruff et al. 2018: R^2 + 1/(nu n) * sum of max(0, |x - c|^2 - R^2)."""
    for rows, dim, nu in [(1, 1, 0.1), (9, 4, 0.5), (20, 7, 0.05)]:
        x, center = float32(rows, dim), float32(dim)
        distances = ((x - center) ** 2).sum(1).sqrt()
        radius = distances.median().detach() * 0.9
        x.requires_grad_()
        radius.requires_grad_()
        excess = ((x - center) ** 2).sum(1) - radius**2
        loss = radius**2 + excess.clamp(min=0).sum() / (nu * rows)
        loss.backward()
        yield {
            "x": values(x),
            "center": values(center),
            "radius": radius.item(),
            "nu": nu,
            "value": loss.item(),
            "gradX": values(x.grad),
            "gradRadius": radius.grad.item(),
        }


def cross_entropy_cases():
    """torch.nn.CrossEntropyLoss itself; -1 is its ignore_index."""
    for rows, n_classes, scale, smoothing, weighted in [
        (1, 2, 1, 0.0, False),
        (6, 5, 3, 0.1, True),
        (9, 17, 10, 0.0, True),
        (5, 3, 1e4, 0.2, False),
    ]:
        logits = float32(rows, n_classes, scale=scale).requires_grad_()
        y = torch.randint(0, n_classes, (rows,))
        if rows > 3:
            y[2] = -1
        class_weight = weights(n_classes, weighted)
        loss = torch.nn.CrossEntropyLoss(class_weight, ignore_index=-1, label_smoothing=smoothing)(logits, y)
        loss.backward()
        yield {
            "logits": values(logits),
            "target": y.tolist(),
            "nClasses": n_classes,
            "labelSmoothing": smoothing,
            "classWeight": values(class_weight),
            "value": loss.item(),
            "gradLogits": values(logits.grad),
        }


def sgd_cases():
    """torch.optim.SGD on the centers of the contrastive-center loss, five steps with one batch."""
    for learning_rate, momentum in [(0.5, 0.0), (0.3, 0.9)]:
        x, centers, y = float32(8, 3), float32(4, 3), torch.randint(0, 4, (8,))
        start = values(centers)
        centers.requires_grad_()
        optimizer = torch.optim.SGD([centers], lr=learning_rate, momentum=momentum)
        losses = []
        for _ in range(5):
            optimizer.zero_grad()
            loss = contrastive_center(x, centers, y, torch.ones(8), 1.0)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        yield {
            "x": values(x),
            "centers": start,
            "target": y.tolist(),
            "learningRate": learning_rate,
            "momentum": momentum,
            "values": losses,
            "after": values(centers),
        }


out = pathlib.Path(__file__).with_suffix(".json")
out.write_text(
    json.dumps(
        {
            "torch": torch.__version__,
            "separation": list(separation_cases()),
            "deepSVDD": list(deep_svdd_cases()),
            "crossEntropy": list(cross_entropy_cases()),
            "sgd": list(sgd_cases()),
        }
    )
    + "\n"
)
