"""The recipe: partitions of embeddings → statistics of their classes, on Ray.

Each task folds a few partitions into one `ClassStatistics`, and a tree of tasks merges these. The bytes of statistics
travel between tasks, rows never do.

Nothing here counts deliveries. A task is a function of its partitions, and the tree is made of references to results:
where Ray runs a task again because its worker was lost, the task gives the same statistics, and they are merged once.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import ray

from class_statistics import ClassStatistics
from engine import Engine
from statistics_file import Shape


class Partition(NamedTuple):
    """Rows in two .npy files that every machine reaches: embeddings [B, D] of float16, 32 or 64, and labels [B]."""

    x: Path
    target: Path

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        # A mapped file goes from the page cache to WebAssembly memory, and may be larger than the memory.
        return np.load(self.x, mmap_mode="r"), np.load(self.target)


def fold(engine: Engine, shape: Shape, partitions: list[Partition]) -> bytes:
    """The statistics of all rows of some partitions, as `save` writes them."""
    statistics = ClassStatistics(engine, *shape)
    for partition in partitions:
        statistics.add(*partition.read())
    return statistics.save()


def merge(engine: Engine, first: bytes, *others: bytes) -> bytes:
    """The statistics of all rows that the given ones are of."""
    statistics = ClassStatistics.load(engine, first)
    for other in others:
        statistics.merge(other)
    return statistics.save()


def parts(things: list, size: int) -> list[list]:
    return [things[first : first + size] for first in range(0, len(things), size)]


def fit(
    engine: Engine, shape: Shape, partitions: list[Partition], *, per_task: int = 1, fan_in: int = 8
) -> ClassStatistics:
    """Statistics of all rows of all partitions.

    per_task: partitions that one task folds; with enough of them fewer bytes leave a task than came in
    fan_in: number of statistics that one task merges, ≥ 2
    Both fix the order in which rows are summed: the same partitions with the same two give the same bits, on any number
    of machines.
    Raises ValueError; ray.exceptions.RayTaskError for what a task raises.
    """
    if not partitions or per_task < 1 or fan_in < 2:
        raise ValueError(f"{len(partitions)} partitions, {per_task} a task, can't be merged by {fan_in}")
    where, folding, merging = ray.put(engine), ray.remote(fold), ray.remote(merge)
    level = [folding.remote(where, shape, some) for some in parts(partitions, per_task)]
    while len(level) > 1:
        level = [merging.remote(where, *some) if len(some) > 1 else some[0] for some in parts(level, fan_in)]
    return ClassStatistics.load(engine, ray.get(level[0]))
