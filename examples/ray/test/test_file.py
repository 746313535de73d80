"""The file of statistics: any other file is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from class_statistics import ClassStatistics
from statistics_file import KIND, FormatError, bits

CONFIG = {"covariance": "tied", "forgetting": 1.0}


@pytest.fixture(params=["none", "diagonal", "tied"])
def data(engine, request) -> bytes:
    return statistics_of(engine, request.param).save()


def statistics_of(engine, covariance: str) -> ClassStatistics:
    """Statistics of three classes, the last without rows."""
    statistics = ClassStatistics(engine, 3, 4, covariance)
    random = np.random.default_rng(0)
    statistics.add(random.standard_normal((50, 4), np.float32), random.integers(0, 2, 50))
    return statistics


def test_comes_back_as_it_was(engine, data):
    assert bits(ClassStatistics.load(engine, data).save()) == bits(data)


def test_more_tensors_and_metadata_are_ignored(engine, data):
    more = save(load(data) | {"more": np.ones(3)}, KIND | {"config": config_of(data), "more": "text"})
    assert bits(ClassStatistics.load(engine, more).save()) == bits(data)


def config_of(data: bytes) -> str:
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["config"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": "pt"}, "'format' is 'pt'; expected 'center-loss'"),
        ({"version": "1"}, "'version' is '1'"),
        ({"kind": "ClassCenters"}, "'kind' is 'ClassCenters'"),
        ({"config": "{"}, "not JSON"),
        ({"config": "[" * 100_000}, "not JSON"),
        ({"config": "[]"}, "must have"),
        ({"config": '{"covariance": "tied"}'}, "must have"),
        ({"config": json.dumps(CONFIG | {"more": 1})}, "must have"),
        ({"config": json.dumps(CONFIG | {"covariance": "full"})}, "got 'full'"),
        ({"config": json.dumps(CONFIG | {"covariance": ["tied"]})}, "got .'tied'."),
        ({"config": json.dumps(CONFIG | {"forgetting": 0})}, "got 0"),
        ({"config": json.dumps(CONFIG | {"forgetting": True})}, "got True"),
        ({"config": json.dumps(CONFIG | {"forgetting": "1"})}, "got '1'"),
        ({"config": json.dumps(CONFIG | {"forgetting": float("nan")})}, "got nan"),
    ],
)
def test_other_metadata_are_refused(engine, metadata, message):
    tensors = load(statistics_of(engine, "tied").save())
    with pytest.raises(FormatError, match=message):
        ClassStatistics.load(engine, save(tensors, KIND | {"config": json.dumps(CONFIG)} | metadata))


def test_a_file_without_metadata_is_refused(engine, data):
    with pytest.raises(FormatError, match="'format' is None"):
        ClassStatistics.load(engine, save(load(data)))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("means", None, "no tensor 'means'"),
        ("means", np.zeros(12), "no tensor 'means'"),
        ("means", np.zeros((0, 4)), "no tensor 'means'"),
        ("means", np.zeros((3, 4), np.float32), r"'means' must be float64 \[3, 4\], got float32"),
        ("means", np.zeros((3, 5)), r"must be float64 \[3, 5\], got float64 \[3, 4\]"),
        ("rejected", np.zeros(1), r"'rejected' must be float64 \[\], got float64 \[1\]"),
        ("counts", None, r"'tied' has the tensors .*, got \['rejected', 'means', "),
        ("counts", np.zeros(2), r"'counts' must be float64 \[3\], got float64 \[2\]"),
        ("squares", None, r"'tied' has the tensors .*, got \['rejected', 'counts', 'means', 'scatter'"),
        ("scatter", np.zeros((2, 5)), r"'scatter' must be float64 \[10\]"),
    ],
)
def test_tensors_of_another_shape_are_refused(engine, name, values, message):
    tensors = load(statistics_of(engine, "tied").save())
    tensors.pop(name)
    with pytest.raises(FormatError, match=message):
        ClassStatistics.load(engine, file_of(tensors if values is None else tensors | {name: values}))


@pytest.mark.parametrize(
    ("name", "at", "value", "message"),
    [
        ("rejected", 0, -1.0, r"rejected\[0\] is -1"),
        ("rejected", 0, 0.5, "rejected is 0.5; expected a whole number"),
        ("rejected", 0, 2.0**53, r"rejected\[0\] is 9"),
        ("counts", 0, np.inf, r"counts\[0\] is inf"),
        ("counts", 1, -2.0, r"counts\[1\] is -2"),
        ("counts", 0, 0.0, "means of class 0 must be 0"),
        ("means", 0, 1e39, r"means\[0\] is 1e\+39"),
        ("means", 5, np.nan, r"means\[5\] is nan"),
        ("means", 11, 1.0, "means of class 2 must be 0"),
        ("squares", 0, -1.0, r"squares\[0\] is -1"),
        ("squares", 11, 1.0, "squares of class 2 must be 0"),
        ("scatter", 9, np.inf, r"scatter\[9\] is inf"),
    ],
)
def test_values_that_no_rows_have_are_refused(engine, name, at, value, message):
    tensors = {name: values.copy() for name, values in load(statistics_of(engine, "tied").save()).items()}
    tensors[name].flat[at] = value
    with pytest.raises(FormatError, match=message):
        ClassStatistics.load(engine, file_of(tensors))


def test_totals_of_another_covariance_are_refused(engine, data):
    tensors = load(statistics_of(engine, "tied").save())
    if "tied" not in config_of(data):
        with pytest.raises(FormatError, match="covariance '(none|diagonal)' has the tensors"):
            ClassStatistics.load(engine, save(tensors, KIND | {"config": config_of(data)}))


def file_of(tensors: dict[str, np.ndarray]) -> bytes:
    return save(tensors, KIND | {"config": json.dumps(CONFIG)})


def test_mutated_bytes_are_refused_or_are_statistics(engine, data):
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(1500):
        mutated = bytearray(data)
        for _ in range(random.integers(1, 4)):
            mutated[random.integers(len(mutated))] = random.integers(256)
        mutated = bytes(mutated[: random.integers(len(mutated))] if random.random() < 0.2 else mutated)
        try:
            statistics = ClassStatistics.load(engine, mutated)
        except FormatError:
            refused += 1
            continue
        assert bits(statistics.save()) == bits(mutated)
        assert not np.isnan(statistics.centers()).any()
    assert 200 < refused < 1500
