"""The recipe on Ray, in local mode on two cores."""

import os
from pathlib import Path

import numpy as np
import pytest

ray = pytest.importorskip("ray")

import fold as recipe  # noqa: E402
from center_statistics import ClassStatistics  # noqa: E402
from fold import Partition, fit  # noqa: E402
from node import fold_in_node  # noqa: E402
from partitions import make  # noqa: E402
from statistics_bytes import Shape  # noqa: E402

SHAPE = Shape(50, 24, "diagonal", 1.0)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    # Workers are to find the modules wherever the tests were started from.
    environment = {"env_vars": {"PYTHONPATH": str(Path(__file__).parents[1])}}
    options = {"include_dashboard": False, "logging_level": "error", "log_to_driver": False}
    ray.init(num_cpus=2, object_store_memory=100_000_000, runtime_env=environment, **options)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def partitions(tmp_path_factory) -> list[Partition]:
    return make(SHAPE, 60_000, 11, tmp_path_factory.mktemp("partitions"))


@pytest.fixture(scope="module")
def expected(partitions) -> bytes:
    return fold_in_node(SHAPE, partitions, per_task=2, fan_in=3)


def test_equals_node_and_one_process(engine, partitions, expected):
    on_ray = fit(engine, SHAPE, partitions, per_task=2, fan_in=3)
    assert on_ray.to_bytes() == expected
    single = ClassStatistics(engine, *SHAPE)
    for partition in partitions:
        single.add(*partition.read())
    np.testing.assert_array_equal(on_ray.counts, single.counts)
    assert on_ray.rejected == single.rejected
    np.testing.assert_allclose(on_ray.means, single.means, rtol=0, atol=1e-6)
    np.testing.assert_allclose(on_ray.variances()[:-1], single.variances()[:-1], rtol=1e-6)
    assert np.isinf(on_ray.centers()[-1]).all()


@pytest.mark.parametrize("of", ["fold", "merge"])
def test_a_worker_that_is_killed_changes_no_bit(engine, partitions, expected, tmp_path, monkeypatch, of):
    died = tmp_path / "died"
    work = getattr(recipe, of)

    def dies_once(*arguments):
        given = work(*arguments)
        if not died.exists():
            died.touch()
            os._exit(1)
        return given

    monkeypatch.setattr(recipe, of, dies_once)
    assert fit(engine, SHAPE, partitions, per_task=2, fan_in=3).to_bytes() == expected
    assert died.exists()


def test_what_a_task_raises_arrives(engine, partitions, tmp_path):
    broken = Partition(partitions[0].x, tmp_path / "target.npy")
    np.save(broken.target, np.full(len(np.load(partitions[0].target)), SHAPE.n_classes))
    with pytest.raises(ValueError, match=r"target\[0\] is 50, and there are 50 classes"):
        fit(engine, SHAPE, [*partitions, broken])


@pytest.mark.parametrize("order", [{"per_task": 0}, {"fan_in": 1}])
def test_orders_that_lead_nowhere_are_refused(engine, partitions, order):
    with pytest.raises(ValueError, match="can't be merged"):
        fit(engine, SHAPE, partitions, **order)
