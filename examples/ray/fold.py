"""The recipe: partitions of embeddings → statistics of their classes, on Ray.

Each task folds a few partitions into one `ClassStatistics`, and a tree of tasks merges these. What travels between
tasks are the bytes of statistics, never rows.

Nothing here counts deliveries. A task is a function of its partitions, and the tree is made of references to results: a
task that Ray runs again, as its worker was lost, gives the same bytes, and they are merged once.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import ray

from center_statistics import ClassStatistics
from engine import Engine
from statistics_bytes import Shape


class Partition(NamedTuple):
    """Rows in two .npy files that every machine reaches: embeddings [B, D] of float16, 32 or 64, and labels [B]."""

    x: Path
    target: Path

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        # Mapped: rows go from the page cache to WebAssembly memory, and a partition may be larger than the memory.
        return np.load(self.x, mmap_mode="r"), np.load(self.target)


def fold(engine: Engine, shape: Shape, partitions: list[Partition]) -> np.ndarray:
    """The bytes of the statistics of all their rows, as an array: Ray hands arrays to the tasks of a machine uncopied."""
    statistics = ClassStatistics(engine, *shape)
    for partition in partitions:
        statistics.add(*partition.read())
    return np.frombuffer(statistics.to_bytes(), np.uint8)


def merge(engine: Engine, first: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """The bytes of the statistics of all rows that these are of."""
    statistics = ClassStatistics.from_bytes(engine, first)
    for other in others:
        statistics.merge(other)
    return np.frombuffer(statistics.to_bytes(), np.uint8)


def parts(things: list, size: int) -> list[list]:
    return [things[first : first + size] for first in range(0, len(things), size)]


def fit(
    engine: Engine, shape: Shape, partitions: list[Partition], *, per_task: int = 1, fan_in: int = 8
) -> ClassStatistics:
    """Statistics of all rows of all partitions.

    per_task: partitions that one task folds, so that it is not many more bytes that leave it than came in;
    fan_in: how many statistics one task merges, ≥ 2. Both say in which order rows are summed: whoever folds the same
    partitions with the same two gets the same bytes, on any number of machines.
    Raises ValueError; ray.exceptions.RayTaskError for what a task raises.
    """
    if not partitions or per_task < 1 or fan_in < 2:
        raise ValueError(f"{len(partitions)} partitions, {per_task} a task, can't be merged by {fan_in}")
    where, folding, merging = ray.put(engine), ray.remote(fold), ray.remote(merge)
    level = [folding.remote(where, shape, some) for some in parts(partitions, per_task)]
    while len(level) > 1:
        level = [merging.remote(where, *some) if len(some) > 1 else some[0] for some in parts(level, fan_in)]
    return ClassStatistics.from_bytes(engine, ray.get(level[0]))
