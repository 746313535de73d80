"""Runs the recipe on this machine, and compares what it gives with one process of Python and with Node.

    python job.py --rows 3000000 --classes 1000 --features 128
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import ray

from center_statistics import ClassStatistics
from engine import Engine
from fold import Partition, fit
from node import fold_in_node
from partitions import make
from processes import peak_mb
from statistics_bytes import COVARIANCES, Shape

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
    parser.add_argument("--directory", type=Path, help="where partitions are written and stay; default: a temporary one")
    return parser.parse_args()


def on_one(engine: Engine, shape: Shape, partitions: list[Partition]) -> ClassStatistics:
    statistics = ClassStatistics(engine, *shape)
    for partition in partitions:
        statistics.add(*partition.read())
    return statistics


def difference(one: ClassStatistics, other: ClassStatistics) -> float:
    """The largest of two means of a class, in standard deviations of its rows in that dimension, if these are known."""
    deviations = 1.0 if one.shape.covariance == "none" else np.sqrt(one.variances())
    off = np.abs(one.means - other.means)
    return float(np.max(np.divide(off, deviations, out=np.zeros_like(off), where=deviations != 0)))


def run(options: argparse.Namespace, directory: Path) -> None:
    shape = Shape(options.classes, options.features, options.covariance, 1.0)
    engine = Engine.load()
    order = {"per_task": options.per_task, "fan_in": options.fan_in}

    def timed(what: str, work):
        started = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - started
        print(f"{what:<44} {seconds:7.1f} s {options.rows / seconds:12,.0f} rows/s", flush=True)
        return result

    gigabytes = 4 * options.rows * options.features / 1e9
    print(f"{options.rows:,} rows × {options.features} ({gigabytes:.2f} GB) of {options.classes} classes", end=", ")
    print(f"{options.covariance}, in {options.partitions} partitions; {options.cpus} cores")
    partitions = timed("made and written", lambda: make(shape, options.rows, options.partitions, directory))
    before = peak_mb("ray::")
    on_ray = timed("folded and merged on Ray", lambda: fit(engine, shape, partitions, **order))
    print(f"  statistics {len(on_ray.to_bytes()) / 1e6:.2f} MB; {on_ray.rejected} rows rejected, "
          f"{int(on_ray.counts.sum()):,} counted, {np.count_nonzero(on_ray.counts)} classes have rows")
    print(f"  peak memory of Ray's workers, with mapped files: {[round(mb) for mb in peak_mb('ray::')]} MB "
          f"(before: {[round(mb) for mb in before]})")
    single = timed("folded in one process", lambda: on_one(engine, shape, partitions))
    in_node = timed("folded and merged as on Ray, in Node", lambda: fold_in_node(shape, partitions, **order))

    off = difference(single, on_ray)
    if in_node != on_ray.to_bytes():
        raise SystemExit("Node's statistics are not those of Ray")
    print("Node's statistics are those of Ray, to the last bit")
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
