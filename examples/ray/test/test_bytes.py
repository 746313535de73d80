"""The bytes of statistics: those that are none are refused."""

import struct

import numpy as np
import pytest

from center_statistics import ClassStatistics
from statistics_bytes import FormatError

HEADER_BYTES = 32


@pytest.fixture(params=["none", "diagonal", "tied"])
def data(engine, request) -> bytearray:
    statistics = ClassStatistics(engine, 3, 4, request.param)
    random = np.random.default_rng(0)
    statistics.add(random.standard_normal((50, 4), np.float32), random.integers(0, 2, 50))
    return statistics.to_bytes()


def test_come_back_as_they_were(engine, data):
    assert ClassStatistics.from_bytes(engine, bytes(data)).to_bytes() == data
    assert ClassStatistics.from_bytes(engine, np.frombuffer(data, np.uint8)).to_bytes() == data


@pytest.mark.parametrize(
    ("at", "form", "value", "message"),
    [
        (0, "<B", 0, "do not begin"),
        (8, "<I", 2, "of version 2"),
        (12, "<I", 3, "no covariance of number 3"),
        (16, "<I", 0, "0 classes"),
        (16, "<I", 2**32 - 1, "take .* bytes"),
        (20, "<I", 5, "take .* bytes"),
        (24, "<d", 0.0, "forgetting is 0"),
        (24, "<d", float("nan"), "forgetting is nan"),
        (HEADER_BYTES, "<d", -1.0, r"rejected\[0\] is -1"),
        (HEADER_BYTES, "<d", 0.5, r"rejected\[0\] is 0.5"),
        (HEADER_BYTES + 8, "<d", float("inf"), r"counts\[0\] is inf"),
        (HEADER_BYTES + 16, "<d", -2.0, r"counts\[1\] is -2"),
        (HEADER_BYTES + 8, "<d", 0.0, "of class 0 are not 0"),
        (HEADER_BYTES + 32, "<d", 1e39, r"means\[0\] is 1e\+39"),
        (HEADER_BYTES + 32 + 8 * 11, "<d", 1.0, "means of class 2 are not 0"),
    ],
)
def test_wrong_values_are_refused(engine, data, at, form, value, message):
    struct.pack_into(form, data, at, value)
    with pytest.raises(FormatError, match=message):
        ClassStatistics.from_bytes(engine, data)


def test_wrong_sums_are_refused(engine):
    statistics = ClassStatistics(engine, 3, 4, "tied")
    statistics.add(np.ones((3, 4), np.float32), np.array([0, 1, 1]))
    squares = HEADER_BYTES + 8 * (1 + 3 + 12)
    for at, value in ((squares, -1.0), (squares + 8 * 11, 1.0), (squares + 8 * 12, float("nan"))):
        data = statistics.to_bytes()
        struct.pack_into("<d", data, at, value)
        with pytest.raises(FormatError, match="squares|scatter"):
            ClassStatistics.from_bytes(engine, data)


def test_mutated_bytes_are_refused_or_are_statistics(engine, data):
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(1500):
        mutated = bytearray(data)
        for _ in range(random.integers(1, 4)):
            mutated[random.integers(len(mutated))] = random.integers(256)
        mutated = mutated[: random.integers(len(mutated))] if random.random() < 0.2 else mutated
        try:
            statistics = ClassStatistics.from_bytes(engine, mutated)
        except FormatError:
            refused += 1
            continue
        assert statistics.to_bytes() == mutated
        assert not np.isnan(statistics.centers()).any()
    assert 200 < refused < 1500
