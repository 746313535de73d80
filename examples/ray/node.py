"""Folds the same partitions in Node, with the npm package."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from fold import Partition
from statistics_file import Shape


def fold_in_node(shape: Shape, partitions: list[Partition], *, per_task: int, fan_in: int) -> bytes:
    """Gives the file that `save` writes there.

    Raises subprocess.CalledProcessError, FileNotFoundError where there is no Node.
    """
    plan = {
        "nClasses": shape.n_classes,
        "nDim": shape.n_dim,
        "covariance": shape.covariance,
        "perTask": per_task,
        "fanIn": fan_in,
        "partitions": [{"x": str(x), "target": str(target)} for x, target in partitions],
    }
    with tempfile.TemporaryDirectory() as directory:
        plan_file, out = Path(directory, "plan.json"), Path(directory, "statistics.safetensors")
        plan_file.write_text(json.dumps(plan))
        subprocess.run(["node", Path(__file__).with_name("fold.js"), plan_file, out], check=True)
        return out.read_bytes()
