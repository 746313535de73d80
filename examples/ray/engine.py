"""The package's two WebAssembly modules in Python: compiled once a process, an instance for each owner of memory."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import wasmtime

PAGE_BYTES = 65536
# No slice in Rust may be larger on 32 bits; and what ends at 2**32 has an end that 32 bits read as 0.
MOST_BYTES = 2**31 - 16
MOST_END = 2**32 - PAGE_BYTES


class Engine:
    """The compiled modules. It pickles as their bytes, so that the machines of a cluster need no copy of the package."""

    def __init__(self, core: bytes, open_set: bytes):
        self._bytes = (core, open_set)
        self.engine = wasmtime.Engine()
        self.core = wasmtime.Module(self.engine, core)
        self.open_set = wasmtime.Module(self.engine, open_set)

    @staticmethod
    def load(directory: os.PathLike | str | None = None) -> Engine:
        """The modules in a directory: by default what CENTER_LOSS_DIST names, or the `dist` of this repository.

        Raises FileNotFoundError.
        """
        at = Path(directory or os.environ.get("CENTER_LOSS_DIST") or Path(__file__).parents[2] / "dist")
        return engine_of((at / "center-loss.wasm").read_bytes(), (at / "open-set.wasm").read_bytes())

    def __reduce__(self):
        return engine_of, self._bytes


@lru_cache(maxsize=1)
def engine_of(core: bytes, open_set: bytes) -> Engine:
    """One engine a process: compiling takes longer than folding a small partition."""
    return Engine(core, open_set)


class Instance:
    """Both modules in one memory, which is freed with the instance."""

    def __init__(self, engine: Engine):
        self._store = wasmtime.Store(engine.engine)
        self._memory = wasmtime.Instance(self._store, engine.core, []).exports(self._store)["memory"]
        self._kernels = wasmtime.Instance(self._store, engine.open_set, [self._memory]).exports(self._store)
        self.heap_start = self._memory.data_len(self._store)
        """The first address that neither a stack nor constants have: the memory grows from here, by whole pages."""

    def call(self, name: str, *arguments: int | float) -> int | float | None:
        return self._kernels[name](self._store, *arguments)

    def reach(self, end: int) -> None:
        """Makes the memory end there or later; what is new of it is 0.

        Raises MemoryError where a memory of 32-bit addresses does not go, or this machine's.
        """
        missing = end - self._memory.data_len(self._store)
        if missing <= 0:
            return
        if end > MOST_END:
            raise MemoryError(f"{end} bytes are more than the {MOST_END} that 32-bit addresses reach")
        try:
            self._memory.grow(self._store, -(-missing // PAGE_BYTES))
        except wasmtime.WasmtimeError as cause:
            raise MemoryError(f"WebAssembly memory can't grow to {end} bytes") from cause

    def view(self, address: int, length: int, dtype: type) -> np.ndarray:
        """Values in memory, not to be kept: `reach` may move all of it."""
        size = length * np.dtype(dtype).itemsize
        if address < 0 or address + size > self._memory.data_len(self._store):
            raise IndexError(f"{size} bytes at {address} are not in memory")
        return np.frombuffer(self._memory.get_buffer_ptr(self._store, size, address), dtype)
