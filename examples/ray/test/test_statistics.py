"""`ClassStatistics` in Python against float64, and what it refuses."""

import numpy as np
import pytest

import class_statistics
from class_statistics import ClassStatistics
from engine import Engine
from reference import statistics_of
from statistics_file import bits

C = 4


def rows_of(count: int, dim: int, seed: int = 0, offset: float = 100.0):
    random = np.random.default_rng([seed, count, dim])
    x = (random.standard_normal((count, dim)) + offset).astype(np.float32)
    # A class without rows, and rows without a class.
    return x, random.integers(-1, C - 1, count), random.choice([0.0, 0.5, 1.0, 3.0], count)


def assert_agrees(statistics: ClassStatistics, expected) -> None:
    counts, means, variances, covariance = (np.array(values) for values in expected)
    np.testing.assert_array_equal(statistics.counts, counts)
    # The rows are N(0, 1) around their means.
    np.testing.assert_allclose(statistics.means, means, rtol=0, atol=1e-6)
    centers = np.where(counts[:, None] > 0, statistics.means, np.inf).astype(np.float32)
    np.testing.assert_array_equal(statistics.centers(), centers)
    if statistics.shape.covariance != "none":
        np.testing.assert_allclose(statistics.variances(), variances, rtol=1e-6, atol=1e-12)
    if statistics.shape.covariance == "tied":
        np.testing.assert_allclose(statistics.tied_covariance(), covariance, rtol=0, atol=2e-6)


@pytest.mark.parametrize("covariance", ["none", "diagonal", "tied"])
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17])
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 300])
def test_equals_float64(engine, count, dim, covariance):
    x, target, weights = rows_of(count, dim)
    one = ClassStatistics(engine, C, dim, covariance)
    one.add(x, target)
    assert_agrees(one, statistics_of(x, target, [1.0] * count, C, dim))
    weighted = ClassStatistics(engine, C, dim, covariance)
    weighted.add(x, target, sample_weight=weights)
    assert_agrees(weighted, statistics_of(x, target, weights, C, dim))


@pytest.mark.parametrize("covariance", ["none", "diagonal", "tied"])
def test_merge_is_as_if_rows_had_been_added_in_any_order(engine, covariance):
    x, target, _ = rows_of(900, 9)
    parts = []
    for part in np.array_split(np.arange(900), 5):
        statistics = ClassStatistics(engine, C, 9, covariance)
        statistics.add(x[part], target[part])
        parts.append(statistics.save())
    expected = statistics_of(x, target, [1.0] * 900, C, 9)
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 3, 1]):
        merged = ClassStatistics(engine, C, 9, covariance)
        for i in order:
            # Both forms of the others.
            merged.merge(parts[i] if i % 2 else ClassStatistics.load(engine, parts[i]))
        assert_agrees(merged, expected)


@pytest.mark.parametrize("covariance", ["none", "diagonal", "tied"])
def test_how_many_rows_a_call_takes_changes_no_bit(engine, monkeypatch, covariance):
    x, target, weights = rows_of(5000, 131)
    given = []
    for chunks in (1, 2, 8, 100):
        monkeypatch.setattr(class_statistics, "CHUNKS_PER_CALL", chunks)
        statistics = ClassStatistics(engine, C, 131, covariance)
        statistics.add(x, target, sample_weight=weights)
        given.append(bits(statistics.save()))
    assert len(set(given)) == 1


def test_a_million_rows_lose_nothing(engine):
    random = np.random.default_rng(3)
    x = random.standard_normal((1_000_000, 5), np.float32) + np.float32(1000)
    target = random.integers(0, 2, len(x), np.int32)
    statistics = ClassStatistics(engine, 2, 5, "diagonal")
    statistics.add(x, target)
    for label in range(2):
        rows = x[target == label].astype(np.float64)
        np.testing.assert_allclose(statistics.means[label], rows.mean(axis=0), rtol=0, atol=1e-6)
        np.testing.assert_allclose(statistics.variances()[label], rows.var(axis=0), rtol=1e-6)


def test_bad_rows_reach_nothing(engine):
    x, target, _ = rows_of(200, 6)
    target[:] = np.abs(target)
    clean = ClassStatistics(engine, C, 6, "tied")
    good = np.arange(200) % 10 > 2
    clean.add(x[good], target[good])
    x[0::10, 2], x[1::10, 0], x[2::10, 5] = np.nan, np.inf, -np.inf
    dirty = ClassStatistics(engine, C, 6, "tied")
    dirty.add(x, target)
    assert dirty.rejected == 60
    np.testing.assert_array_equal(dirty.counts, clean.counts)
    np.testing.assert_allclose(dirty.means, clean.means, rtol=0, atol=1e-6)
    ignored = ClassStatistics(engine, C, 6, "tied")
    ignored.add(x, np.where(good, target, -7))
    assert ignored.rejected == 0
    np.testing.assert_allclose(ignored.tied_covariance(), clean.tied_covariance(), rtol=0, atol=1e-6)


def test_labels_below_0_are_unknown_however_far(engine):
    statistics = ClassStatistics(engine, C, 2)
    statistics.add(np.ones((3, 2), np.float32), np.array([-(2**32), -(2**63), 1]))
    statistics.add(np.ones((2, 2), np.float32), np.array([2, 0], np.uint64))
    np.testing.assert_array_equal(statistics.counts, [1, 1, 1, 0])


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_are_rounded_to_float32(engine, dtype):
    x, target, _ = rows_of(70, 5)
    one, other = ClassStatistics(engine, C, 5), ClassStatistics(engine, C, 5)
    one.add(x.astype(dtype), target.astype(np.int16))
    other.add(x.astype(dtype).astype(np.float32), target)
    assert bits(one.save()) == bits(other.save())


def test_rows_age(engine):
    statistics = ClassStatistics(engine, C, 1, "none", forgetting=0.5)
    for value in (1.0, 2.0, 4.0):
        statistics.add(np.full((1, 1), value, np.float32), np.array([0]))
    assert statistics.counts[0] == 1.75
    np.testing.assert_allclose(statistics.means[0, 0], (0.25 * 1 + 0.5 * 2 + 4) / 1.75, rtol=1e-12)
    statistics.add(np.empty((0, 1), np.float32), np.empty(0, np.int64))
    assert statistics.counts[0] == 0.875


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.add(np.zeros((2, 3), np.float32), np.zeros(2, int)), r"x must be floats \[rows, 2\]"),
        (lambda s: s.add(np.zeros((2, 2), int), np.zeros(2, int)), "x must be floats"),
        (lambda s: s.add(np.zeros((2, 2), np.float32), np.zeros(3, int)), "target must be 2 integers"),
        (lambda s: s.add(np.zeros((2, 2), np.float32), np.zeros(2)), "target must be 2 integers"),
        (lambda s: s.add(np.zeros((2, 2), np.float32), np.array([0, C])), r"target\[1\] is 4"),
        (lambda s: s.add(np.zeros((2, 2), np.float32), np.array([0, 2**32])), r"target\[1\] is 4294967296"),
        (lambda s: s.add(np.zeros((1, 2), np.float32), np.array([0]), np.array([-1.0])), r"sample_weight\[0\] is -1"),
        (lambda s: s.add(np.zeros((1, 2), np.float32), np.array([0]), np.array([np.nan])), r"sample_weight\[0\] is nan"),
        (lambda s: s.add(np.zeros((1, 2), np.float32), np.array([0]), np.array([1e39])), r"sample_weight\[0\] is inf"),
        (lambda s: s.add(np.zeros((1, 2), np.float32), np.array([0]), np.ones(2)), "sample_weight must be 1 numbers"),
        (lambda s: s.merge(s), "other statistics"),
        (lambda s: s.merge(ClassStatistics(Engine.load(), C, 3)), "are of"),
        (lambda s: s.merge(ClassStatistics(Engine.load(), C, 2, "tied")), "are of"),
        (lambda s: s.merge(b"no statistics"), "no safetensors file"),
        (lambda s: s.variances(), "no variances with"),
        (lambda s: s.tied_covariance(), "no tied_covariance with"),
    ],
)
def test_refuses_and_stays_as_it_was(engine, call, message):
    statistics = ClassStatistics(engine, C, 2, "none")
    statistics.add(*rows_of(10, 2)[:2])
    before = bits(statistics.save())
    with pytest.raises(ValueError, match=message):
        call(statistics)
    assert bits(statistics.save()) == before


@pytest.mark.parametrize("options", [(0, 2), (2, 0), (2.0, 2), (True, 2), (2, 2, "full"), (2, 2, "none", 0.0), (2, 2, "none", 1.5)])
def test_refuses_options(engine, options):
    with pytest.raises(ValueError):
        ClassStatistics(engine, *options)


@pytest.mark.parametrize("sizes", [(10**6, 1000), (2**31 - 1, 2**31 - 1), (2, 10**9)])
def test_more_than_memory_can_hold_is_an_error(engine, sizes):
    with pytest.raises(MemoryError, match="does not suffice for statistics_create"):
        ClassStatistics(engine, *sizes)


def test_statistics_stay_as_they_were_where_memory_ends(engine):
    statistics = ClassStatistics(engine, C, 512)
    x, target, _ = rows_of(1000, 512)
    statistics.add(x[:1], target[:1])
    before = statistics.save()
    store = statistics.instance._store
    store.set_limits(memory_size=statistics.instance.memory_bytes)
    for call in (lambda: statistics.add(x, target), lambda: statistics.add(x, target, np.ones(1000))):
        with pytest.raises(MemoryError, match="does not suffice for batch_reserve"):
            call()
        assert bits(statistics.save()) == bits(before)
    store.set_limits(memory_size=-1)
    statistics.add(x, target)
    undisturbed = ClassStatistics.load(engine, before)
    undisturbed.add(x, target)
    assert bits(statistics.save()) == bits(undisturbed.save())
