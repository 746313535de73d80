"""Centers of classes from embeddings that come in parts: the package's `ClassStatistics`, for Python.

Every number comes from the package's WebAssembly module, so results equal those of JavaScript to the last bit.
"""

from __future__ import annotations

import numpy as np

from engine import BatchArray, CentersArray, Covariance, Engine, Instance, StatisticsArray
from statistics_file import COVARIANCES, Shape, decode, encode

# The kernel takes rows in chunks of CHUNK_BYTES, and so does JavaScript. A call of whole chunks gives the same bits as
# one call for each; since a call from Python takes some 30 µs, it has several.
CHUNK_BYTES = 2**18
CHUNKS_PER_CALL = 8
# The least rows of a chunk that the kernel takes, however wide they are.
MIN_CHUNK_ROWS = 4


class ClassStatistics:
    """Counts, means and variances of classes from rows that come batch by batch. Of class j, over its rows x_i of
    weight w_i,

        n_j = Σ w_i    m_j = Σ w_i·x_i / n_j    v_j = Σ w_i·(x_i − m_j)² / n_j    (in each dimension)
        tied covariance = Σ_j Σ w_i·(x_i − m_j)(x_i − m_j)ᵀ / Σ_j n_j

    Sources: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 1962;
    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.

    engine: `Engine.load()`
    covariance: 'none', 'diagonal' or 'tied'
    forgetting: factor, above 0 and at most 1, of the weights of all rows at each later call of `add`
    Raises ValueError for an option out of its range, MemoryError.
    """

    def __init__(
        self, engine: Engine, n_classes: int, n_dim: int, covariance: str = "diagonal", forgetting: float = 1.0
    ):
        for name, value in (("n_classes", n_classes), ("n_dim", n_dim)):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 0 < value < 2**31:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        if covariance not in COVARIANCES:
            raise ValueError(f"covariance must be one of {', '.join(COVARIANCES)}, got {covariance!r}")
        if not 0 < forgetting <= 1:
            raise ValueError(f"forgetting must be above 0 and at most 1, got {forgetting!r}")
        self.shape = Shape(int(n_classes), int(n_dim), covariance, float(forgetting))
        self._instance = Instance(engine)
        self._pointer = self._create()
        self._batch = self._instance.create("batch_create")

    def add(self, x: np.ndarray, target: np.ndarray, sample_weight: np.ndarray | None = None) -> None:
        """Adds rows x [B, D] of labels target [B] and, if given, weights [B], finite and ≥ 0.

        Rows with a label below 0 or of weight 0 change nothing; those with a value that is not finite are left out and
        counted in `rejected`. `x` may be a memory map; it is copied once, as float32.
        Raises ValueError or MemoryError; nothing is added then.
        """
        x, target = np.asarray(x), np.asarray(target)
        n_classes, n_dim, _, forgetting = self.shape
        if x.ndim != 2 or x.shape[1] != n_dim or x.dtype.kind != "f":
            raise ValueError(f"x must be floats [rows, {n_dim}], got {x.dtype} {list(x.shape)}")
        rows = len(x)
        if target.shape != (rows,) or target.dtype.kind not in "iu":
            raise ValueError(f"target must be {rows} integers, got {target.dtype} {list(target.shape)}")
        if rows and target.max() >= n_classes:
            row = int(target.argmax())
            raise ValueError(f"target[{row}] is {target[row]}, but there are {n_classes} classes")
        # 64 bits cut to 32 could make a negative label a class.
        labels = np.maximum(target.astype(np.int64), -1)
        weights = None if sample_weight is None else _weights(sample_weight, rows)

        chunk = max(1, CHUNK_BYTES // (4 * n_dim))
        at_once = min(max(rows, 1), chunk * CHUNKS_PER_CALL if chunk >= MIN_CHUNK_ROWS else chunk)
        self._instance.reserve("batch_reserve", self._batch, at_once, n_dim, 0)
        if weights is not None:
            self._instance.reserve("batch_use_sample_weight", self._batch, 1)
        x_view = self._batch_view(BatchArray.X, (at_once, n_dim), np.float32)
        labels_view = self._batch_view(BatchArray.LABELS, (at_once,), np.int32)
        # One call even without rows: the rows before are older now.
        for first in range(0, max(rows, 1), at_once):
            part = slice(first, first + at_once)
            count = len(labels[part])
            with np.errstate(over="ignore"):
                x_view[:count] = x[part]
            labels_view[:count] = labels[part]
            if weights is not None:
                self._batch_view(BatchArray.SAMPLE_WEIGHT, (count,), np.float32)[:] = weights[part]
            self._instance.call("batch_shorten", self._batch, count)
            self._instance.call("statistics_add", self._pointer, self._batch, forgetting if first == 0 else 1.0)

    def merge(self, other: ClassStatistics | bytes) -> None:
        """Adds all rows of others, exactly: as if they had been added here. `other` may be what `save` gave.

        Raises ValueError for statistics of another shape, FormatError for other bytes, MemoryError.
        """
        if other is self:
            raise ValueError("merge takes other statistics")
        shape, tensors = (other.shape, other._tensors()) if isinstance(other, ClassStatistics) else decode(other)
        if shape[:3] != self.shape[:3]:
            raise ValueError(f"the other statistics are of {shape[:3]}, these of {self.shape[:3]}")
        pointer = self._create()
        self._restore(pointer, tensors)
        self._instance.call("statistics_merge", self._pointer, pointer)
        self._instance.call("__wbg_statistics_free", pointer, 0)

    @property
    def rejected(self) -> int:
        """Number of rows with a class that were left out for a value that is not finite."""
        return int(self._tensors()["rejected"])

    @property
    def counts(self) -> np.ndarray:
        """Σ w [C], float64, a copy; the number of rows where none has a weight."""
        return self._tensors()["counts"].copy()

    @property
    def means(self) -> np.ndarray:
        """Means [C, D], float64, a copy; 0 of a class without rows."""
        return self._tensors()["means"].copy()

    @property
    def memory_bytes(self) -> int:
        """Bytes of WebAssembly memory that these statistics have."""
        return self._instance.memory_bytes

    def centers(self) -> np.ndarray:
        """Means [C, D] as float32; Infinity of a class without rows, as `toCenters` gives it. Raises MemoryError."""
        instance, shape = self._instance, self.shape[:2]
        instance.call("statistics_flush", self._pointer)
        pointer = instance.create("centers_create", *shape)
        instance.call("statistics_write_centers", self._pointer, pointer, 0)
        centers = instance.view(instance.call("centers_address", pointer, CentersArray.PARAMS), shape, np.float32).copy()
        instance.call("__wbg_centers_free", pointer, 0)
        return centers

    def variances(self) -> np.ndarray:
        """Maximum likelihood estimates [C, D]; 0 of a class without rows. Raises ValueError without them, MemoryError."""
        if self.shape.covariance == "none":
            raise ValueError("there are no variances with covariance 'none'")
        return self._result("statistics_variances", self.shape[:2])

    def tied_covariance(self) -> np.ndarray:
        """Covariance [D, D] of rows around the means of their classes. Raises ValueError without it, MemoryError."""
        if self.shape.covariance != "tied":
            raise ValueError(f"there is no tied covariance with covariance '{self.shape.covariance}'")
        return self._result("statistics_tied_covariance", (self.shape.n_dim,) * 2)

    def save(self) -> bytes:
        """Writes all of it as a safetensors file, which `ClassStatistics.load` reads here and in JavaScript."""
        return encode(self.shape, self._tensors())

    @classmethod
    def load(cls, engine: Engine, data: bytes) -> ClassStatistics:
        """Reads what `save` wrote, here or in JavaScript: rows that are added then lead to the same bits.

        Raises FormatError for any other bytes, MemoryError.
        """
        shape, tensors = decode(data)
        statistics = cls(engine, *shape)
        statistics._restore(statistics._pointer, tensors)
        return statistics

    def _create(self) -> int:
        n_classes, n_dim, covariance, _ = self.shape
        return self._instance.create("statistics_create", n_classes, n_dim, Covariance[covariance.upper()])

    def _tensors(self, pointer: int | None = None) -> dict[str, np.ndarray]:
        """Views on the totals of all rows, valid until Rust reserves memory."""
        pointer = pointer or self._pointer
        self._instance.call("statistics_flush", pointer)
        return {
            name: self._view(pointer, StatisticsArray[name.upper()], size) for name, size in self.shape.sizes().items()
        }

    def _restore(self, pointer: int, tensors: dict[str, np.ndarray]) -> None:
        for name, view in self._tensors(pointer).items():
            view[...] = tensors[name]
        self._instance.call("statistics_restore", pointer)

    def _result(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        self._instance.reserve("statistics_reserve_results", self._pointer)
        self._instance.call("statistics_flush", self._pointer)
        self._instance.call(name, self._pointer)
        return self._view(self._pointer, StatisticsArray.RESULTS, shape).copy()

    def _view(self, pointer: int, array: StatisticsArray, shape: tuple[int, ...]) -> np.ndarray:
        return self._instance.view(self._instance.call("statistics_address", pointer, array), shape, np.float64)

    def _batch_view(self, array: BatchArray, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        return self._instance.view(self._instance.call("batch_address", self._batch, array), shape, dtype)


def _weights(sample_weight: np.ndarray, rows: int) -> np.ndarray:
    given = np.asarray(sample_weight)
    if given.shape != (rows,) or given.dtype.kind not in "fiu":
        raise ValueError(f"sample_weight must be {rows} numbers, got {given.dtype} {list(given.shape)}")
    with np.errstate(over="ignore"):
        weights = given.astype(np.float32)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        raise ValueError(f"sample_weight[{wrong[0]}] is {weights[wrong[0]]}; expected a finite number ≥ 0")
    return weights
