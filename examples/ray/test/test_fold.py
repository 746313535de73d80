"""The recipe on Ray, in local mode on two cores."""

import os
from pathlib import Path

import numpy as np
import pytest

ray = pytest.importorskip("ray")

import fold as recipe  # noqa: E402
from class_statistics import ClassStatistics  # noqa: E402
from fold import Partition, fit  # noqa: E402
from node import fold_in_node  # noqa: E402
from partitions import make  # noqa: E402
from statistics_file import Shape, bits  # noqa: E402

SHAPE = Shape(50, 24)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    # Workers find the modules wherever the tests were started from.
    environment = {"env_vars": {"PYTHONPATH": str(Path(__file__).parents[1])}}
    options = {"include_dashboard": False, "logging_level": "error", "log_to_driver": False}
    ray.init(num_cpus=2, object_store_memory=100_000_000, runtime_env=environment, **options)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def partitions(tmp_path_factory) -> list[Partition]:
    return make(SHAPE, 60_000, 11, tmp_path_factory.mktemp("partitions"))


@pytest.fixture(scope="module")
def expected(partitions) -> tuple:
    return bits(fold_in_node(SHAPE, partitions, per_task=2, fan_in=3))


def test_equals_node_and_one_process(engine, partitions, expected):
    on_ray = fit(engine, SHAPE, partitions, per_task=2, fan_in=3)
    assert bits(on_ray.save()) == expected
    single = ClassStatistics(engine, *SHAPE)
    for partition in partitions:
        single.add(*partition.read())
    np.testing.assert_array_equal(on_ray.counts, single.counts)
    assert on_ray.rejected == single.rejected
    np.testing.assert_allclose(on_ray.means, single.means, rtol=0, atol=1e-6)
    np.testing.assert_allclose(on_ray.variances()[:-1], single.variances()[:-1], rtol=1e-6)
    assert np.isinf(on_ray.centers()[-1]).all()


@pytest.mark.parametrize("name", ["fold", "merge"])
def test_a_worker_that_is_killed_changes_no_bit(engine, partitions, expected, tmp_path, monkeypatch, name):
    died = tmp_path / "died"
    work = getattr(recipe, name)

    def dies_once(*arguments):
        given = work(*arguments)
        if not died.exists():
            died.touch()
            os._exit(1)
        return given

    monkeypatch.setattr(recipe, name, dies_once)
    assert bits(fit(engine, SHAPE, partitions, per_task=2, fan_in=3).save()) == expected
    assert died.exists()


def test_an_error_of_a_task_arrives(engine, partitions, tmp_path):
    broken = Partition(partitions[0].x, tmp_path / "target.npy")
    np.save(broken.target, np.full(len(np.load(partitions[0].target)), SHAPE.n_classes))
    with pytest.raises(ValueError, match=r"target\[0\] is 50, but there are 50 classes"):
        fit(engine, SHAPE, [*partitions, broken])


@pytest.mark.parametrize("order", [{"per_task": 0}, {"fan_in": 1}])
def test_orders_without_an_end_are_refused(engine, partitions, order):
    with pytest.raises(ValueError, match="can't be merged"):
        fit(engine, SHAPE, partitions, **order)
