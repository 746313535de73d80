"""Runs the recipe on this machine, and compares what it gives with one process of Python and with Node.

    python job.py --rows 3000000 --classes 1000 --features 128
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import ray

from center_statistics import ClassStatistics
from engine import Engine
from fold import Partition, fit
from node import fold_in_node
from partitions import make
from processes import core_seconds, peaks, reset_peaks
from statistics_bytes import COVARIANCES, Shape

Result = TypeVar("Result")
TOLERANCE = 1e-6
"""Of the standard deviation of a class: how far apart means may be that were summed in another order."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--features", type=int, default=128)
    parser.add_argument("--covariance", choices=COVARIANCES, default="diagonal")
    parser.add_argument("--partitions", type=int, default=24)
    parser.add_argument("--per-task", type=int, default=3, help="partitions that one task folds")
    parser.add_argument("--fan-in", type=int, default=4, help="statistics that one task merges")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=Path, help="where partitions are written and stay; default: a temporary one")
    return parser.parse_args()


def timed(work: Callable[[], Result]) -> tuple[Result, tuple[float, float]]:
    """And the seconds that passed, and those of cores: they are fewer than one thinks where others use the cores too."""
    started, busy = time.perf_counter(), core_seconds("ray::")
    result = work()
    return result, (time.perf_counter() - started, core_seconds("ray::") - busy)


def on_one(engine: Engine, shape: Shape, partitions: list[Partition]) -> ClassStatistics:
    found = ClassStatistics(engine, *shape)
    for partition in partitions:
        found.add(*partition.read())
    return found


def difference(one: ClassStatistics, other: ClassStatistics) -> float:
    """The largest of two means of a class, in standard deviations of its rows in that dimension, if these are known."""
    deviations = 1.0 if one.shape.covariance == "none" else np.sqrt(one.variances())
    off = np.abs(one.means - other.means)
    return float(np.max(np.divide(off, deviations, out=np.zeros_like(off), where=deviations != 0)))


def run(options: argparse.Namespace, directory: Path) -> None:
    shape = Shape(options.classes, options.features, options.covariance, 1.0)
    engine = Engine.load()
    order = {"per_task": options.per_task, "fan_in": options.fan_in}

    def report(what: str, seconds: list[tuple[float, float]]) -> None:
        passed, busy = (statistics.median(some) for some in zip(*seconds))
        spread = f"({min(seconds)[0]:.2f}–{max(seconds)[0]:.2f})" if len(seconds) > 1 else ""
        print(f"{what:<40}{passed:>7.2f} s {spread:<13}{options.rows / passed:>11,.0f} rows/s "
              f"{options.rows / busy:>11,.0f} a core", flush=True)

    gigabytes = 4 * options.rows * options.features / 1e9
    print(f"{options.rows:,} rows × {options.features} ({gigabytes:.2f} GB) of {options.classes} classes", end=", ")
    print(f"{options.covariance}, in {options.partitions} partitions; {options.cpus} cores")
    partitions, seconds = timed(lambda: make(shape, options.rows, options.partitions, directory))
    report("made and written", [seconds])

    works = {
        "folded and merged on Ray": lambda: fit(engine, shape, partitions, **order),
        "folded in one process": lambda: on_one(engine, shape, partitions),
        "folded and merged in Node, one process": lambda: fold_in_node(shape, partitions, **order),
    }
    results: list[list] = [[] for _ in works]
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    reset_peaks("ray::")
    # In turns: the machine may be another one in the next second.
    for _ in range(options.rounds):
        for i, work in enumerate(works.values()):
            result, seconds = timed(work)
            results[i].append(result)
            times[i].append(seconds)
    for what, seconds in zip(works, times):
        report(what, seconds)
    ratios = [one / on_ray for (on_ray, _), (one, _) in zip(*times[:2])]
    print(f"Ray's {options.cpus} cores: {statistics.median(ratios):.2f} times as fast as one process "
          f"({min(ratios):.2f}–{max(ratios):.2f})")
    on_ray, single = results[0][0], results[1][0]
    print(f"statistics {len(on_ray.to_bytes()) / 1e6:.2f} MB: {int(on_ray.counts.sum()):,} rows counted, {on_ray.rejected} "
          f"rejected, {np.count_nonzero(on_ray.counts)} classes have rows")
    print(f"peak memory of Ray's processes, with mapped files: {[round(mb) for mb in peaks('ray::')]} MB")

    off = difference(single, on_ray)
    if len({bytes(result) for result in [one.to_bytes() for one in results[0]] + results[2]}) != 1:
        raise SystemExit("Node's statistics and those of all rounds on Ray are not the same")
    print("Node's statistics and those of all rounds on Ray are the same, to the last bit")
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
