"""Writes covariance.json: Mahalanobis distances by full covariances, of the rows of wine in datasets.json.

    pip install pytorch-ood==0.4.0 scikit-learn==1.9.1
    python test/oracle/covariance.py

Classes 0 and 1 are known, and their rows fit centers and covariances. pytorch-ood takes the scatter for the covariance, so
its scores are multiplied by the number of rows (that of `Mahalanobis` by twice as many, since it is a half). It adds 1e-6
to the diagonal of the scatter. `shrunk` has the score by scikit-learn's `LedoitWolf` of the residuals, each dimension in
units of its standard deviation.
"""

import json
from pathlib import Path

import numpy as np
import torch
from pytorch_ood.detector import RMD, Mahalanobis
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

torch.set_default_dtype(torch.float64)
here = Path(__file__).parent
wine = json.loads((here / "datasets.json").read_text("utf8"))["wine"]
rows = np.float32(wine["rows"]).astype(float)
labels = np.array(wine["labels"])
known = labels < 2
x, y = rows[known], labels[known]
z = torch.from_numpy(rows)

absolute = Mahalanobis(None).fit_features(z[known], torch.from_numpy(y))
relative = RMD(None).fit_features(z[known], torch.from_numpy(y))
lda = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(x, y)
posterior = lda.predict_log_proba(rows) - np.log(lda.priors_)

residuals = x - lda.means_[y]
deviations = residuals.std(axis=0)
shrinkage = LedoitWolf(assume_centered=True).fit(residuals / deviations)
apart = (rows[:, None] - lda.means_) / deviations
shrunk = np.einsum("ijk,kl,ijl->ij", apart, shrinkage.precision_, apart)

result = {
    "centers": lda.means_,
    "covariance": lda.covariance_,
    "mahalanobis": 2 * len(x) * absolute.predict_features(z).numpy(),
    "relative": len(x) * relative.predict_features(z).numpy(),
    "probabilities": np.exp(posterior - np.logaddexp.reduce(posterior, axis=1, keepdims=True))[:, 1],
    "shrinkage": np.array(shrinkage.shrinkage_),
    "shrunk": shrunk,
}
text = ",\n".join(f'"{name}": {json.dumps(values.tolist())}' for name, values in result.items())
(here / "covariance.json").write_text(f"{{\n{text}\n}}\n", "utf8")
