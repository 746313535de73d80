"""Embeddings to try the recipe with: partitions in .npy files, the same on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import ray

from fold import Partition
from statistics_file import Shape

SPREAD = 0.5
"""Standard deviation of the rows around the mean of their class; the means are N(OFFSET, 1)."""
OFFSET = 10.0
UNKNOWN_SHARE = 0.02
"""Share of rows with label −1."""
BROKEN_SHARE = 1e-5
"""Share of rows with a NaN, as real exports have."""


def make(shape: Shape, rows: int, n_partitions: int, directory: Path, seed: int = 1) -> list[Partition]:
    """Writes `rows` rows to `n_partitions` partitions, on all cores. The last class has no rows."""
    directory.mkdir(parents=True, exist_ok=True)
    ends = [rows * (i + 1) // n_partitions for i in range(n_partitions)]
    counts = [end - start for start, end in zip([0, *ends], ends)]
    task = ray.remote(write)
    return ray.get([task.remote(shape, count, directory, seed, i) for i, count in enumerate(counts)])


def write(shape: Shape, rows: int, directory: Path, seed: int, index: int) -> Partition:
    partition = Partition(directory / f"{index:05}.x.npy", directory / f"{index:05}.target.npy")
    means = np.random.default_rng(seed).standard_normal((shape.n_classes, shape.n_dim), np.float32) + OFFSET
    random = np.random.default_rng([seed, index])
    target = random.integers(0, max(shape.n_classes - 1, 1), rows, np.int32)
    x = random.standard_normal((rows, shape.n_dim), np.float32)
    x *= np.float32(SPREAD)
    x += means[target]
    x[random.random(rows) < BROKEN_SHARE, -1] = np.nan
    target[random.random(rows) < UNKNOWN_SHARE] = -1
    np.save(partition.x, x)
    np.save(partition.target, target)
    return partition
