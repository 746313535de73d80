"""Writes datasets.json: rows of scikit-learn's digits and wine, and how well the exact scores separate known and unknown.

    pip install scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
    python test/oracle/datasets.py

Features are unscaled. Centers are the means of the known classes over the rows of even number; the rows of odd number are
scored, in float64. The logarithms of 'softmin', 'entropy' and 'cac' come from sums in the log domain. `underflowed` has
the areas under the ROC curve of the same scores without the logarithm, where probabilities below 1e-38 are 0.
"""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.datasets import load_digits, load_wine
from sklearn.metrics import roc_auc_score


def log_scores(distances):
    """ln(1 - p1) and ln of the entropy; p1 close to 1 is taken from its complement."""
    nearest = distances.min(axis=1, keepdims=True)
    others = np.sort(-distances, axis=1)[:, :-1]
    total = logsumexp(-distances, axis=1, keepdims=True)
    rest = logsumexp(others, axis=1) - total[:, 0]
    log_p = -distances - total
    # -ln p1 = -ln(1 - rest), which is the rest itself where that is below 1e-17.
    surprise = np.where(rest < -40, rest, np.log(-np.log1p(-np.exp(np.maximum(rest, -40)))))
    with np.errstate(divide="ignore"):
        log_surprise = np.where(distances == nearest, surprise[:, None], np.log(-log_p))
    return rest, logsumexp(log_p + log_surprise, axis=1)


def separate(data, known):
    x, y = np.float32(data.data).astype(float), data.target
    centers = np.float32([x[::2][y[::2] == label].mean(axis=0) for label in known]).astype(float)
    apart = np.concatenate([x[::2][y[::2] == label] - centers[label] for label in known])
    precision = np.float32(1 / (np.square(apart).mean(axis=0) + 1)).astype(float)
    x, y = x[1::2], y[1::2]
    squares = cdist(x, centers, "sqeuclidean")
    distances = np.sqrt(squares)
    radius = np.float32([round(float(squares[y == label].mean())) for label in known])
    rest, entropy = log_scores(squares)
    ordered = np.sort(squares, axis=1)
    exact = {
        "distance": ordered[:, 0],
        "normalized": ordered[:, 0] / radius[squares.argmin(axis=1)],
        "cac": np.log(distances.min(axis=1)) + log_scores(distances)[0],
        "softmin": rest,
        "entropy": entropy,
        "mahalanobis": (np.square(x[:, None] - centers) * precision).sum(axis=2).min(axis=1),
        "knn-centers": ordered[:, 0] / ordered[:, 1],
    }
    auroc = lambda scores: roc_auc_score(~np.isin(y, known), scores)
    is_counted = ordered[:, 1] - ordered[:, 0] < 87
    underflowed = {score: auroc(np.where(is_counted, np.exp(exact[score]), 0)) for score in ("softmin", "entropy")}
    return {
        **{"centers": centers.tolist(), "radius": radius.tolist(), "precision": precision.tolist()},
        **{"auroc": {score: auroc(values) for score, values in exact.items()}, "underflowed": underflowed},
        **{"labels": y.tolist(), "rows": data.data[1::2].tolist()},
    }


digits, wine = separate(load_digits(), range(6)), separate(load_wine(), range(2))
# A digit of base 17 for each pixel.
digits["rows"] = ["".join("0123456789abcdefg"[int(pixel)] for pixel in row) for row in digits["rows"]]
text = ",\n".join(f'"{name}": {json.dumps(data)}' for name, data in {"digits": digits, "wine": wine}.items())
Path(__file__).with_name("datasets.json").write_text(f"{{\n{text}\n}}\n", "utf8")
