"""Centers of classes from embeddings that come in parts: `ClassStatistics` of center-loss/open-set, for Python.

No formula is here: the kernels are those of the package, the very same .wasm, and so are the results, to the last bit.
"""

from __future__ import annotations

import numpy as np

from engine import MOST_BYTES, Engine, Instance
from statistics_bytes import COVARIANCES, Shape, decode, encode

# Kernels take rows by pieces of so many bytes, and so does the package. Calls of whole pieces give the same bits as one
# call of all rows; as a call from Python takes some 30 µs, several pieces go in one.
PIECE_BYTES = 2**18
CALL_BYTES = 2**21


class ClassStatistics:
    """Counts, means and variances of classes from rows that come batch by batch: of class j, over its rows x_i of
    weight w_i,

        n_j = Σ w_i    m_j = Σ w_i·x_i / n_j    v_j = Σ w_i·(x_i − m_j)² / n_j    (in each dimension)
        tied covariance = Σ_j Σ w_i·(x_i − m_j)(x_i − m_j)ᵀ / Σ_j n_j

    Sources: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 1962;
    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.

    engine: `Engine.load()`; covariance: 'none', 'diagonal' or 'tied'; forgetting: above 0 and at most 1, what rows of a
    call of `add` weigh is so many times as much after each later one.
    Raises ValueError for an option out of its range, MemoryError.
    """

    def __init__(
        self, engine: Engine, n_classes: int, n_features: int, covariance: str = "none", forgetting: float = 1.0
    ):
        for name, value in (("n_classes", n_classes), ("n_features", n_features)):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 0 < value < 2**32:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        if covariance not in COVARIANCES:
            raise ValueError(f"covariance must be one of {', '.join(COVARIANCES)}, got {covariance!r}")
        if not 0 < forgetting <= 1:
            raise ValueError(f"forgetting must be above 0 and at most 1, got {forgetting!r}")
        self.shape = Shape(int(n_classes), int(n_features), covariance, float(forgetting))
        self._engine = engine
        self._instance = Instance(engine)
        size = self._instance.call("statistics_bytes", float(n_classes), float(n_features), self.shape.code)
        if size > MOST_BYTES:
            raise MemoryError(f"statistics of {n_classes} classes of {n_features} features need {size:.0f} bytes")
        self._bytes = -(-int(size) // 16) * 16
        self._address = self._instance.heap_start
        self._after = self._address + self._bytes
        self._instance.reach(self._after)
        self._kernel("restore")

    def add(self, x: np.ndarray, target: np.ndarray, sample_weight: np.ndarray | None = None) -> None:
        """Adds rows x [B, D] of labels target [B] and, if given, weights [B], finite and ≥ 0.

        Rows with a label below 0 or of weight 0 are as if they were not there; those with a value that is not finite are
        left out and counted in `rejected`. `x` may be a memory map; it is copied once, as float32.
        Raises ValueError, and nothing is added then; MemoryError.
        """
        x, target = np.asarray(x), np.asarray(target)
        n_classes, dim = self.shape[:2]
        if x.ndim != 2 or x.shape[1] != dim or x.dtype.kind != "f":
            raise ValueError(f"x must be floats [rows, {dim}], got {x.dtype} {list(x.shape)}")
        rows = len(x)
        if target.shape != (rows,) or target.dtype.kind not in "iu":
            raise ValueError(f"target must be {rows} integers, got {target.dtype} {list(target.shape)}")
        if rows and target.max() >= n_classes:
            row = int(target.argmax())
            raise ValueError(f"target[{row}] is {target[row]}, and there are {n_classes} classes")
        weights = None if sample_weight is None else np.asarray(sample_weight)
        if weights is not None:
            if weights.shape != (rows,) or weights.dtype.kind not in "fiu":
                raise ValueError(f"sample_weight must be {rows} numbers, got {weights.dtype} {list(weights.shape)}")
            with np.errstate(over="ignore"):
                weights = weights.astype(np.float32)
            wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
            if wrong.size:
                raise ValueError(f"sample_weight[{wrong[0]}] is {weights[wrong[0]]}, not finite and ≥ 0")
        piece = max(1, PIECE_BYTES // (4 * dim))
        at_once = min(rows, piece * max(1, CALL_BYTES // PIECE_BYTES))
        x_at = self._after
        labels_at = x_at + -(-4 * at_once * dim // 16) * 16
        weights_at = labels_at + -(-4 * at_once // 16) * 16
        self._instance.reach(weights_at + 4 * at_once)
        # At least once: the rows before are older now, even if none came.
        for first in range(0, max(rows, 1), max(at_once, 1)):
            part = slice(first, first + at_once)
            count = len(x[part])
            with np.errstate(over="ignore"):
                self._instance.view(x_at, count * dim, np.float32).reshape(count, dim)[:] = x[part]
            # Below 0 is below 0, however far: also where 64 bits are cut to 32.
            self._instance.view(labels_at, count, np.int32)[:] = np.maximum(target[part], -1) if count else 0
            if weights is not None:
                self._instance.view(weights_at, count, np.float32)[:] = weights[part]
            forgetting = self.shape.forgetting if first == 0 else 1.0
            self._kernel("add", x_at, labels_at, count, 0 if weights is None else weights_at, forgetting)

    def merge(self, other: ClassStatistics | bytes | memoryview) -> None:
        """Adds all rows of others, exactly: as if they had been added here. `other` may be what `to_bytes` gave.

        Raises ValueError for statistics of another shape, FormatError for other bytes, MemoryError.
        """
        if isinstance(other, ClassStatistics):
            if other is self:
                raise ValueError("merge takes other statistics")
            shape, totals = other.shape, other._totals()
        else:
            shape, totals = decode(other)
        if shape[:3] != self.shape[:3]:
            raise ValueError(f"the other statistics are of {shape[:3]}, these of {self.shape[:3]}")
        # They stand behind these for as long as it takes.
        self._instance.reach(self._after + self._bytes)
        self._restore(self._after, totals)
        self._kernel("merge", self._after)

    @property
    def rejected(self) -> int:
        """Rows with a class that were left out for a value that is not finite."""
        return int(self._part("rejected")[0])

    @property
    def counts(self) -> np.ndarray:
        """Σ w [C], float64, a copy; the number of rows where none has a weight."""
        return self._part("counts")

    @property
    def means(self) -> np.ndarray:
        """Means [C, D], float64, a copy; 0 of a class without rows."""
        return self._part("means").reshape(self.shape[:2])

    def centers(self) -> np.ndarray:
        """Means [C, D], float32, what `toCenters` makes centers of; Infinity of a class without rows."""
        return self._result("centers", self.shape[:2], np.float32)

    def variances(self) -> np.ndarray:
        """Maximum likelihood estimates [C, D], float64; 0 of a class without rows. Raises ValueError if there are none."""
        if self.shape.covariance == "none":
            raise ValueError("there are no variances with covariance 'none'")
        return self._result("variances", self.shape[:2], np.float64)

    def tied_covariance(self) -> np.ndarray:
        """The covariance [D, D] of rows around the means of their classes. Raises ValueError unless it is 'tied'."""
        if self.shape.covariance != "tied":
            raise ValueError(f"there is no tied covariance with covariance '{self.shape.covariance}'")
        return self._result("covariance", (self.shape.n_features,) * 2, np.float64)

    def to_bytes(self) -> bytearray:
        """All of it, as `toBytes` gives it: 8 bytes a class, and for each of its dimensions 8, or 16 with variances."""
        return encode(self.shape, self._totals())

    @classmethod
    def from_bytes(cls, engine: Engine, data) -> ClassStatistics:
        """What `to_bytes` or `toBytes` gave, as it was: rows that are added then lead to the same bits.

        Raises FormatError for any other bytes, MemoryError.
        """
        shape, totals = decode(data)
        statistics = cls(engine, *shape)
        statistics._restore(statistics._address, totals)
        return statistics

    def _kernel(self, name: str, *arguments: int | float, address: int | None = None) -> int | None:
        n_classes, dim, _, _ = self.shape
        at = self._address if address is None else address
        # The kernels' addresses have no sign; Python's integers go in as those of 32 bits that have one.
        signed = (value - 2**32 if isinstance(value, int) and value >= 2**31 else value for value in (at, *arguments))
        first, *rest = signed
        return self._instance.call(f"statistics_{name}", first, n_classes, dim, self.shape.code, *rest)

    def _totals_at(self, address: int) -> np.ndarray:
        offset = self._instance.call("statistics_totals", *self.shape[:2], self.shape.code)
        return self._instance.view(address + offset, self.shape.n_totals, np.float64)

    def _totals(self) -> np.ndarray:
        """A view on the totals of all rows."""
        self._kernel("settle")
        return self._totals_at(self._address)

    def _part(self, name: str) -> np.ndarray:
        return self._totals()[self.shape.stretches()[name]].copy()

    def _restore(self, address: int, totals: np.ndarray) -> None:
        self._totals_at(address)[:] = totals
        self._kernel("restore", address=address)

    def _result(self, name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        self._kernel("settle")
        length = int(np.prod(shape))
        self._instance.reach(self._after + length * np.dtype(dtype).itemsize)
        self._kernel(name, self._after)
        return self._instance.view(self._after, length, dtype).reshape(shape).copy()
