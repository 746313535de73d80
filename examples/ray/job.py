"""Runs the recipe on this machine, and compares the result with those of one process of Python and of Node.

    python job.py --rows 3000000 --classes 1000 --dim 128
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import ray

from class_statistics import ClassStatistics
from engine import Engine
from fold import Partition, fit, fold
from node import fold_in_node
from partitions import make
from statistics_file import COVARIANCES, Shape, bits

TOLERANCE = 1e-6
"""Largest difference of means that were summed in another order, in standard deviations of their class."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--covariance", choices=COVARIANCES, default="diagonal")
    parser.add_argument("--partitions", type=int, default=24)
    parser.add_argument("--per-task", type=int, default=3, help="partitions that one task folds")
    parser.add_argument("--fan-in", type=int, default=4, help="statistics that one task merges")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=Path, help="folder where partitions stay; default: a temporary one")
    return parser.parse_args()


def difference(one: ClassStatistics, other: ClassStatistics) -> float:
    """The largest difference of two means, in standard deviations of their class if these are known."""
    deviations = 1.0 if one.shape.covariance == "none" else np.sqrt(one.variances())
    off = np.abs(one.means - other.means)
    return float(np.max(np.divide(off, deviations, out=np.zeros_like(off), where=deviations != 0)))


def run(options: argparse.Namespace, directory: Path) -> None:
    shape = Shape(options.classes, options.dim, options.covariance)
    engine = Engine.load()
    order = {"per_task": options.per_task, "fan_in": options.fan_in}
    gigabytes = 4 * options.rows * options.dim / 1e9
    print(f"{options.rows:,} rows × {options.dim} ({gigabytes:.2f} GB) of {options.classes} classes, "
          f"{options.covariance}, in {options.partitions} partitions; {options.cpus} cores", flush=True)
    partitions: list[Partition] = make(shape, options.rows, options.partitions, directory)

    works = {
        "folded and merged on Ray": lambda: fit(engine, shape, partitions, **order).save(),
        "folded in one process": lambda: fold(engine, shape, partitions),
        "folded and merged in Node, one process": lambda: fold_in_node(shape, partitions, **order),
    }
    files: list[list[bytes]] = [[] for _ in works]
    times: list[list[float]] = [[] for _ in works]
    # In turns, since other programs may need the cores in the next second.
    for _ in range(options.rounds):
        for i, work in enumerate(works.values()):
            started = time.perf_counter()
            files[i].append(work())
            times[i].append(time.perf_counter() - started)
    for what, seconds in zip(works, times):
        middle, spread = statistics.median(seconds), f"({min(seconds):.2f}–{max(seconds):.2f})"
        print(f"{what:<40}{middle:>7.2f} s {spread:<13}{options.rows / middle:>11,.0f} rows/s")

    on_ray, single = (ClassStatistics.load(engine, some[0]) for some in files[:2])
    print(f"statistics {len(files[0][0]) / 1e6:.2f} MB: {int(on_ray.counts.sum()):,} rows counted, {on_ray.rejected} "
          f"rejected, {np.count_nonzero(on_ray.counts)} classes have rows")
    if len({bits(file) for file in files[0] + files[2]}) != 1:
        raise SystemExit("Node's statistics and those of all rounds on Ray are not the same")
    print("Node's statistics and those of all rounds on Ray are the same, to the last bit")
    off = difference(single, on_ray)
    if not np.array_equal(single.counts, on_ray.counts) or single.rejected != on_ray.rejected or not off <= TOLERANCE:
        raise SystemExit(f"one process and Ray are apart: means by {off:.1e} standard deviations")
    print(f"one process counted the same rows; its means are within {off:.1e} standard deviations")


def main() -> None:
    options = arguments()
    ray.init(num_cpus=options.cpus, include_dashboard=False, logging_level="warning")
    if options.directory:
        run(options, options.directory)
        return
    with tempfile.TemporaryDirectory() as directory:
        run(options, Path(directory))


if __name__ == "__main__":
    main()
