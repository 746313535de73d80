"""Fills the JSON files of this folder with the results of the reference implementations.

    pip install torch==2.15.0 pytorch-ood==0.4.0 torchvision scikit-learn==1.9.1 scipy==1.17.1 safetensors==0.8.0 \
        numpy==2.4.6
    git clone https://github.com/KaiyangZhou/pytorch-center-loss    # at 082ffa2
    python test/oracle/oracle.py pytorch-center-loss

A case has its inputs and its results in one line. To add a case, write the inputs; this script replaces all results.

`oracle.py judge` reads files from standard input, a line each, `safetensors` or `npy` and base64. It answers each with a
line of JSON: null if the library refuses the file, else the contents.
"""

import base64
import io
import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
import safetensors

JUDGE = sys.argv[1:] == ["judge"]
if not JUDGE:
    import torch
    import torch.nn.functional as F
    from pytorch_ood.loss import CACLoss, CenterLoss, DeepSVDDLoss
    from pytorch_ood.metrics import OODMetrics, oscr_score
    from pytorch_ood.model.centers import ClassCenters
    from safetensors.torch import save
    from scipy.spatial.distance import cdist
    from scipy.special import softmax
    from scipy.stats import entropy
    from sklearn import metrics
    from sklearn.covariance import EmpiricalCovariance

    sys.path.insert(0, sys.argv[1])
    from center_loss import CenterLoss as KaiyangZhou

# ---- numbers in JSON


def given(source, *shape):
    """An input, a list of numbers or a seed, as a float64 tensor of float32 values.

    A seed stands for s <- (75 s + 74) mod 65537 from s = 7919 seed on, each s for offset + scale (s - 32768) / 16384.
    """
    if isinstance(source, list):
        return torch.tensor([float(value) for value in source], dtype=torch.float32).double().reshape(shape)
    state, out = 7919 * source["seed"] % 65537, []
    for _ in range(math.prod(shape)):
        state = (75 * state + 74) % 65537
        out.append(source.get("offset", 0) + source.get("scale", 1) * (state - 32768) / 16384)
    assert np.array_equal(np.float32(out), out), "inputs are float32 values"
    return torch.tensor(out, dtype=torch.float64).reshape(shape)


def inputs(case):
    """Rows, centers and labels of a case."""
    y = torch.tensor(case["y"])
    return given(case["x"], len(y), case["D"]), given(case["centers"], case["C"], case["D"]), y


def plain(value):
    """JSON of tensors, arrays and numbers: floats as exact doubles, what JSON lacks as strings."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, torch.Tensor):
        return plain(value.detach().flatten().tolist() if value.ndim else value.item())
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def grads(loss, *leaves):
    """Gradients by autograd; zeros of what the loss does not depend on."""
    if not loss.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    return list(torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True))


# ---- center-loss.json: pytorch-ood, and the original codes


def embeddings(case):
    """CenterLoss and ClassCenters of pytorch-ood in float64; the distances are computed without the expansion."""
    x, centers, y = inputs(case)
    loss = CenterLoss(case["C"], case["D"], radius=case["radius"], fixed=case["fixed"]).double()
    loss.centers.params.data = centers.clone()
    leaf = x.clone().requires_grad_()
    distmat = loss.centers(leaf)
    value = loss(distmat, y)
    slopes, grad_x, *grad_centers = grads(value, distmat, leaf, *([] if case["fixed"] else [loss.centers.params]))
    has_class = (y >= 0) & (y < case["C"])
    own = torch.zeros(len(y), dtype=torch.float64)
    own[has_class] = slopes[has_class, y[has_class]]
    assert slopes.count_nonzero() == own.count_nonzero(), "only the distance to the own center has a slope"
    return {
        "distances": (x[:, None] - centers[None]).square().sum(2),
        "loss": value,
        "slopes": own,
        "gradX": grad_x,
        "gradCenters": grad_centers[0] if grad_centers else None,
        "probabilities": loss.centers.predict(x),
        "nearest": distmat.argmin(1),
        **(originals(x, centers, y) if has_class.all() and case["D"] <= 64 else {}),
    }


def originals(x, centers, y):
    """Wen et al. 2016 (caffe-face), Wen et al. 2019 (ydwen/centerloss) with margin 0.5, and the module of KaiyangZhou."""
    rows, apart, moved = len(x), x - centers[y], centers.clone()
    for j in range(len(centers)):
        moved[j] += 0.5 * apart[y == j].sum(0) / (1 + (y == j).sum())
    leaf = x.clone().requires_grad_()
    excess = (torch.linalg.vector_norm(leaf - centers[y], dim=1) - 0.5).clamp(min=0)
    margin = 0.5 * excess.square().sum() / rows
    module = KaiyangZhou(*centers.shape, use_gpu=False).double()
    module.centers.data = centers.clone()
    other = x.clone().requires_grad_()
    value = module(other, y)
    grad_x, grad_centers = grads(value, other, module.centers)
    return {
        "wen2016": {"loss": apart.square().sum() / (2 * rows), "gradX": apart / rows, "moved": moved},
        "wen2019": {"loss": margin, "gradX": grads(margin, leaf)[0]},
        "kaiyangZhou": {"loss": value, "gradX": grad_x, "gradCenters": grad_centers},
    }


def matrices(case):
    """Loss and slopes of a matrix of distances, in both precisions: the bounds of the clamp differ."""
    result = {}
    for key, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        leaf = given(case["distmat"], len(case["y"]), -1).to(dtype).requires_grad_()
        loss = CenterLoss(leaf.shape[1], 2, radius=float(case["radius"]))(leaf, torch.tensor(case["y"]))
        result[key] = {"loss": loss, "slopes": grads(loss, leaf)[0]}
    return result


# ---- losses.json: PyTorch's functions, autograd and SGD

METRICS = {
    "sqeuclidean": lambda x, c: (x - c).square().sum(1),
    "euclidean": lambda x, c: torch.linalg.vector_norm(x - c, dim=1),
    "cosine": lambda x, c: 1 - F.cosine_similarity(x, c, eps=1e-300),
}
PENALTIES = {"hinge": lambda e: e, "half-squared": lambda e: e.square() / 2}


def descend(centers, steps, learning_rate, momentum, loss_of):
    """Losses of steps of torch.optim.SGD, which moves the centers."""
    optimizer, losses = torch.optim.SGD([centers], lr=learning_rate, momentum=momentum), []
    for _ in range(steps):
        optimizer.zero_grad()
        losses.append(loss_of(centers))
        losses[-1].backward()
        optimizer.step()
    return [loss.item() for loss in losses]


def center_loss(case):
    """The distance to the own center, the penalty of its excess over the radius of the class, a weighted mean."""
    x, centers, y = inputs(case)
    radii, class_weight, sample_weight = (
        torch.tensor(case[key], dtype=torch.float64) for key in ("radii", "classWeight", "sampleWeight")
    )
    known = (y >= 0) & (sample_weight > 0)
    weight = class_weight[y[known]] * sample_weight[known]

    def loss_of(x, centers):
        distances = METRICS[case["metric"]](x[known], centers[y[known]])
        rows = weight * PENALTIES[case["penalty"]]((distances - radii[y[known]]).clamp(min=0))
        divisor = {"mean": weight.sum() * len(centers), "batch": weight.sum(), "wen": 2 * weight.sum(), "sum": 1}
        return rows.sum() / divisor[case["reduction"]], torch.zeros(len(x)).double().masked_scatter(known, rows)

    x.requires_grad_()
    loss, rows = loss_of(x, centers.requires_grad_())
    grad_x, grad_centers = grads(loss, x, centers)
    descend(centers, 3, 0.05, 0.9, lambda centers: loss_of(x.detach(), centers)[0])
    return {"loss": loss, "perRow": rows, "gradX": grad_x, "gradCenters": grad_centers, "afterSgd": centers}


def cac(x, centers, y, parameter):
    """Miller et al. 2021: log(1 + sum of e^(d_y - d_j) over j != y) + lambda d_y, d Euclidean."""
    d = torch.linalg.vector_norm(x[:, None] - centers[None], dim=2)
    own = d.gather(1, y[:, None])
    is_other = torch.ones_like(d).scatter(1, y[:, None], 0.0)
    return torch.log(1 + ((own - d).exp() * is_other).sum(1)) + parameter * own[:, 0]


def distance_cross_entropy(x, centers, y, parameter, metric):
    """Yang et al. 2018, Snell et al. 2017: cross-entropy of the logits -d/T."""
    d = torch.stack([METRICS[metric](x, center) for center in centers], 1)
    return F.cross_entropy(-d / parameter, y, reduction="none")


def contrastive_center(x, centers, y, parameter):
    """Qi and Su 2017: half of d_y / (sum of d_j over j != y + delta), d squared Euclidean."""
    d = (x[:, None] - centers[None]).square().sum(2)
    return 0.5 * d.gather(1, y[:, None])[:, 0] / (d.scatter(1, y[:, None], 0.0).sum(1) + parameter)


def triplet_center(x, centers, y, parameter):
    """He et al. 2018: max(D_y + m - min D_j over j != y, 0), D half of the squared Euclidean distance."""
    half = 0.5 * (x[:, None] - centers[None]).square().sum(2)
    others = half.scatter(1, y[:, None], torch.inf).min(1).values
    return torch.relu(half.gather(1, y[:, None])[:, 0] + parameter - others)


def island(x, centers, y, parameter):
    """Cai et al. 2018: center loss + lambda times the sum over ordered pairs of classes of cos + 1."""
    pairs = sum(F.cosine_similarity(a, b, dim=0, eps=0) + 1 for a, b in itertools.permutations(centers, 2))
    return 0.5 * (x - centers[y]).square().sum(1) + parameter * pairs


def proxy_losses(case):
    formulas = {
        "CACLoss": cac,
        "ContrastiveCenterLoss": contrastive_center,
        "DistanceCrossEntropyLoss": lambda *of: distance_cross_entropy(*of, case["metric"]),
        "TripletCenterLoss": triplet_center,
    }
    x, centers, y = inputs(case)
    weight = torch.tensor(case["classWeight"])[y].double() * torch.tensor(case["sampleWeight"])
    formula = formulas.get(case["name"], island)
    losses = formula(x.requires_grad_(), centers.requires_grad_(), y, case["parameter"])
    loss = (losses * weight).sum() / weight.sum()
    grad_x, grad_centers = grads(loss, x, centers)
    # The repulsion of the island loss is of no row.
    rows = losses if formula is not island else island(x, centers, y, 0.0)
    return {"loss": loss, "perRow": rows * weight, "gradX": grad_x, "gradCenters": grad_centers}


def deep_svdd(case):
    """Ruff et al. 2018: R^2 + 1/(nu n) times the sum of max(0, |x - c|^2 - R^2), R at 0.9 of the median distance."""
    x = given(case["x"], case["rows"], case["D"]).requires_grad_()
    squares = (x - given(case["center"], case["D"])).square().sum(1)
    radius = (squares.sqrt().median() * 0.9).detach().requires_grad_()
    rows = radius**2 + (squares - radius**2).clamp(min=0) / case["nu"]
    loss = rows.mean()
    grad_x, grad_radius = grads(loss, x, radius)
    return {"radius": radius, "loss": loss, "perRow": rows, "gradX": grad_x, "gradRadius": grad_radius}


def cross_entropy(case):
    """torch.nn.CrossEntropyLoss; -1 is its ignore_index."""
    logits = given(case["x"], len(case["y"]), case["C"]).requires_grad_()
    weight = torch.tensor(case["classWeight"], dtype=torch.float64)
    smoothing = case["labelSmoothing"]
    options = {"ignore_index": -1, "label_smoothing": smoothing}
    loss, rows = (
        torch.nn.CrossEntropyLoss(weight, **options, reduction=reduction)(logits, torch.tensor(case["y"]))
        for reduction in ("mean", "none")
    )
    return {"loss": loss, "perRow": rows, "gradX": grads(loss, logits)[0]}


def sgd(case):
    """Five steps on the centers of the contrastive-center loss, with one batch."""
    x, centers, y = inputs(case)

    def loss_of(centers):
        return contrastive_center(x, centers, y, 1.0).mean()

    losses = descend(centers.requires_grad_(), 5, case["learningRate"], case["momentum"], loss_of)
    return {"losses": losses, "after": centers}


# ---- decision.json: scikit-learn, SciPy and pytorch-ood on scores, and on distances as scores


def scores(case):
    known, unknown = case["known"], case["unknown"]
    scores = np.array(known + unknown)
    target = torch.tensor([0] * len(known) + [-1] * len(unknown))
    predictions = torch.tensor([1 - int(right) for right in case["isCorrect"]] + [0] * len(unknown))
    of_pytorch_ood = OODMetrics().update(torch.tensor(scores), target).compute()
    of_pytorch_ood["oscr"] = oscr_score(torch.tensor(scores), predictions, target)
    result = {"auroc": metrics.roc_auc_score([0] * len(known) + [1] * len(unknown), scores)}
    for side, sign in (("known", -1), ("unknown", 1)):
        label = [int(side == "known")] * len(known) + [int(side == "unknown")] * len(unknown)
        precision, recall, _ = metrics.precision_recall_curve(label, sign * scores)
        fpr, tpr, thresholds = metrics.roc_curve(label, sign * scores, drop_intermediate=False)
        result[side] = {
            "averagePrecision": metrics.average_precision_score(label, sign * scores),
            "trapezoid": metrics.auc(recall, precision),
            "fpr95": fpr[np.argmax(tpr >= 0.95)],
            **{"fpr": fpr, "tpr": tpr, "thresholds": sign * thresholds},
        }
    # OpenOOD 1.5: the unknown are positives, and its roc_curve drops points on straight lines.
    fpr, tpr, _ = metrics.roc_curve(target.numpy() < 0, scores)
    return {"sklearn": result, "pytorchOod": of_pytorch_ood, "openOOD": {"fpr95": fpr[np.argmax(tpr >= 0.95)]}}


def weighted(case):
    """scikit-learn's measures where rows have weights."""
    known, unknown = case["known"], case["unknown"]
    scores, weights = np.array(known + unknown), np.array(case["weight"]["known"] + case["weight"]["unknown"])
    result = {"auroc": metrics.roc_auc_score([0] * len(known) + [1] * len(unknown), scores, sample_weight=weights)}
    for side, sign in (("known", -1), ("unknown", 1)):
        label = [int(side == "known")] * len(known) + [int(side == "unknown")] * len(unknown)
        precision, recall, _ = metrics.precision_recall_curve(label, sign * scores, sample_weight=weights)
        fpr, tpr, _ = metrics.roc_curve(label, sign * scores, sample_weight=weights, drop_intermediate=False)
        result[side] = {
            "averagePrecision": metrics.average_precision_score(label, sign * scores, sample_weight=weights),
            "trapezoid": metrics.auc(recall, precision),
            "fpr95": fpr[np.argmax(tpr >= 0.95)],
            **{"fpr": fpr, "tpr": tpr, "precision": precision, "recall": recall},
        }
    return {"sklearn": result}


def distances(case):
    """Every score of some rows, each as the functions of the libraries compose it."""
    x, centers, y = np.reshape(case["x"], (-1, 7)), np.reshape(case["centers"], (-1, 7)), np.array(case["y"])
    residuals = (x - centers[y])[y >= 0]
    precision = 1 / np.diag(EmpiricalCovariance(assume_centered=True).fit(residuals).covariance_)
    squares = cdist(x, centers, "mahalanobis", VI=np.diag(precision)) ** 2
    result = {"precision": precision, "mahalanobis": squares.min(axis=1)}
    for metric in METRICS:
        d = cdist(x, centers, metric)
        p, ordered, nearest = softmax(-d, axis=1), np.sort(d, axis=1), d.argmin(axis=1)
        result[metric] = {
            "nearest": nearest,
            "distance": ordered[:, 0],
            "normalized": ordered[:, 0] / np.array(case["radius"])[nearest],
            "softmin": 1 - p.max(axis=1),
            "entropy": entropy(p, axis=1),
            "cac": (d * (1 - p)).min(axis=1),
            "knn-centers": ordered[:, 0] / ordered[:, 1],
        }
    return result


# ---- files.json: files of Python's own libraries, and their verdict on files that are wrong


def text(data):
    return base64.b64encode(data).decode()


def raw_safetensors(data):
    return {
        name: {"dtype": info["dtype"], "shape": list(info["shape"]), "base64": text(bytes(info["data"]))}
        for name, info in safetensors.deserialize(data)
    }


def array_of(data):
    """The array that is all of a file."""
    stream = io.BytesIO(data)
    array = np.load(stream, allow_pickle=False)
    if stream.read(1) or not isinstance(array, np.ndarray):
        raise ValueError("more than an array")
    little = array.astype(array.dtype.newbyteorder("<")).tobytes("C")
    return {"descr": array.dtype.newbyteorder("<").str, "shape": list(array.shape), "base64": text(little)}


READERS = {"safetensors": raw_safetensors, "npy": array_of}


def verdict(kind, data):
    try:
        return READERS[kind](data)
    except Exception:  # whatever it raises, it refuses the file
        return None


def numbers(values, dtype):
    """An array of values as a case has them; a complex number is a pair."""
    if np.dtype(dtype).kind == "c":
        return np.array(values, dtype="f4").view("c8").astype(dtype)
    return np.array([int(value) if np.dtype(dtype).kind in "iu" else float(value) for value in values]).astype(dtype)


def tensors(case):
    """A file of safetensors.torch."""

    def tensor(dtype, shape, values):
        # numpy lacks bfloat16: halves come from float32.
        type = {"F16": "f4", "BF16": "f4", "BOOL": "?"}.get(dtype) or f"{dtype[0].lower()}{int(dtype[1:]) // 8}"
        made = torch.from_numpy(numbers(values, type)).reshape(shape)
        return made.to({"F16": torch.float16, "BF16": torch.bfloat16}.get(dtype, made.dtype))

    made = {name: tensor(one["dtype"], one["shape"], one["values"]) for name, one in case["tensors"].items()}
    return {"base64": text(save(made, case["metadata"] or None))}


def state_dicts(case):
    """A module with centers, saved in one type of floats."""

    class Zhou(torch.nn.Module):
        """A module that keeps its centers where KaiyangZhou/pytorch-center-loss does."""

        def __init__(self):
            super().__init__()
            self.centers = torch.nn.Parameter(torch.zeros(3, 5))

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Linear(4, 3)
            self.criterion = CenterLoss(5, 3)
            self.register_buffer("steps", torch.tensor(17))

    module, key = {
        "pytorch-ood CenterLoss": lambda: (CenterLoss(4, 3), "_centers._params"),
        "pytorch-ood CACLoss": lambda: (CACLoss(3, magnitude=10), "_centers._params"),
        "pytorch-ood DeepSVDDLoss": lambda: (DeepSVDDLoss(6), "_center._params"),
        "pytorch-ood ClassCenters": lambda: (ClassCenters(4, 2), "_params"),
        "KaiyangZhou CenterLoss": lambda: (Zhou(), "centers"),
        "a network with its loss": lambda: (Network(), "criterion._centers._params"),
    }[case["name"]]()
    torch.manual_seed(3)
    state = module.state_dict()
    state = {name: torch.randn(value.shape) if value.is_floating_point() else value for name, value in state.items()}
    dtype = getattr(torch, case["dtype"])
    state = {name: value.to(dtype) if value.is_floating_point() else value for name, value in state.items()}
    return {
        "shape": list(state[key].shape),
        "values": state[key].float(),
        **({"radius": state["radius"].float()} if "radius" in state else {}),
        "base64": text(save(state, {"format": "pt"})),
    }


def arrays(case):
    """A file of numpy.save."""
    array = np.array(numbers(case["values"], case["descr"]).reshape(case["shape"]), order=case["order"])
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=tuple(case["version"]), allow_pickle=False)
    return {"base64": text(stream.getvalue())}


def wrong(kind):
    def refused(case):
        pieces = [piece if isinstance(piece, str) else piece[0] * piece[1] for piece in case["text"]]
        return {"refused": verdict(kind, "".join(pieces).encode("latin1")) is None}

    return refused


LOSSES = {"centerLoss": center_loss, "proxyLosses": proxy_losses, "deepSVDD": deep_svdd, "crossEntropy": cross_entropy}
READ = {"tensors": tensors, "stateDicts": state_dicts, "arrays": arrays}
FILES = {
    "center-loss.json": {"embeddings": embeddings, "matrices": matrices},
    "losses.json": {**LOSSES, "sgd": sgd},
    "decision.json": {"scores": scores, "weighted": weighted, "distances": distances},
    "files.json": {**READ, "wrongTensors": wrong("safetensors"), "wrongArrays": wrong("npy")},
}


def fill(path, groups):
    contents = json.loads(path.read_text("utf8"))
    parts = []
    for key, results in groups.items():
        lines = [json.dumps(plain({**case, **results(case)}), ensure_ascii=False) for case in contents[key]]
        parts.append(f'"{key}": [\n' + ",\n".join(lines) + "\n]")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf8")


if JUDGE:
    for line in sys.stdin:
        kind, _, data = line.partition(" ")
        print(json.dumps(verdict(kind, base64.b64decode(data))))
else:
    for name, groups in FILES.items():
        fill(Path(__file__).with_name(name), groups)
