"""The package's WebAssembly module in Python: compiled once a process, an instance for each owner of memory."""

from __future__ import annotations

import os
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
import wasmtime


class Covariance(IntEnum):
    """As in crate/src/open_set/statistics.rs; a test compares all enumerations with those of the build."""

    NONE = 0
    DIAGONAL = 1
    TIED = 2


class StatisticsArray(IntEnum):
    """As in crate/src/bindings/statistics.rs."""

    REJECTED = 0
    COUNTS = 1
    MEANS = 2
    SQUARES = 3
    SCATTER = 4
    RESULTS = 5


class BatchArray(IntEnum):
    """The first of crate/src/bindings/batch.rs."""

    X = 0
    LABELS = 1
    SAMPLE_WEIGHT = 2


class CentersArray(IntEnum):
    """The first of crate/src/bindings/centers.rs."""

    PARAMS = 0


class Engine:
    """The compiled module. It pickles as its bytes, so that the machines of a cluster need no copy of the package."""

    def __init__(self, module: bytes):
        self._bytes = module
        self.engine = wasmtime.Engine()
        self.module = wasmtime.Module(self.engine, module)

    @staticmethod
    def load(directory: os.PathLike | str | None = None) -> Engine:
        """Compiles the module in a directory: by default in CENTER_LOSS_DIST, or else in the `dist` of this repository.

        Raises FileNotFoundError.
        """
        folder = directory or os.environ.get("CENTER_LOSS_DIST") or Path(__file__).parents[2] / "dist"
        return engine_of(Path(folder, "center-loss.wasm").read_bytes())

    def __reduce__(self):
        return engine_of, (self._bytes,)


@lru_cache(maxsize=1)
def engine_of(module: bytes) -> Engine:
    """One engine a process: compiling takes longer than folding a small partition."""
    return Engine(module)


class Instance:
    """The module with memory of its own, which is freed with the instance.

    Addresses have the sign that 32 bits give them.
    """

    def __init__(self, engine: Engine):
        self._store = wasmtime.Store(engine.engine)
        i32 = wasmtime.ValType.i32()
        throw = wasmtime.Func(self._store, wasmtime.FuncType([i32, i32], []), _throw, access_caller=True)
        self._exports = wasmtime.Instance(self._store, engine.module, [throw]).exports(self._store)
        self._memory = self._exports["memory"]

    def call(self, name: str, *arguments: int | float) -> int | float | None:
        # wasm-bindgen passes members of enumerations as 64-bit floats.
        values = (float(value) if isinstance(value, IntEnum) else value for value in arguments)
        return self._exports[name](self._store, *values)

    def create(self, name: str, *arguments: int) -> int:
        """Makes an object of Rust. Raises MemoryError."""
        return self.call(name, *arguments) or _raise_memory_error(name, arguments)

    def reserve(self, name: str, *arguments: int) -> None:
        """Reserves memory for an object of Rust. Raises MemoryError."""
        self.call(name, *arguments) or _raise_memory_error(name, arguments)

    def view(self, address: int, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """Values in memory, valid until Rust reserves more."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        start = address % 2**32
        if start + size > self.memory_bytes:
            raise IndexError(f"{size} bytes at {start} are not in the {self.memory_bytes} of the memory")
        return np.frombuffer(self._memory.get_buffer_ptr(self._store, size, start), dtype).reshape(shape)

    @property
    def memory_bytes(self) -> int:
        return self._memory.data_len(self._store)


def _throw(caller: wasmtime.Caller, address: int, length: int) -> None:
    start = address % 2**32
    raise RuntimeError(caller["memory"].read(caller, start, start + length).decode())


def _raise_memory_error(name: str, arguments: tuple[int, ...]):
    raise MemoryError(f"WebAssembly memory does not suffice for {name}{arguments}")
