"""Centers of classes from embeddings that come in parts: the package's `ClassStatistics`, for Python.

Every number comes from the package's WebAssembly module, so results equal those of JavaScript to the last bit.
"""

from __future__ import annotations

import numpy as np

from engine import BatchArray, CentersArray, Covariance, Engine, Instance, StatisticsArray
from statistics_file import COVARIANCES, Shape, decode, encode

# The kernel takes rows in chunks of CHUNK_BYTES, and so does JavaScript. A call of whole chunks gives the same bits as
# one call for each; since a call from Python takes some 25 µs, it has several.
CHUNK_BYTES = 2**18
CHUNKS_PER_CALL = 8
# The least rows of a chunk that the kernel takes, however wide they are.
MIN_CHUNK_ROWS = 4


class ClassStatistics:
    """Counts, means and variances of classes from rows that come batch by batch, as in JavaScript.

    engine: `Engine.load()`
    covariance: 'none', 'diagonal' or 'tied'
    forgetting: factor, above 0 and at most 1, of the weights of all rows at each later call of `add`
    Every method raises MemoryError where WebAssembly memory ends; the constructor raises ValueError for wrong options.
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
        self.instance = Instance(engine)
        self._pointer = self._create()
        self._batch = self.instance.allocate("batch_create")

    def add(self, x: np.ndarray, target: np.ndarray, sample_weight: np.ndarray | None = None) -> None:
        """Adds rows x [B, D] of labels target [B] and, if given, weights [B], finite and ≥ 0.

        Rows with a label below 0 or of weight 0 change nothing; those with a value that is not finite are left out and
        counted in `rejected`. `x` may be a memory map; it is copied once, as float32.
        Raises ValueError. After any error nothing was added.
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
        arrays = {"x": x, "labels": np.maximum(target.astype(np.int64), -1)}
        if sample_weight is not None:
            arrays["sample_weight"] = _checked_weights(np.asarray(sample_weight), rows)

        chunk = max(1, CHUNK_BYTES // (4 * n_dim))
        at_once = min(max(rows, 1), chunk * CHUNKS_PER_CALL if chunk >= MIN_CHUNK_ROWS else chunk)
        self.instance.allocate("batch_reserve", self._batch, at_once, n_dim, 0)
        if sample_weight is not None:
            self.instance.allocate("batch_use_sample_weight", self._batch, 1)
        views = {name: self._batch_view(name, (at_once, *values.shape[1:])) for name, values in arrays.items()}
        # One call even without rows: the rows before are older now.
        for first in range(0, max(rows, 1), at_once):
            count = min(at_once, rows - first)
            with np.errstate(over="ignore"):
                for name, values in arrays.items():
                    views[name][:count] = values[first : first + count]
            self.instance.call("batch_set_rows", self._batch, count)
            self.instance.call("statistics_add", self._pointer, self._batch, forgetting if first == 0 else 1.0)

    def merge(self, other: ClassStatistics | bytes) -> None:
        """Adds all rows of others, exactly: as if they had been added here. `other` may be what `save` gave.

        Raises ValueError for statistics of another shape, FormatError for other bytes.
        """
        if other is self:
            raise ValueError("merge takes other statistics")
        shape, tensors = (other.shape, other.tensors()) if isinstance(other, ClassStatistics) else decode(other)
        if shape[:3] != self.shape[:3]:
            raise ValueError(f"the other statistics are of {shape[:3]}, these of {self.shape[:3]}")
        pointer = self._create()
        self._restore(pointer, tensors)
        self.instance.call("statistics_merge", self._pointer, pointer)
        self.instance.call("__wbg_statistics_free", pointer, 0)

    def tensors(self) -> dict[str, np.ndarray]:
        """The values of a file, as views that the next call of a method may change."""
        return {name: self._view(self._pointer, name, size) for name, size in self.shape.sizes().items()}

    @property
    def rejected(self) -> int:
        """Number of rows with a class that were left out for a value that is not finite."""
        return int(self.tensors()["rejected"])

    @property
    def counts(self) -> np.ndarray:
        """Σ w [C], float64; the number of rows where none has a weight."""
        return self.tensors()["counts"].copy()

    @property
    def means(self) -> np.ndarray:
        """Means [C, D], float64; 0 of a class without rows."""
        return self.tensors()["means"].copy()

    def centers(self) -> np.ndarray:
        """Means [C, D] as float32; Infinity of a class without rows, as `toCenters` gives it."""
        call, shape = self.instance.call, self.shape[:2]
        pointer = self.instance.allocate("centers_create", *shape)
        call("statistics_flush", self._pointer)
        call("statistics_write_centers", self._pointer, pointer, 0)
        centers = self.instance.view(call("centers_address", pointer, CentersArray.params), shape, np.float32).copy()
        call("__wbg_centers_free", pointer, 0)
        return centers

    def variances(self) -> np.ndarray:
        """Maximum likelihood estimates [C, D]; 0 of a class without rows. Raises ValueError without them."""
        return self._result("variances", self.shape[:2], ("diagonal", "tied"))

    def tied_covariance(self) -> np.ndarray:
        """Covariance [D, D] of rows around the means of their classes. Raises ValueError without it."""
        return self._result("tied_covariance", (self.shape.n_dim,) * 2, ("tied",))

    def save(self) -> bytes:
        """Writes all of it as a safetensors file, which `ClassStatistics.load` reads here and in JavaScript."""
        return encode(self.shape, self.tensors())

    @classmethod
    def load(cls, engine: Engine, data: bytes) -> ClassStatistics:
        """Reads what `save` wrote, here or in JavaScript: rows that are added then lead to the same bits.

        Raises FormatError for any other bytes.
        """
        shape, tensors = decode(data)
        statistics = cls(engine, *shape)
        statistics._restore(statistics._pointer, tensors)
        return statistics

    def _create(self) -> int:
        n_classes, n_dim, covariance, _ = self.shape
        return self.instance.allocate("statistics_create", n_classes, n_dim, Covariance[covariance])

    def _restore(self, pointer: int, tensors: dict[str, np.ndarray]) -> None:
        for name, values in tensors.items():
            self._view(pointer, name, values.shape)[...] = values
        self.instance.call("statistics_restore", pointer)

    def _result(self, name: str, shape: tuple[int, ...], covariances: tuple[str, ...]) -> np.ndarray:
        if self.shape.covariance not in covariances:
            raise ValueError(f"there is no {name} with covariance '{self.shape.covariance}'")
        self.instance.allocate("statistics_reserve_results", self._pointer)
        self.instance.call("statistics_flush", self._pointer)
        self.instance.call(f"statistics_{name}", self._pointer)
        return self._view(self._pointer, "results", shape).copy()

    def _view(self, pointer: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
        self.instance.call("statistics_flush", pointer)
        address = self.instance.call("statistics_address", pointer, StatisticsArray[name])
        return self.instance.view(address, shape, np.float64)

    def _batch_view(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        address = self.instance.call("batch_address", self._batch, BatchArray[name])
        return self.instance.view(address, shape, np.int32 if name == "labels" else np.float32)


def _checked_weights(given: np.ndarray, rows: int) -> np.ndarray:
    if given.shape != (rows,) or given.dtype.kind not in "fiu":
        raise ValueError(f"sample_weight must be {rows} numbers, got {given.dtype} {list(given.shape)}")
    with np.errstate(over="ignore"):
        weights = given.astype(np.float32)
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        raise ValueError(f"sample_weight[{wrong[0]}] is {weights[wrong[0]]}; expected a finite number ≥ 0")
    return weights
