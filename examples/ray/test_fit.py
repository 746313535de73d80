"""Many tasks give the fit of one, also if workers are killed. Ray runs on two cores of this machine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import ray
from safetensors.numpy import load

import fit as recipe
from fit import Partition, Shape, fit, fold, merge, parts

SHAPE = Shape(50, 24)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    # Workers find fit.py wherever the tests were started from.
    environment = {"env_vars": {"PYTHONPATH": str(Path(__file__).parent)}}
    options = {"include_dashboard": False, "logging_level": "error", "log_to_driver": False}
    ray.init(num_cpus=2, object_store_memory=100_000_000, runtime_env=environment, **options)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Partitions with unknown rows and rows that are not finite; one has no rows, and the last class has none."""
    folder, random = tmp_path_factory.mktemp("partitions"), np.random.default_rng(1)
    means = random.standard_normal((SHAPE.n_classes, SHAPE.n_dim)) + 100
    for i, rows in enumerate([5003, 0, 1, 7000, 5000, 4000, 9000, 64, 5000, 3000, 8000]):
        target = random.integers(-1, SHAPE.n_classes - 1, rows)
        x = (means[target] + random.standard_normal((rows, SHAPE.n_dim))).astype(np.float32)
        x[random.random(rows) < 0.001, 3] = np.nan
        np.save(folder / f"{i:02}.x.npy", x)
        np.save(folder / f"{i:02}.target.npy", target.astype([np.int64, np.int32, np.int8][i % 3]))
    return folder


@pytest.fixture(scope="module")
def partitions(folder) -> list[Partition]:
    return [Partition(x, Path(str(x).replace(".x.", ".target."))) for x in sorted(folder.glob("*.x.npy"))]


@pytest.fixture(scope="module")
def expected(partitions) -> bytes:
    """The same tree in this process, without Ray."""
    level = [fold(SHAPE, some) for some in parts(partitions, 2)]
    while len(level) > 1:
        level = [merge(*some) for some in parts(level, 3)]
    return level[0]


@pytest.mark.parametrize("covariance", ["none", "diagonal", "tied"])
def test_many_give_the_fit_of_one(partitions, covariance):
    shape = SHAPE._replace(covariance=covariance)
    many, one = load(fit(shape, partitions, per_task=2, fan_in=3)), load(fold(shape, partitions))
    assert many.keys() == one.keys()
    np.testing.assert_array_equal(many["counts"], one["counts"])
    assert many["rejected"] == one["rejected"] > 0
    np.testing.assert_allclose(many["means"], one["means"], rtol=0, atol=1e-6)
    for name in many.keys() - {"counts", "means", "rejected"}:
        np.testing.assert_allclose(many[name], one[name], rtol=1e-6, atol=1e-3)


def test_the_fit_is_that_of_float64(partitions, expected):
    statistics = load(expected)
    x = np.concatenate([np.load(partition.x) for partition in partitions]).astype(np.float64)
    target = np.concatenate([np.load(partition.target) for partition in partitions])
    finite = np.isfinite(x).all(axis=1)
    assert statistics["rejected"] == np.count_nonzero(~finite & (target >= 0))
    for label in range(SHAPE.n_classes - 1):
        rows = x[finite & (target == label)]
        assert statistics["counts"][label] == len(rows)
        np.testing.assert_allclose(statistics["means"][label], rows.mean(axis=0), rtol=0, atol=1e-6)
    assert statistics["counts"][-1] == 0


@pytest.mark.parametrize("name", ["fold", "merge"])
def test_a_worker_that_is_killed_changes_no_bit(partitions, expected, tmp_path, monkeypatch, name):
    died = tmp_path / "died"
    work = getattr(recipe, name)

    def dies_once(*arguments):
        result = work(*arguments)
        if not died.exists():
            died.touch()
            os._exit(1)
        return result

    monkeypatch.setattr(recipe, name, dies_once)
    assert fit(SHAPE, partitions, per_task=2, fan_in=3) == expected
    assert died.exists()


def test_the_program_writes_the_same_file(folder, expected, tmp_path):
    out = tmp_path / "statistics.safetensors"
    program = [sys.executable, recipe.__file__, folder, out, "--classes", "50", "--dim", "24"]
    subprocess.run([*program, "--per-task", "2", "--fan-in", "3"], check=True)
    assert out.read_bytes() == expected


@pytest.mark.parametrize(
    ("x", "target", "message"),
    [
        (np.zeros((2, 24), np.float32), np.array([0, 50]), r"from row 0 on: target\[1\] is 50, but there are 50 classes"),
        (np.zeros((1, 24), np.float32), np.array([2**32]), r"target\[0\] is 4294967296"),
        (np.zeros((2, 24)), np.array([0, 1]), r"must be float32 \[2,24\], got F64 \[2,24\]"),
        (np.zeros((3, 24), np.float32), np.array([0, 1]), r"must be float32 \[2,24\], got F32 \[3,24\]"),
    ],
)
def test_an_error_of_the_package_arrives(partitions, tmp_path, x, target, message):
    broken = Partition(tmp_path / "x.npy", tmp_path / "target.npy")
    np.save(broken.x, x)
    np.save(broken.target, target)
    with pytest.raises(RuntimeError, match=message):
        fit(SHAPE, [*partitions, broken])


def test_a_file_that_is_cut_off_is_refused(partitions, tmp_path):
    x = tmp_path / "x.npy"
    x.write_bytes(partitions[0].x.read_bytes()[:-4])
    with pytest.raises(RuntimeError, match="ends before its last row"):
        fold(SHAPE, [Partition(x, partitions[0].target)])


@pytest.mark.parametrize("order", [{"per_task": 0}, {"fan_in": 1}])
def test_orders_without_an_end_are_refused(partitions, order):
    with pytest.raises(ValueError, match="can't be merged"):
        fit(SHAPE, partitions, **order)
