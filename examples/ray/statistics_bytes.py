"""The bytes of `ClassStatistics`, as src/open-set/statistics-bytes.ts reads and writes them.

Little-endian: "CLSTATS\\0", the version, the code of the covariance, C and D as 32-bit integers, the forgetting factor as
a 64-bit number, and the totals as 64-bit numbers: the number of rejected rows, counts [C], means [C, D], sums of squares
[C, D] unless there is no covariance, and the upper triangle of the tied scatter if it is tied.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

COVARIANCES = ("none", "diagonal", "tied")
VERSION = 1
_HEADER = struct.Struct("<8s4Id")
_MAGIC = b"CLSTATS\0"
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
_LARGEST_COUNT = 2**53 - 1


class FormatError(ValueError):
    """Bytes that no statistics were written to; the message has the value at fault."""


class Shape(NamedTuple):
    """What statistics are of."""

    n_classes: int
    n_features: int
    covariance: str
    forgetting: float

    @property
    def code(self) -> int:
        return COVARIANCES.index(self.covariance)

    def stretches(self) -> dict[str, slice]:
        """Where each part stands among the totals."""
        matrix = self.n_classes * self.n_features
        lengths = {
            "rejected": 1,
            "counts": self.n_classes,
            "means": matrix,
            "squares": 0 if self.covariance == "none" else matrix,
            "scatter": self.n_features * (self.n_features + 1) // 2 if self.covariance == "tied" else 0,
        }
        ends = np.cumsum(list(lengths.values())).tolist()
        return {name: slice(end - length, end) for (name, length), end in zip(lengths.items(), ends)}

    @property
    def n_totals(self) -> int:
        return self.stretches()["scatter"].stop


def encode(shape: Shape, totals: np.ndarray) -> bytearray:
    """`totals` is a view on memory: they are copied once."""
    data = bytearray(_HEADER.size + totals.nbytes)
    _HEADER.pack_into(data, 0, _MAGIC, VERSION, shape.code, shape.n_classes, shape.n_features, shape.forgetting)
    np.frombuffer(data, "<f8", offset=_HEADER.size)[:] = totals
    return data


def decode(data) -> tuple[Shape, np.ndarray]:
    """What stands in a buffer that `encode` or `toBytes` made, each value checked; the totals are a view on it.

    Raises FormatError.
    """
    view = memoryview(data).cast("B")
    if len(view) < _HEADER.size:
        raise FormatError(f"{len(view)} bytes are fewer than the {_HEADER.size} of a header")
    magic, version, code, n_classes, n_features, forgetting = _HEADER.unpack_from(view)
    if magic != _MAGIC:
        raise FormatError("these bytes do not begin as those of ClassStatistics do")
    if version != VERSION:
        raise FormatError(f"they are of version {version}, this program reads {VERSION}")
    if code >= len(COVARIANCES):
        raise FormatError(f"there is no covariance of number {code}")
    if not 0 < forgetting <= 1:
        raise FormatError(f"forgetting is {forgetting}, not above 0 and at most 1")
    if n_classes == 0 or n_features == 0:
        raise FormatError(f"there are {n_classes} classes of {n_features} features")
    shape = Shape(n_classes, n_features, COVARIANCES[code], forgetting)
    expected = _HEADER.size + 8 * shape.n_totals
    if len(view) != expected:
        raise FormatError(
            f"{n_classes} classes of {n_features} features, {shape.covariance}, take {expected} bytes, not {len(view)}"
        )
    totals = np.frombuffer(view, "<f8", offset=_HEADER.size)
    _check(shape, totals)
    return shape, totals


def _check(shape: Shape, totals: np.ndarray) -> None:
    """Refuses what no rows have."""
    part = {name: totals[at] for name, at in shape.stretches().items()}

    def check(name: str, values: np.ndarray, least: float, most: float) -> None:
        # By the extremes, which make no copy: as each comparison is to hold, NaN is refused too.
        if values.size and not (least <= values.min() and values.max() <= most):
            at = int(np.flatnonzero(~((least <= values) & (values <= most)))[0])
            raise FormatError(f"{name}[{at}] is {values[at]}, which no rows have")

    largest = float(np.finfo(np.float64).max)
    check("rejected", part["rejected"], 0, _LARGEST_COUNT)
    if part["rejected"][0] % 1:
        raise FormatError(f"rejected[0] is {part['rejected'][0]}, which no rows have")
    check("counts", part["counts"], 0, largest)
    check("means", part["means"], -_LARGEST_FLOAT32, _LARGEST_FLOAT32)
    check("squares", part["squares"], 0, largest)
    check("scatter", part["scatter"], -largest, largest)
    empty = part["counts"] == 0
    for name in ("means", "squares"):
        if part[name].size and empty.any():
            wrong = np.flatnonzero(empty & part[name].reshape(shape.n_classes, shape.n_features).any(axis=1))
            if wrong.size:
                raise FormatError(f"{name} of class {wrong[0]} are not 0, though it has no rows")
