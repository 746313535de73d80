"""Makes decision.json: what scikit-learn, SciPy and pytorch-ood 0.3.3 say of scores, and of distances as scores.

    pip install scikit-learn==1.9.1 pytorch-ood==0.3.3 && python test/oracle/open-set/decision.py
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from pytorch_ood.utils import OODMetrics, oscr_score
from scipy.spatial.distance import cdist
from scipy.special import softmax
from scipy.stats import entropy
from sklearn.covariance import EmpiricalCovariance
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

rng = np.random.default_rng(6)


def ties(n, values, high=0):
    """Scores k/64, few different ones: exact in float32, and in 0 … 1 for OODMetrics, which would bend others."""
    return (rng.integers(0, values, n) + high) / 64


CASES = {
    "single elements, apart": ([0.25], [0.5]),
    "single elements, the wrong way round": ([0.5], [0.25]),
    "single elements, equal": ([0.5], [0.5]),
    "all equal": ([0.5] * 7, [0.5] * 3),
    "perfect": ([0.0, 0.125, 0.25, 0.25], [0.5, 0.75, 0.75]),
    "inverted": ([0.5, 0.75, 0.75], [0.0, 0.125, 0.25, 0.25]),
    "one known": ([0.5], ties(20, 64)),
    "one unknown": (ties(20, 64), [0.5]),
    "many ties": (ties(60, 5), ties(40, 5, 2)),
    "more ties": (ties(200, 3), ties(100, 3, 1)),
    "few ties": (ties(50, 40), ties(30, 40, 15)),
    "no ties": (rng.permutation(97)[:50] / 128, (rng.permutation(97)[:30] * 2 + 1) / 256),
    "no information": (ties(100, 60), ties(100, 60)),
    "exactly 95 %": (np.arange(20) / 64, np.arange(15, 35) / 64),
    "outside of 0 … 1": (rng.normal(0, 30, 40), rng.normal(20, 30, 50)),
}


def of_scikit_learn(known, unknown):
    scores = np.concatenate([known, unknown])
    result = {"auroc": roc_auc_score([0] * len(known) + [1] * len(unknown), scores)}
    for side, sign in (("in", -1), ("out", 1)):
        label = [int(side == "in")] * len(known) + [int(side == "out")] * len(unknown)
        precision, recall, _ = precision_recall_curve(label, sign * scores)
        fpr, tpr, thresholds = roc_curve(label, sign * scores, drop_intermediate=False)
        result[side] = {
            "average_precision": average_precision_score(label, sign * scores),
            "trapezoid": auc(recall, precision),
            "fpr95": fpr[np.argmax(tpr >= 0.95)],
            "roc": {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": (sign * thresholds).tolist()},
        }
    return result


def of_pytorch_ood(known, unknown, is_correct):
    scores = torch.tensor(np.concatenate([known, unknown]), dtype=torch.float64)
    target = torch.tensor([0] * len(known) + [-1] * len(unknown))
    predictions = torch.tensor([0 if right else 1 for right in is_correct] + [0] * len(unknown))
    metrics = OODMetrics().update(scores, target).compute()
    return {**metrics, "oscr": oscr_score(scores, predictions, target)}


def of_scores():
    for name, (known, unknown) in CASES.items():
        known, unknown = np.asarray(known, dtype=float), np.asarray(unknown, dtype=float)
        is_correct = [bool(right) for right in rng.random(len(known)) < 0.8]
        yield {
            "name": name,
            "known": known.tolist(),
            "unknown": unknown.tolist(),
            "is_correct": is_correct,
            "sklearn": of_scikit_learn(known, unknown),
            "pytorch_ood": of_pytorch_ood(known, unknown, is_correct),
        }


def of_distances():
    """Every score of some rows, each as the libraries' functions compose it."""
    rows, n_classes, n_features = 12, 5, 7
    x, centers = (rng.normal(0, 0.7, (n, n_features)).astype(np.float32).astype(float) for n in (rows, n_classes))
    x[0] = centers[3]
    target = rng.integers(-1, n_classes, rows)
    target[:2] = 0, 1
    radius = rng.uniform(0.5, 2, n_classes).astype(np.float32).astype(float)
    residuals = (x - centers[target])[target >= 0]
    precision = 1 / np.diag(EmpiricalCovariance(assume_centered=True).fit(residuals).covariance_)
    result = {
        "x": x.tolist(),
        "centers": centers.tolist(),
        "target": target.tolist(),
        "radius": radius.tolist(),
        "precision": precision.tolist(),
        "mahalanobis": (cdist(x, centers, "mahalanobis", VI=np.diag(precision)) ** 2).min(axis=1).tolist(),
    }
    for metric in ("sqeuclidean", "euclidean", "cosine"):
        d = cdist(x, centers, metric)
        p = softmax(-d, axis=1)
        ordered = np.sort(d, axis=1)
        result[metric] = {
            "nearest": d.argmin(axis=1).tolist(),
            "distance": ordered[:, 0].tolist(),
            "normalized": (ordered[:, 0] / radius[d.argmin(axis=1)]).tolist(),
            "softmin": (1 - p.max(axis=1)).tolist(),
            "entropy": entropy(p, axis=1).tolist(),
            "cac": (d * (1 - p)).min(axis=1).tolist(),
            "knn-centers": (ordered[:, 0] / ordered[:, 1]).tolist(),
        }
    return result


def plain(value):
    """JSON has no infinity."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value.item() if isinstance(value, np.generic) else value


data = plain({"scores": list(of_scores()), "distances": of_distances()})
Path(__file__).with_suffix(".json").write_text(json.dumps(data) + "\n")
