"""The file form of `ClassStatistics`: the safetensors file that `save()` writes in JavaScript and here."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from engine import Covariance

COVARIANCES = tuple(Covariance.__members__)
KIND = {"format": "center-loss", "version": "2", "kind": "ClassStatistics"}
_MAX = float(np.finfo(np.float64).max)
_MAX_FLOAT32 = float(np.finfo(np.float32).max)
_RANGES = {
    "rejected": (0, 2**53 - 1),
    "counts": (0, _MAX),
    "means": (-_MAX_FLOAT32, _MAX_FLOAT32),
    "squares": (0, _MAX),
    "scatter": (-_MAX, _MAX),
}
"""Least and greatest value of each tensor."""


class FormatError(ValueError):
    """A file without valid statistics; the message has the value at fault."""


class Shape(NamedTuple):
    """Sizes and options of statistics."""

    n_classes: int
    n_dim: int
    covariance: str = "diagonal"
    forgetting: float = 1.0

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """Sizes of the tensors."""
        sizes = ((), (self.n_classes,), self[:2], self[:2], (self.n_dim * (self.n_dim + 1) // 2,))
        # Each covariance has one tensor more than the one before.
        return dict(zip(list(_RANGES)[: 3 + Covariance[self.covariance]], sizes))


def encode(shape: Shape, tensors: dict[str, np.ndarray]) -> bytes:
    config = {"covariance": shape.covariance, "forgetting": shape.forgetting}
    return save(tensors, KIND | {"config": json.dumps(config)})


def decode(data: bytes) -> tuple[Shape, dict[str, np.ndarray]]:
    """Reads a file, each value checked. Raises FormatError."""
    try:
        tensors = load(data)
    except (SafetensorError, KeyError) as cause:
        raise FormatError(f"no safetensors file of numbers: {cause}") from cause
    # `load` checked the header, but gives no metadata.
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__") or {}
    for name, expected in KIND.items():
        if metadata.get(name) != expected:
            raise FormatError(f"metadata {name!r} is {metadata.get(name)!r}; expected {expected!r}")
    means = tensors.get("means")
    if means is None or means.ndim != 2 or means.size == 0:
        raise FormatError("the file has no tensor 'means' of shape [classes, dimensions]")
    shape = Shape(*means.shape, *_options(metadata.get("config", "")))
    tensors = {name: tensors[name] for name in _RANGES if name in tensors}
    sizes = shape.sizes()
    if tensors.keys() != sizes.keys():
        raise FormatError(f"covariance {shape.covariance!r} has the tensors {list(sizes)}, got {list(tensors)}")
    for name, size in sizes.items():
        _check_values(name, tensors[name], size)
    _check_totals(tensors)
    return shape, tensors


def _options(text: str) -> tuple[str, float]:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise FormatError("metadata 'config' is not JSON") from cause
    if not isinstance(config, dict) or config.keys() != {"covariance", "forgetting"}:
        raise FormatError("metadata 'config' must have 'covariance' and 'forgetting', and nothing else")
    covariance, forgetting = config["covariance"], config["forgetting"]
    if covariance not in COVARIANCES:
        raise FormatError(f"covariance must be one of {', '.join(COVARIANCES)}, got {covariance!r}")
    if type(forgetting) not in (int, float) or not 0 < forgetting <= 1:
        raise FormatError(f"forgetting must be above 0 and at most 1, got {forgetting!r}")
    return covariance, float(forgetting)


def _check_values(name: str, values: np.ndarray, size: tuple[int, ...]) -> None:
    if values.dtype != np.float64 or values.shape != size:
        raise FormatError(f"tensor {name!r} must be float64 {list(size)}, got {values.dtype} {list(values.shape)}")
    least, greatest = _RANGES[name]
    # The extremes make no copy, and NaN fails both comparisons.
    if not (least <= values.min() and values.max() <= greatest):
        at = int(np.flatnonzero(~((least <= values) & (values <= greatest)))[0])
        raise FormatError(f"{name}[{at}] is {values.flat[at]}; expected a number from {least} to {greatest}")


def _check_totals(tensors: dict[str, np.ndarray]) -> None:
    if tensors["rejected"] % 1:
        raise FormatError(f"rejected is {tensors['rejected']}; expected a whole number")
    empty = tensors["counts"] == 0
    for name in ("means", "squares"):
        if name in tensors and tensors[name][empty].any():
            wrong = np.flatnonzero(empty & tensors[name].any(axis=1))[0]
            raise FormatError(f"{name} of class {wrong} must be 0, since it has no rows")


def bits(data: bytes) -> tuple:
    """All that a file says, for comparison: the safetensors package writes metadata in an order of chance."""
    shape, tensors = decode(data)
    return shape, *(values.tobytes() for values in tensors.values())
