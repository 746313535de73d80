"""What the peers do with one small input per feature: writes parity.json, which docs/parity.md is made from.

    python test/oracle/parity.py PATH/TO/pytorch-center-loss

needs pytorch-ood 0.3.3 (torch 2.15.0 and torchmetrics 1.9.0 made the file as it is), and a clone of
https://github.com/KaiyangZhou/pytorch-center-loss at 082ffa21c065426843f26129be51bb1cfd554806. Nothing of either is
copied here. A probe has an `input`, the `right` result (the formula in float64, as plain loops; by reduction where
each peer has its own) and what each peer `gave`: `value`, `error` (the type of the exception), or `none`: there is no
public name with these words. Values that are not finite are strings.
"""

import hashlib
import importlib
import importlib.util
import inspect
import json
import logging
import math
import pkgutil
import platform
import sys
import warnings
from pathlib import Path

import pytorch_ood
import torch
import torchmetrics
from pytorch_ood import detector
from pytorch_ood import loss as ood
from pytorch_ood.model.centers import ClassCenters, RunningCenters
from pytorch_ood.utils import OODMetrics, oscr_score
from torch.profiler import ProfilerActivity, profile

KZ_COMMIT = "082ffa21c065426843f26129be51bb1cfd554806"
KZ_SHA256 = "915b64d8fd3df8e4b7abc5935f070c30266179891099e8ba580db16dc5f92a5c"
REDUCTIONS = ("mean", "batch", "wen", "sum")

# On-target squared distances 2, 5 and 1.
X = [[1.0, 1.0], [2.0, 1.0], [0.0, 5.0]]
CENTERS = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]
BATCH = {"x": X, "centers": CENTERS, "target": [0, 1, 2]}
# Two rows of class 0, none of class 2: where the update rules differ.
UNEVEN = {"x": [[1.0, 1.0], [3.0, 0.0], [2.0, 1.0]], "centers": CENTERS, "target": [0, 0, 1]}
# Larger = more unknown, with ties within and between the known and the unknown.
SCORES = {
    "scores": [0.1, 0.3, 0.3, 0.5, 0.7, 0.9, 0.3, 0.5, 0.5, 0.8, 1.0, 0.9, 0.95],
    "target": [0, 1, 0, 1, 2, 0, -1, -1, -1, -1, -1, -1, -1],
}


# ---- the formulas, in float64


def squared(x, c):
    return sum((a - b) ** 2 for a, b in zip(x, c))


def euclidean(x, c):
    return math.sqrt(squared(x, c))


def cosine(x, c):
    dot = sum(a * b for a, b in zip(x, c))
    norms = math.hypot(*x) * math.hypot(*c)
    return 1 - dot / norms if norms > 0 else 1.0


def own(metric, x, centers, target):
    return [metric(row, centers[y]) for row, y in zip(x, target) if y >= 0]


def reduced(terms, n_classes):
    total, rows = sum(terms), len(terms)
    return {"mean": total / (rows * n_classes), "batch": total / rows, "wen": total / (2 * rows), "sum": total}


def mean(values):
    return sum(values) / len(values)


def mean_row(rows):
    return [mean(column) for column in zip(*rows)]


def softmin(distances):
    weights = [math.exp(min(distances) - d) for d in distances]
    return [w / sum(weights) for w in weights]


def moved(centers, x, target, move):
    """The centers after move(center, rows of its class); those without rows stay."""
    result = []
    for j, c in enumerate(centers):
        rows = [row for row, y in zip(x, target) if y == j]
        result.append(move(c, rows) if rows else c)
    return result


def towards(c, rows, factor):
    """c - factor * sum of (c - x)"""
    return [a - factor * sum(a - row[k] for row in rows) for k, a in enumerate(c)]


def average_precision(positives, negatives):
    """The step-wise area under precision and recall, as scikit-learn has it; positives score high."""
    area, hits, seen = 0.0, 0, 0
    for t in sorted(set(positives) | set(negatives), reverse=True):
        new = positives.count(t)
        hits += new
        seen += new + negatives.count(t)
        area += new / len(positives) * hits / seen
    return area


def auroc(known, unknown):
    wins = sum((u > k) + 0.5 * (u == k) for k in known for u in unknown)
    return wins / (len(known) * len(unknown))


def fpr_at_tpr(positives, negatives, tpr):
    """The least false positive rate of all thresholds that accept at least tpr of the positives (those >= it)."""
    rates = []
    for t in set(positives) | set(negatives):
        if sum(p >= t for p in positives) >= tpr * len(positives):
            rates.append(sum(n >= t for n in negatives) / len(negatives))
    return min(rates)


def oscr(known, correct, unknown):
    """Area under correct classification rate over false positive rate; accepted are the scores <= a threshold."""
    points = [(0.0, 0.0)]
    for t in sorted(set(known) | set(unknown)):
        ccr = sum(c and s <= t for s, c in zip(known, correct)) / len(known)
        points.append((sum(s <= t for s in unknown) / len(unknown), ccr))
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:]))


def split(scores, target):
    known = [s for s, y in zip(scores, target) if y >= 0]
    return known, [s for s, y in zip(scores, target) if y < 0]


# ---- what the peers are asked


class Absent:
    """The claim that a peer has no public name with any of these words in it. Looked for, so that it can fail."""

    def __init__(self, *words, within="", but=()):
        self.words, self.within, self.but = words, within, but

    def check(self, names):
        assert any(self.within in name for name in names), self.within
        found = [
            name
            for name in names
            if self.within in name
            and any(word in name.lower().replace("_", "") for word in self.words)
            and not any(one in name for one in self.but)
        ]
        assert not found, f"{self.words} is there after all: {found}"


def names_of(module):
    """Public names of a module: functions, classes with what they define, and the parameters of each."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        yield f"{module.__name__}.{name}"
        members = vars(value).items() if inspect.isclass(value) else [("", value)]
        for member, it in members:
            if member.startswith("_") and member not in ("__init__", "__call__"):
                continue
            path = f"{module.__name__}.{name}.{member}"
            yield path
            it = getattr(it, "__func__", it)
            if inspect.isfunction(it):
                yield from (f"{path}({parameter})" for parameter in inspect.signature(it).parameters)


def names_of_pytorch_ood():
    for part in ("api", "loss", "model.centers", "detector", "utils"):
        module = importlib.import_module(f"pytorch_ood.{part}")
        yield from names_of(module)
        for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield from names_of(importlib.import_module(f"{module.__name__}.{info.name}"))


def floats(values):
    return torch.tensor(values, dtype=torch.float32)


def ood_loss(centers, **options):
    loss = ood.CenterLoss(len(centers), len(centers[0]), **options)
    loss.centers.params.data = floats(centers)
    return loss


def kz_loss(centers, **options):
    loss = KZ.CenterLoss(len(centers), len(centers[0]), use_gpu=False, **options)
    loss.centers.data = floats(centers)
    return loss


def ood_value(x, centers, target, **options):
    loss = ood_loss(centers, **options)
    return loss(loss.centers(floats(x)), torch.tensor(target)).item()


def kz_value(x, centers, target, **options):
    return kz_loss(centers, **options)(floats(x), torch.tensor(target)).item()


def ood_run(x, centers, target, **options):
    """The loss after backward, and the rows as a leaf with their gradient."""
    loss, rows = ood_loss(centers, **options), floats(x).requires_grad_()
    loss(loss.centers(rows), torch.tensor(target)).backward()
    return loss, rows


def kz_run(x, centers, target):
    loss, rows = kz_loss(centers), floats(x).requires_grad_()
    loss(rows, torch.tensor(target)).backward()
    return loss, rows


def ood_gradients(**batch):
    loss, rows = ood_run(**batch)
    return {"x": rows.grad, "centers": loss.centers.params.grad}


def kz_gradients(**batch):
    loss, rows = kz_run(**batch)
    return {"x": rows.grad, "centers": loss.centers.grad}


def sgd(run, parameter):
    """The centers after one step of the only update that the peers in torch have: an optimizer outside of them."""

    def update(x, centers, target, learningRate=0.5, **_):
        loss, _ = run(x, centers, target)
        torch.optim.SGD(loss.parameters(), lr=learningRate).step()
        return parameter(loss)

    return update


ood_sgd = sgd(ood_run, lambda loss: loss.centers.params)
kz_sgd = sgd(kz_run, lambda loss: loss.centers)


def peak_bytes(forward, rows, n_classes, n_dim):
    """The most bytes of one operation's results."""
    torch.manual_seed(0)
    x, target = torch.randn(rows, n_dim), torch.arange(rows)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as trace:
        forward(n_classes, n_dim)(x, target)
    return max(event.self_cpu_memory_usage for event in trace.events())


def forgotten_updates(run):
    """How many warnings 100 passes give that nobody updates centers after."""
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logging.getLogger().addHandler(handler)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(100):
            run(**BATCH)
    logging.getLogger().removeHandler(handler)
    return len(records) + sum("addmm_" not in str(one.message) for one in caught)


def cac(x, centers, target, **_):
    loss = ood.CACLoss(len(centers), magnitude=4.0, alpha=0.1)
    loss.centers.params.data = floats(centers)
    return loss(loss.distance(floats(x)).sqrt(), torch.tensor(target)).item()


def mahalanobis(centers, fit, fitTarget, x):
    found = detector.Mahalanobis(None).to("cpu").fit_features(floats(fit), torch.tensor(fitTarget))
    assert torch.allclose(found.mu, floats(centers))
    return found.predict_features(floats(x))


def ood_saved(**_):
    """Which of the centers, the radius and the score's threshold come back from a saved state: 1 or 0 each."""
    before = ood_loss(CENTERS, radius=4.0)
    after = ood.CenterLoss(3, 2)
    after.load_state_dict(before.state_dict())
    same = torch.equal(after.centers.params, before.centers.params)
    return [int(same), int(after.radius == before.radius), 0]


def kz_saved(**_):
    before, after = kz_loss(CENTERS), KZ.CenterLoss(3, 2, use_gpu=False)
    after.load_state_dict(before.state_dict())
    return [int(torch.equal(after.centers, before.centers)), 0, 0]


def running_mean(batches, targets, **_):
    centers = RunningCenters(1, 1)
    for x, y in zip(batches, targets):
        centers.update(floats(x), torch.tensor(y))
    return centers.centers


def nothing_known(run, parameter):
    """Loss and gradients of a batch without a known row, and of one without any."""

    def values(x, centers, target):
        result = []
        for rows, labels in ((x, target), (torch.zeros(0, 2), torch.zeros(0, dtype=torch.long))):
            loss, leaf = run(centers), torch.as_tensor(rows, dtype=torch.float32).requires_grad_()
            args = (loss.centers(leaf),) if isinstance(loss, ood.CenterLoss) else (leaf,)
            value = loss(*args, torch.as_tensor(labels))
            value.backward()
            result += [value.item(), leaf.grad.abs().sum().item(), parameter(loss).grad.abs().sum().item()]
        return result

    return values


def ood_metric(name):
    return lambda scores, target: OODMetrics().update(torch.tensor(scores), torch.tensor(target)).compute()[name]


def probes():
    """name, input, right, pytorch-ood, KaiyangZhou"""
    none = Absent
    unknown = {"x": [*X, [9.0, 9.0]], "centers": CENTERS, "target": [0, 1, 2, -1]}
    yield "loss", BATCH, reduced(own(squared, **BATCH), 3), ood_value, kz_value

    distmat = [[squared(x, c) for c in CENTERS] for x in X]
    yield (
        "distance-matrix",
        {"distmat": distmat, "target": [0, 1, 2], "nClasses": 3},
        reduced([2, 5, 1], 3),
        lambda distmat, target, nClasses: ood.CenterLoss(nClasses, 2)(floats(distmat), torch.tensor(target)).item(),
        none("distmat", within="center_loss"),
    )

    pulls = [[2 * (a - b) for a, b in zip(x, CENTERS[y])] for x, y in zip(X, BATCH["target"])]
    divisors = {"mean": 9, "batch": 3, "wen": 6, "sum": 1}
    gradients = {
        name: {"x": [[v / n for v in row] for row in pulls], "centers": [[-v / n for v in row] for row in pulls]}
        for name, n in divisors.items()
    }
    yield "gradients", BATCH, gradients, ood_gradients, kz_gradients

    tight = {"x": [[100.0078125] * 64], "centers": [[100.0] * 64], "target": [0]}
    yield "tight-cluster", tight, squared(tight["x"][0], tight["centers"][0]), ood_value, kz_value

    size = {"rows": 256, "nClasses": 10_000, "nDim": 8}
    yield (
        "no-matrix",
        size,
        size["rows"] * size["nClasses"] * 4,
        lambda rows, nClasses, nDim: peak_bytes(
            lambda c, d: (lambda loss: lambda x, y: loss(loss.centers(x), y))(ood.CenterLoss(c, d)),
            rows,
            nClasses,
            nDim,
        ),
        lambda rows, nClasses, nDim: peak_bytes(
            lambda c, d: KZ.CenterLoss(c, d, use_gpu=False), rows, nClasses, nDim
        ),
    )

    rows_only = {**UNEVEN, "alpha": 0.5}
    wen = moved(**UNEVEN, move=lambda c, rows: towards(c, rows, 0.5 / (1 + len(rows))))
    yield "update-wen", rows_only, wen, ood_sgd, kz_sgd
    average = moved(**UNEVEN, move=lambda c, rows: towards(c, rows, 0.5 / len(rows)))
    yield "update-mean", rows_only, average, ood_sgd, kz_sgd
    ema = moved(**UNEVEN, move=lambda c, rows: [0.9 * a + 0.1 * m for a, m in zip(c, mean_row(rows))])
    yield "update-ema", {**UNEVEN, "momentum": 0.9}, ema, ood_sgd, kz_sgd
    by_sgd = {
        name: moved(**UNEVEN, move=lambda c, rows: towards(c, rows, 0.5 * 2 / n)) for name, n in divisors.items()
    }
    yield "update-sgd", {**UNEVEN, "learningRate": 0.5}, by_sgd, ood_sgd, kz_sgd
    yield "update-counts", UNEVEN, [2, 1, 0], none("count", "update", within="loss.center.CenterLoss"), none("count")
    yield "update-forgotten", BATCH, 1, lambda **_: forgotten_updates(ood_run), lambda **_: forgotten_updates(kz_run)

    one = {"x": [[4.0, 0.0]], "centers": [[0.0, 0.0]], "target": [0]}
    yield "radius-squared", {**one, "radius": 4.0}, 16 - 4, ood_value, kz_value
    yield (
        "radius-distance",
        {**one, "radius": 1.0},
        0.5 * (4 - 1) ** 2,
        lambda x, centers, target, radius: ood_loss(centers, radius=radius)(
            torch.cdist(floats(x), floats(centers)), torch.tensor(target)
        ).item(),
        kz_value,
    )
    per_class = [1.0, 2.0, 0.5]
    over = [max(d - per_class[y], 0) for d, y in zip(own(squared, **BATCH), BATCH["target"])]
    yield (
        "radius-per-class",
        {**BATCH, "radius": per_class},
        reduced(over, 3),
        lambda x, centers, target, radius: ood_value(x, centers, target, radius=floats(radius)),
        kz_value,
    )
    yield (
        "fit-radius",
        {"x": [[float(i)] for i in range(1, 11)], "centers": [[0.0]], "target": [0] * 10, "quantile": 0.8},
        [64.0],
        none("fit", "quantile", within="loss.center.CenterLoss"),
        none("radius"),
    )

    # No center is 0, so that each has a direction.
    turned = {**BATCH, "centers": [[1.0, 0.0], [4.0, 1.0], [0.0, 4.0]]}
    by_hand = {
        "euclidean": torch.cdist,
        "cosine": lambda x, c: 1 - torch.cosine_similarity(x[:, None], c[None], dim=2),
    }
    for name, metric in (("euclidean", euclidean), ("cosine", cosine)):
        yield (
            f"metric-{name}",
            turned,
            reduced(own(metric, **turned), 3),
            lambda x, centers, target, matrix=by_hand[name]: ood_loss(centers)(
                matrix(floats(x), floats(centers)), torch.tensor(target)
            ).item(),
            none("metric", name),
        )

    weights = {"class": [1.0, 2.0, 0.5], "sample": [1.0, 0.5, 4.0]}
    for kind, weight in weights.items():
        total = sum(w * d for w, d in zip(weight, own(squared, **BATCH)))
        yield (
            f"{kind}-weight",
            {**BATCH, "weight": weight},
            {
                "mean": total / (sum(weight) * 3),
                "batch": total / sum(weight),
                "wen": total / (2 * sum(weight)),
                "sum": total,
            },
            none("weight", within="loss.center.CenterLoss"),
            none("weight"),
        )
    counts = [8, 2, 1]
    yield (
        "class-weights-balanced",
        {"target": [0] * 8 + [1] * 2 + [2], "nClasses": 3},
        {
            "balanced": [sum(counts) / (3 * n) for n in counts],
            "effective-number": (lambda raw: [w * 3 / sum(raw) for w in raw])([0.001 / (1 - 0.999**n) for n in counts]),
        },
        none("balanced", "effectivenumber", "classweight"),
        none("balanced", "weight"),
    )

    yield "label-unknown", unknown, reduced(own(squared, **unknown), 3), ood_value, kz_value
    yield "label-too-large", {**BATCH, "target": [0, 1, 3]}, {"error": "ERR_LABEL"}, ood_value, kz_value
    yield (
        "nothing-known",
        {**BATCH, "target": [-1, -2, -1]},
        [0, 0, 0, 0, 0, 0],
        nothing_known(ood_loss, lambda loss: loss.centers.params),
        nothing_known(kz_loss, lambda loss: loss.centers),
    )
    bad = {**unknown, "x": [*X, [math.nan, 9.0]]}
    yield (
        "nan-in-unknown-row",
        bad,
        {name: both["centers"] for name, both in gradients.items()},
        lambda **batch: ood_gradients(**batch)["centers"],
        lambda **batch: kz_gradients(**batch)["centers"],
    )
    far = {**BATCH, "x": X[:2], "target": [0, 1], "centers": [*CENTERS[:2], [1e20, 0.0]]}
    yield "infinite-elsewhere", far, reduced(own(squared, **far), 3), ood_value, kz_value

    yield (
        "fixed",
        BATCH,
        None,
        lambda **batch: ood_run(**batch, fixed=True)[0].centers.params.grad,
        none("fixed"),
    )
    yield (
        "anchors",
        {"nClasses": 3, "nDim": 5, "magnitude": 10.0},
        [[10.0 * (j == k) for k in range(5)] for j in range(3)],
        lambda nClasses, nDim, magnitude: seeded(
            lambda: ood.CenterLoss(nClasses, nDim, magnitude=magnitude, fixed=True).centers.params
        ),
        none("magnitude"),
    )
    yield (
        "half-precision",
        {**BATCH},
        reduced(own(squared, **BATCH), 3),
        lambda x, centers, target: (lambda loss: loss(loss.centers(floats(x).half()), torch.tensor(target)).item())(
            ood_loss(centers)
        ),
        lambda x, centers, target: kz_loss(centers)(floats(x).half(), torch.tensor(target)).item(),
    )

    logits = [[2.0, 0.0, -1.0], [0.5, 1.0, 0.0], [0.0, 0.0, 3.0]]
    entropies = [-math.log(softmin([-v for v in row])[y]) for row, y in zip(logits, [0, 1, 2])]
    joint = {
        name: mean(entropies) + 0.01 * center for name, center in reduced(own(squared, **BATCH), 3).items()
    }
    yield (
        "softmax-center",
        {**BATCH, "logits": logits, "lambda": 0.01},
        joint,
        none("logits", "softmax", within="loss.center.CenterLoss"),
        none("logits", "softmax"),
    )
    smooth = [
        -sum(((y == j) * 0.9 + 0.1 / 3) * math.log(p) for j, p in enumerate(softmin([-v for v in row])))
        for row, y in zip(logits, [0, 1, 2])
    ]
    yield (
        "label-smoothing",
        {"logits": logits, "target": [0, 1, 2], "nClasses": 3, "labelSmoothing": 0.1},
        mean(smooth),
        none("smoothing"),
        none("smoothing"),
    )

    separating = {**BATCH, "x": [[1.0, 0.5], [2.5, 1.0], [1.0, 3.0]]}
    to_all = [[euclidean(x, c) for c in CENTERS] for x in separating["x"]]
    tuplet = [math.log(1 + sum(math.exp(d[y] - v) for j, v in enumerate(d) if j != y)) for y, d in enumerate(to_all)]
    anchor = [d[y] for y, d in enumerate(to_all)]
    yield "cac", {**separating, "lambda": 0.1}, mean(tuplet) + 0.1 * mean(anchor), cac, none("cac", "anchor")
    ratio = [0.5 * d[y] ** 2 / (sum(v**2 for j, v in enumerate(d) if j != y) + 1) for y, d in enumerate(to_all)]
    yield "contrastive-center", {**separating, "delta": 1.0}, mean(ratio), none("contrastive"), none("contrastive")
    triplet = [
        max(0.0, 0.5 * d[y] ** 2 + 5 - min(0.5 * v**2 for j, v in enumerate(d) if j != y))
        for y, d in enumerate(to_all)
    ]
    yield "triplet-center", {**separating, "margin": 5.0}, mean(triplet), none("triplet"), none("triplet")
    corners = [[3.0, 1.0], [-1.0, 3.0], [1.0, 1.0]]
    apart = sum(2 - cosine(corners[j], corners[k]) for j in range(3) for k in range(3) if j != k)
    island = 0.5 * mean(own(squared, separating["x"], corners, [0, 1, 2])) + 10 * apart
    yield (
        "island",
        {**separating, "centers": corners, "lambda": 10.0},
        island,
        none("island"),
        none("island"),
    )

    cloud = {"x": [[3.0, 0.0], [0.0, 2.0], [0.5, 0.5], [-1.0, 1.0]], "center": [0.0, 0.0], "radius": 1.5, "nu": 0.5}
    over = [max(0, squared(x, cloud["center"]) - 1.5**2) for x in cloud["x"]]
    yield (
        "deep-svdd",
        cloud,
        1.5**2 + mean(over) / 0.5,
        lambda x, center, radius, nu: ood.DeepSVDDLoss(2, radius=radius, center=floats(center))(floats(x)).item(),
        none("svdd"),
    )
    yield (
        "svdd-center",
        {"x": cloud["x"]},
        mean_row(cloud["x"]),
        lambda x: seeded(lambda: ood.DeepSVDDLoss(2).center.params[0]),
        none("svdd"),
    )

    queries = {"x": [[1.0, 0.5], [2.5, 1.0], [1.0, 3.0]], "centers": CENTERS}
    near = [[squared(x, c) for c in CENTERS] for x in queries["x"]]
    exact = [softmin(d) for d in near]

    def with_centers(then):
        def call(x, centers, **_):
            own_centers = ClassCenters(len(centers), len(centers[0]))
            own_centers.params.data = floats(centers)
            return then(own_centers, floats(x))

        return call

    yield "nearest", queries, [0, 1, 2], with_centers(lambda c, x: c.predict(x).argmax(dim=1)), none("predict")
    yield "probabilities", queries, exact, with_centers(lambda c, x: c.predict(x)), none("predict")

    scored = "score"
    yield (
        "score-distance",
        queries,
        [min(d) for d in near],
        with_centers(lambda c, x: c(x).min(dim=1).values),
        none(scored),
    )
    yield (
        "score-normalized",
        {**queries, "radius": [1.0, 2.0, 0.5]},
        [d[j] / [1.0, 2.0, 0.5][j] for j, d in enumerate(near)],
        none("radius", within="detector"),
        none(scored),
    )
    yield (
        "score-cac",
        queries,
        [min(v * (1 - p) for v, p in zip(d, softmin(d))) for d in to_all],
        with_centers(lambda c, x: ood.CACLoss.score(c(x).sqrt())),
        none(scored),
    )
    yield (
        "score-softmin",
        queries,
        [1 - max(p) for p in exact],
        with_centers(lambda c, x: 1 + detector.MaxSoftmax.score(-c(x))),
        none(scored),
    )
    yield (
        "score-entropy",
        queries,
        [-sum(p * math.log(p) for p in row) for row in exact],
        with_centers(lambda c, x: detector.Entropy.score(-c(x))),
        none(scored),
    )
    fit = [[1.0, 2.0], [-1.0, -2.0], [0.5, -1.0], [-0.5, 1.0], [5.0, 1.0], [3.0, -1.0], [4.0, 3.0], [4.0, -3.0]]
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    pooled = [mean([(x[k] - CENTERS[y][k]) ** 2 for x, y in zip(fit, labels)]) for k in range(2)]
    diagonal = [
        min(sum((x[k] - c[k]) ** 2 / pooled[k] for k in range(2)) for c in CENTERS[:2]) for x in queries["x"]
    ]
    yield (
        "score-mahalanobis",
        {"x": queries["x"], "centers": CENTERS[:2], "fit": fit, "fitTarget": labels},
        diagonal,
        mahalanobis,
        none(scored),
    )
    yield (
        "score-knn-centers",
        queries,
        [sorted(d)[0] / sorted(d)[1] for d in near],
        none("ratio", within="detector.knn"),
        none(scored),
    )

    known, far_ones = split(**SCORES)
    calibration = [float(i) for i in range(1, 21)]
    yield (
        "threshold",
        {"scores": calibration, "tpr": 0.95},
        19.0,
        none("threshold", but=("react.ReAct",)),  # of activations
        none("threshold"),
    )
    yield (
        "conformal",
        {"calibration": calibration, "scores": [5.0, 20.0, 25.0]},
        [17 / 21, 2 / 21, 1 / 21],
        none("conformal", "pvalue"),
        none("conformal"),
    )
    yield "auroc", SCORES, auroc(known, far_ones), ood_metric("AUROC"), none("auroc")
    # As squared distances are: from about 17 on, a sigmoid in float32 is 1.
    large = {"scores": [18.0, 20.0, 22.0, 24.0, 23.0, 25.0, 26.0, 27.0], "target": [0, 0, 0, 0, -1, -1, -1, -1]}
    yield "auroc-large", large, auroc(*split(**large)), ood_metric("AUROC"), none("auroc")
    of_known = average_precision([-s for s in known], [-s for s in far_ones])
    yield "aupr-in", SCORES, of_known, ood_metric("AUPR-IN"), none("aupr")
    yield "aupr-out", SCORES, average_precision(far_ones, known), ood_metric("AUPR-OUT"), none("aupr")
    yield (
        "fpr95",
        SCORES,
        {
            "unknown": fpr_at_tpr(far_ones, known, 0.95),
            "known": fpr_at_tpr([-s for s in known], [-s for s in far_ones], 0.95),
        },
        ood_metric("FPR95TPR"),
        none("fpr"),
    )
    right_ones = [True, False, True, True, True, False]
    yield (
        "oscr",
        {"known": known, "isCorrect": [int(one) for one in right_ones], "unknown": far_ones},
        oscr(known, right_ones, far_ones),
        lambda known, isCorrect, unknown: oscr_score(
            torch.tensor(known + unknown),
            torch.tensor([0 if one else 1 for one in isCorrect] + [0] * len(unknown)),
            torch.tensor([0] * len(known) + [-1] * len(unknown)),
        ),
        none("oscr"),
    )
    yield "saved", {"centers": CENTERS, "radius": 4.0, "threshold": 2.5}, [1, 1, 1], ood_saved, kz_saved

    stream = {"batches": [[[1.0], [2.0], [3.0]], [[10.0]]], "targets": [[0, 0, 0], [0]]}
    yield "running-mean", stream, [[4.0]], running_mean, none("running")
    yield "add-class", {}, None, none("addclass", "removeclass"), none("addclass", "removeclass")


def seeded(make):
    torch.manual_seed(0)
    return make()


def plain(value):
    """As JSON has it: lists of numbers, and strings for what is not finite."""
    if isinstance(value, torch.Tensor):
        return plain(value.detach().tolist())
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def outcome(ask, given, names):
    if isinstance(ask, Absent):
        ask.check(names)
        return {"none": list(ask.words), **({"within": ask.within} if ask.within else {})}
    try:
        return {"value": plain(ask(**given))}
    except Exception as error:
        return {"error": type(error).__name__}


def main():
    global KZ
    file = Path(sys.argv[1]) / "center_loss.py"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert sha256 == KZ_SHA256, f"{file} is not that of {KZ_COMMIT}"
    spec = importlib.util.spec_from_file_location("center_loss", file)
    KZ = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(KZ)
    names = {"pytorch-ood": list(names_of_pytorch_ood()), "kaiyangzhou": list(names_of(KZ))}
    asked = {}
    for name, given, right, *asks in probes():
        assert name not in asked, name
        gave = {peer: outcome(ask, given, names[peer]) for peer, ask in zip(names, asks)}
        asked[name] = {"input": plain(given), "right": plain(right), **gave}
    made = {
        "note": "Made by parity.py, which says what is in it.",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__.split("+")[0],
            "torchmetrics": torchmetrics.__version__,
            "pytorch-ood": pytorch_ood.__version__,
            "KaiyangZhou/pytorch-center-loss": KZ_COMMIT,
        },
        "probes": asked,
    }
    lines = [f"    {json.dumps(name)}: {json.dumps(probe)}" for name, probe in made.pop("probes").items()]
    head = json.dumps(made, indent=2)[:-2]
    Path(__file__).with_name("parity.json").write_text(head + ',\n  "probes": {\n' + ",\n".join(lines) + "\n  }\n}\n")


main()
