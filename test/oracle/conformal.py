"""Writes conformal.json: p-values and prediction sets of crepes 0.9.1 and MAPIE 1.6.0.

    pip install crepes==0.9.1 mapie==1.6.0 scikit-learn==1.9.1 numpy==2.4.6
    python test/oracle/conformal.py

The rows are scikit-learn's iris in millimeters, and the centers are whole numbers: distances are exact, and many are equal.
Every third row makes the centers, every third is calibration, and the others are tested.
"""

import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
from crepes import ConformalClassifier
from mapie.classification import SplitConformalClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris

# At these no p-value is 1 - confidence: crepes takes the class then, p > 1 - confidence does not.
CONFIDENCES = [0.6, 0.8, 0.9]
features, y = load_iris(return_X_y=True)
x = np.rint(features * 10).astype(int)
classes = np.unique(y)
part = np.arange(len(y)) % 3
centers = np.array([np.rint(x[(part == 0) & (y == c)].mean(axis=0)) for c in classes]).astype(int)
distances = ((x[:, None, :] - centers) ** 2).sum(axis=2)
cal, test = part == 1, part == 2
own = distances[cal][np.arange(cal.sum()), y[cal]]


def crepes(by_class):
    """p-values of crepes, those that count no tie, which are smoothed ones with U = 0, and its sets."""
    conformal = ConformalClassifier()
    conformal.fit(own, bins=y[cal] if by_class else None)
    given = (lambda c: np.full(test.sum(), c)) if by_class else lambda c: None
    column = lambda c, **how: conformal.predict_p(distances[test][:, [c]], bins=given(c), **how)[:, 0]
    p = np.stack([column(c, smoothing=False) for c in classes], axis=1)
    with patch("numpy.random.rand", lambda *shape: np.zeros(shape)):
        above = np.stack([column(c, smoothing=True) for c in classes], axis=1)
    sets = {}
    for confidence in CONFIDENCES:
        columns = [
            conformal.predict_set(distances[test][:, [c]], bins=given(c), confidence=confidence, smoothing=False)[:, 0]
            for c in classes
        ]
        sets[str(confidence)] = np.stack(columns, axis=1).astype(int).tolist()
    return {"p": p.ravel().tolist(), "above": above.ravel().tolist(), "sets": sets}


class Softmin(ClassifierMixin, BaseEstimator):
    """Probabilities by softmin over the distances to the centers."""

    def __init__(self):
        self.classes_ = classes

    def fit(self, x, y):
        return self

    def predict_proba(self, x):
        d = ((x[:, None, :] - centers) ** 2).sum(axis=2) / 100
        p = np.exp(d.min(axis=1, keepdims=True) - d)
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, x):
        return self.predict_proba(x).argmax(axis=1)


def mapie(rows):
    """Sets of MAPIE for 1 - p, by the calibration rows."""
    conformal = SplitConformalClassifier(
        Softmin(), confidence_level=CONFIDENCES, conformity_score="lac", prefit=True
    ).conformalize(x[rows], y[rows])
    return conformal.predict_set(x[test])[1].astype(int)


pooled = mapie(cal)
of_class = np.stack([mapie(cal & (y == c))[:, c] for c in classes], axis=1)
proba = Softmin().predict_proba
json_of = lambda rows: x[rows].tolist()
result = {
    "centers": centers.tolist(),
    "calibration": json_of(cal),
    "labels": y[cal].tolist(),
    "test": json_of(test),
    "testLabels": y[test].tolist(),
    "crepes": {"byClass": crepes(True), "pooled": crepes(False)},
    "mapie": {
        "calibration": (1 - proba(x[cal])[np.arange(cal.sum()), y[cal]]).tolist(),
        "scores": (1 - proba(x[test])).ravel().tolist(),
        "pooled": {str(c): pooled[:, :, k].tolist() for k, c in enumerate(CONFIDENCES)},
        "byClass": {str(c): of_class[:, :, k].tolist() for k, c in enumerate(CONFIDENCES)},
    },
}
lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in result.items()]
Path(__file__).with_name("conformal.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
