"""Python and Node: each goes on with what the other wrote, and both give the same bits."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from class_statistics import ClassStatistics
from fold import Partition, fold, merge, parts
from node import fold_in_node
from statistics_file import Shape, bits


def write_partitions(directory: Path, shape: Shape, sizes: list[int]) -> list[Partition]:
    random = np.random.default_rng(11)
    partitions = []
    for i, size in enumerate(sizes):
        partition = Partition(directory / f"{i}.x.npy", directory / f"{i}.target.npy")
        x = random.standard_normal((size, shape.n_dim), np.float32) + np.float32(50)
        x[random.random(size) < 0.01, 0] = np.nan
        np.save(partition.x, x)
        np.save(partition.target, random.integers(-1, shape.n_classes, size, np.int32))
        partitions.append(partition)
    return partitions


@pytest.mark.parametrize("covariance", ["none", "diagonal", "tied"])
@pytest.mark.parametrize("dim", [1, 5, 16, 131])
def test_same_partitions_same_bits(engine, tmp_path, covariance, dim):
    shape = Shape(7, dim, covariance)
    partitions = write_partitions(tmp_path, shape, [0, 1, 700, 3000, 64])
    level = [fold(engine, shape, some) for some in parts(partitions, 2)]
    while len(level) > 1:
        level = [merge(engine, *some) for some in parts(level, 2)]
    assert bits(fold_in_node(shape, partitions, per_task=2, fan_in=2)) == bits(level[0])


@pytest.mark.parametrize("forgetting", [1.0, 0.9])
@pytest.mark.parametrize("covariance", ["none", "diagonal", "tied"])
def test_each_goes_on_where_the_other_stopped(engine, tmp_path, covariance, forgetting):
    shape = Shape(5, 33, covariance, forgetting)
    partitions = write_partitions(tmp_path, shape, [500, 800, 300])

    def in_node(data: bytes, partition: Partition) -> bytes:
        (tmp_path / "in").write_bytes(data)
        script = Path(__file__).with_name("continue.js")
        subprocess.run(["node", script, tmp_path / "in", *partition, tmp_path / "out"], check=True)
        return (tmp_path / "out").read_bytes()

    def in_python(data: bytes, partition: Partition) -> bytes:
        statistics = ClassStatistics.load(engine, data)
        statistics.add(*partition.read())
        return statistics.save()

    start = ClassStatistics(engine, *shape).save()
    one, other = start, start
    for i, partition in enumerate(partitions):
        one, other = (in_node, in_python)[i % 2](one, partition), (in_python, in_node)[i % 2](other, partition)
        assert bits(one) == bits(other)
    assert bits(one) != bits(start)
