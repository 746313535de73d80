"""Answers one JSON line on stdout for each JSON line on stdin, and times inside.

One thread, data in place, results left where PyTorch leaves them.
"""

import base64
import json
import platform
import sys
import time
from importlib.metadata import version

try:
    import numpy as np
    import torch
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def floats(text, *shape):
    return _decode(text, np.float32, shape)


def integers(text, *shape):
    return _decode(text, np.int32, shape).long()


def _decode(text, dtype, shape):
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy())


def _encode(tensor):
    array = tensor.detach().numpy().astype(np.float32, copy=False)
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _answer(request, load, state):
    if "load" in request:
        state["works"] = load(**request["load"])
        return {}
    run = getattr(state["works"], request["work"])
    if "iterations" not in request:
        return {name: _encode(value) for name, value in run().items()}
    start = time.perf_counter_ns()
    for _ in range(request["iterations"]):
        run()
    return {"ns": time.perf_counter_ns() - start}


def serve(load, packages):
    """`load` makes the works, whose methods are asked for by name, from the data of a request."""
    versions = {name: version(name) for name in packages}
    versions["python"] = platform.python_version()
    print(json.dumps({"versions": versions}), flush=True)
    state = {}
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), load, state)), flush=True)
