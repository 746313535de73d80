"""Statistics of classes in float64, as plain loops in two passes."""

from __future__ import annotations


def statistics_of(x, target, weights, n_classes: int, dim: int):
    """Counts [C], means [C][D], variances [C][D] and covariance [D][D] of rows that are all finite."""
    known = [(row, label, weight) for row, label, weight in zip(x.tolist(), target.tolist(), weights) if label >= 0]
    counts = [0.0] * n_classes
    means, variances = ([[0.0] * dim for _ in range(n_classes)] for _ in range(2))
    covariance = [[0.0] * dim for _ in range(dim)]
    for row, label, weight in known:
        counts[label] += weight
        for k in range(dim):
            means[label][k] += weight * row[k]
    for label in range(n_classes):
        for k in range(dim):
            means[label][k] = means[label][k] / counts[label] if counts[label] else 0.0
    for row, label, weight in known:
        for k in range(dim):
            off = row[k] - means[label][k]
            if weight:
                variances[label][k] += weight * off * off / counts[label]
            for l in range(dim):
                covariance[k][l] += weight * off * (row[l] - means[label][l])
    total = sum(counts)
    return counts, means, variances, [[value / total if total else 0.0 for value in row] for row in covariance]
