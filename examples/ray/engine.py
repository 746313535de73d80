"""The package's WebAssembly module in Python: compiled once a process, an instance for each owner of memory."""

from __future__ import annotations

import os
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
import wasmtime

# Members in the order of crate/src, as far as they are used; a test compares them with those of the build.
Covariance = IntEnum("Covariance", "none diagonal tied", start=0)
StatisticsArray = IntEnum("StatisticsArray", "rejected counts means squares scatter results", start=0)
BatchArray = IntEnum("BatchArray", "x labels sample_weight", start=0)
CentersArray = IntEnum("CentersArray", "params", start=0)


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
    """The module with memory of its own, which is freed with the instance."""

    def __init__(self, engine: Engine):
        self._store = wasmtime.Store(engine.engine)
        throws = wasmtime.FuncType([wasmtime.ValType.i32()] * 2, [])
        throw = wasmtime.Func(self._store, throws, _throw, access_caller=True)
        self._exports = wasmtime.Instance(self._store, engine.module, [throw]).exports(self._store)

    def call(self, name: str, *arguments: int | float) -> int | float | None:
        return self._exports[name](self._store, *arguments)

    def allocate(self, name: str, *arguments: int) -> int:
        """Calls a function that gives 0 where memory does not suffice. Raises MemoryError then."""
        result = self.call(name, *arguments)
        if not result:
            raise MemoryError(f"WebAssembly memory does not suffice for {name}{tuple(map(int, arguments))}")
        return result

    def view(self, address: int, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """Values in memory, valid until more memory is allocated."""
        # An address comes with the sign that 32 bits give it.
        size, start = int(np.prod(shape)) * np.dtype(dtype).itemsize, address % 2**32
        if start + size > self.memory_bytes:
            raise IndexError(f"{size} bytes at {start} are not in the {self.memory_bytes} of the memory")
        buffer = self._exports["memory"].get_buffer_ptr(self._store, size, start)
        return np.frombuffer(buffer, dtype).reshape(shape)

    @property
    def memory_bytes(self) -> int:
        return self._exports["memory"].data_len(self._store)


def _throw(caller: wasmtime.Caller, address: int, length: int) -> None:
    start = address % 2**32
    raise RuntimeError(caller["memory"].read(caller, start, start + length).decode())
