"""Measures how fast one core sums rows by their classes: the kernels from Python, beside numpy and pandas.

    python measure.py [--rounds 7]

Implementations take turns in one process, in an order that changes from round to round. A ratio compares two times of
one round.
pandas takes part if it is installed. All are given the same rows, and their means are compared with float64 first.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

import numpy as np

from class_statistics import ClassStatistics
from engine import Engine

try:
    import pandas
except ImportError:
    pandas = None

SHAPES = [(400_000, 1000, 128), (100_000, 1000, 512), (100_000, 100_000, 512)]
"""Rows, classes and dimensions."""
Implementation = Callable[[], np.ndarray | ClassStatistics]


def implementations(engine: Engine, x: np.ndarray, target: np.ndarray, n_classes: int) -> dict[str, Implementation]:
    """Each goes from rows and labels to means [C, D]."""
    dim = x.shape[1]

    def kernels(covariance: str) -> Implementation:
        statistics = ClassStatistics(engine, n_classes, dim, covariance)

        def add() -> ClassStatistics:
            # Rows are added to those of the rounds before, as in a stream: equal ones leave the means as they were.
            statistics.add(x, target)
            return statistics

        return add

    def by_count(sums: np.ndarray) -> np.ndarray:
        return sums / np.maximum(np.bincount(target, minlength=n_classes), 1)[:, None]

    def add_at() -> np.ndarray:
        sums = np.zeros((n_classes, dim))
        np.add.at(sums, target, x)
        return by_count(sums)

    def sorted_runs() -> np.ndarray:
        order = np.argsort(target, kind="stable")
        labels, starts = np.unique(target[order], return_index=True)
        sums = np.zeros((n_classes, dim))
        sums[labels] = np.add.reduceat(x[order], starts, dtype=np.float64)
        return by_count(sums)

    def group_by() -> np.ndarray:
        return pandas.DataFrame(x, copy=False).groupby(target).mean().reindex(range(n_classes), fill_value=0).to_numpy()

    def group_by_with_variances() -> np.ndarray:
        groups = pandas.DataFrame(x, copy=False).groupby(target)
        groups.var(ddof=0)
        return groups.mean().reindex(range(n_classes), fill_value=0).to_numpy()

    found = {
        "ours, 'none'": kernels("none"),
        "ours, 'diagonal' (variances too)": kernels("diagonal"),
        "numpy add.at": add_at,
        "numpy argsort + add.reduceat": sorted_runs,
    }
    if pandas:
        found |= {"pandas groupby mean": group_by, "pandas groupby mean, var": group_by_with_variances}
    return found


def reference(x: np.ndarray, target: np.ndarray, n_classes: int) -> np.ndarray:
    means = np.zeros((n_classes, x.shape[1]))
    for label in np.unique(target)[:50]:
        means[label] = x[target == label].astype(np.float64).mean(axis=0)
    return means


def measure(engine: Engine, shape: tuple[int, int, int], rounds: int) -> None:
    rows, n_classes, dim = shape
    generator = np.random.default_rng(1)
    x = generator.standard_normal((rows, dim), np.float32) + np.float32(10)
    target = generator.integers(0, n_classes, rows, np.int32)
    found = implementations(engine, x, target, n_classes)
    due = reference(x, target, n_classes)
    off: dict[str, float] = {}
    for name, implementation in found.items():
        given = implementation()
        means = given.means if isinstance(given, ClassStatistics) else given
        off[name] = float(np.abs(means - due)[due.any(axis=1)].max())
        if not off[name] < 1e-5:
            raise SystemExit(f"{name}: a mean is {off[name]:.1e} off")
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name in random.sample(list(found), len(found)):
            # The time of the core, since others may use it too.
            started = time.process_time()
            found[name]()
            times[name].append(time.process_time() - started)
    print(f"\n{rows:,} rows × {dim}, {n_classes:,} classes, {rounds} rounds")
    ours = np.array(times["ours, 'none'"])
    for name, seconds in times.items():
        taken = np.array(seconds)
        low, middle, high = np.quantile(taken / ours, [0.25, 0.5, 0.75])
        print(f"{name:<34}{rows / np.median(taken):>12,.0f} rows/s a core   takes {middle:6.2f}× ({low:.2f}–{high:.2f}) as long"
              f"   off by {off[name]:.0e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    loaded = Engine.load()
    for one in SHAPES:
        measure(loaded, one, options.rounds)
