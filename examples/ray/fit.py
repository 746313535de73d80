"""Fits class centers to embeddings in many files, on Ray.

    python fit.py FOLDER OUT --classes 1000 --dim 128

Each task folds a few partitions into `ClassStatistics`, and a tree of tasks merges these. Node runs the package
(statistics.mjs); Python moves the bytes of statistics between tasks. Rows never move.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import ray

SCRIPT = Path(__file__).with_name("statistics.mjs")


class Shape(NamedTuple):
    """Classes, dimensions, and 'none', 'diagonal' or 'tied' (see `ClassStatistics`)."""

    n_classes: int
    n_dim: int
    covariance: str = "diagonal"


class Partition(NamedTuple):
    """Two .npy files that every machine reaches: embeddings [B, D], float32, and labels [B], below 0 for unknown."""

    x: Path
    target: Path


def fold(shape: Shape, partitions: list[Partition]) -> bytes:
    """The statistics of all rows of some partitions, as `ClassStatistics.save()` writes them."""
    files = [file for partition in partitions for file in partition]
    with TemporaryDirectory() as folder:
        return _run(folder, "fold", *shape, *files)


def merge(*statistics: bytes) -> bytes:
    """The statistics of all rows that the given ones are of."""
    with TemporaryDirectory() as folder:
        files = [Path(folder, str(i)) for i in range(len(statistics))]
        for file, some in zip(files, statistics):
            file.write_bytes(some)
        return _run(folder, "merge", *files)


def _run(folder: str, *arguments: object) -> bytes:
    out = Path(folder, "out")
    done = subprocess.run(["node", SCRIPT, out, *map(str, arguments)], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return out.read_bytes()


def parts(items: list, size: int) -> list[list]:
    return [items[first : first + size] for first in range(0, len(items), size)]


def fit(shape: Shape, partitions: list[Partition], *, per_task: int = 1, fan_in: int = 8) -> bytes:
    """The statistics of all rows of all partitions.

    per_task: partitions that one task folds; with enough of them fewer bytes leave a task than came in
    fan_in: number of statistics that one task merges, ≥ 2
    Both fix the order in which rows are summed: the same partitions with the same two give the same bits, on any number
    of machines.
    Raises ValueError; ray.exceptions.RayTaskError, which is a RuntimeError, for an error of the package.
    """
    if not partitions or per_task < 1 or fan_in < 2:
        raise ValueError(f"{len(partitions)} partitions, {per_task} a task, can't be merged by {fan_in}")
    folding, merging = ray.remote(fold), ray.remote(merge)
    # A task depends only on its inputs. If its worker is lost, Ray runs it again, and its result is merged once.
    level = [folding.remote(shape, some) for some in parts(partitions, per_task)]
    while len(level) > 1:
        level = [merging.remote(*some) if len(some) > 1 else some[0] for some in parts(level, fan_in)]
    return ray.get(level[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="has the partitions: *.x.npy and *.target.npy")
    parser.add_argument("out", type=Path, help="file of the statistics, for ClassStatistics.load")
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--dim", type=int, required=True)
    parser.add_argument("--covariance", default="diagonal")
    parser.add_argument("--per-task", type=int, default=1)
    parser.add_argument("--fan-in", type=int, default=8)
    options = parser.parse_args()
    files = sorted(options.folder.resolve().glob("*.x.npy"))
    partitions = [Partition(x, x.with_name(x.name.replace(".x.npy", ".target.npy"))) for x in files]
    shape = Shape(options.classes, options.dim, options.covariance)
    options.out.write_bytes(fit(shape, partitions, per_task=options.per_task, fan_in=options.fan_in))


if __name__ == "__main__":
    main()
