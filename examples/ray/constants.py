"""Measures what a very large fit costs on this machine, in the shape that it has: see docs/many-machines.md.

    python constants.py [--classes 100000] [--dim 512]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from class_statistics import ClassStatistics
from engine import Engine

ROWS_PER_CLASS = 64
"""Rows of a class whose sums are kept in float32 before they move to float64."""
BLOCK_BYTES = 2**28


def timed(what: str, amount: float, unit: str, work):
    started, busy = time.perf_counter(), time.process_time()
    result = work()
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    # The time of the core, since others may use it too.
    print(f"{what:<34}{seconds:8.2f} s, {busy:8.2f} s of a core: {amount / busy:8.3f} {unit}/s", flush=True)
    return result


def peak() -> str:
    return f"  peak memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--covariance", default="none")
    options = parser.parse_args()
    n_classes, dim = options.classes, options.dim
    engine = Engine.load()
    random = np.random.default_rng(1)
    x = random.standard_normal((BLOCK_BYTES // (4 * dim), dim), np.float32)
    statistics = ClassStatistics(engine, n_classes, dim, options.covariance)
    megabytes = statistics.instance.memory_bytes / 1e6
    print(f"{n_classes:,} classes × {dim}, {options.covariance}: {megabytes:,.0f} MB in WebAssembly memory")
    print(f"{peak()}, {x.nbytes / 1e6:,.0f} MB of which are the rows of this program")

    # Twice as many rows as a class takes before its first long run, and then so many that each run ends once.
    def add(rows_per_class: int) -> int:
        blocks = -(-rows_per_class * n_classes // len(x))
        for _ in range(blocks):
            statistics.add(x, random.integers(0, n_classes, len(x), np.int32))
        return blocks * len(x)

    for what, rows_per_class in (("the first rows of each class", 2 * ROWS_PER_CLASS), ("rows after that", ROWS_PER_CLASS)):
        timed(what, rows_per_class * n_classes / 1e6, "M rows", lambda: add(rows_per_class))
    print(peak())
    size = 8 * (1 + n_classes + n_classes * dim * (1 if options.covariance == "none" else 2)) / 1e9
    data = timed(f"save ({size:.3f} GB)", size, "GB", statistics.save)
    print(peak())
    timed("merge of bytes, the first", size, "GB", lambda: statistics.merge(data))
    timed("merge of bytes, each after that", size, "GB", lambda: statistics.merge(data))
    print(peak())


if __name__ == "__main__":
    main()
