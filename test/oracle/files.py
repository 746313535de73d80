"""Makes files.json: files as Python's own libraries write them, and what they say of files that are wrong.

    pip install safetensors==0.8.0 numpy==2.4.6 torch==2.15.0 pytorch-ood==0.3.3 && python test/oracle/files.py

With `judge`, it reads files from standard input, a line each, `safetensors` or `npy` and base64, and answers each with
a line of JSON: null if the library refuses the file, else what it finds in it.
"""

import base64
import io
import json
import struct
import sys
from pathlib import Path

import numpy as np
import safetensors

NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def text(data):
    return base64.b64encode(data).decode()


def plain(values):
    """Numbers as JSON has them: floats as exact doubles, wide integers as strings."""
    out = []
    for value in np.asarray(values).ravel().tolist():
        if isinstance(value, complex):
            out += plain([value.real, value.imag])
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
            out.append(str(value))
        else:
            out.append(NON_FINITE.get(str(value), value))
    return out


def raw_safetensors(data):
    """What `safetensors` says of a file: dtype, shape and bytes of each tensor."""
    return {
        name: {"dtype": info["dtype"], "shape": list(info["shape"]), "base64": text(bytes(info["data"]))}
        for name, info in safetensors.deserialize(data)
    }


def array_of(data):
    """What `numpy` says of a file that is nothing but an array."""
    stream = io.BytesIO(data)
    array = np.load(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("more follows")
    if not isinstance(array, np.ndarray):
        raise ValueError("no array")
    little = array.astype(array.dtype.newbyteorder("<")).tobytes("C")
    return {"descr": array.dtype.newbyteorder("<").str, "shape": list(array.shape), "base64": text(little)}


def verdict(read, data):
    try:
        return read(data)
    except Exception:  # whatever it raises, it refuses the file
        return None


def judge():
    readers = {"safetensors": raw_safetensors, "npy": array_of}
    for line in sys.stdin:
        kind, _, data = line.partition(" ")
        print(json.dumps(verdict(readers[kind], base64.b64decode(data))))


def tensors_of_every_type():
    """A file for each type that torch has, and one of all: written by safetensors.torch."""
    import torch
    from safetensors.torch import save

    generator = torch.Generator().manual_seed(7)
    edge = torch.tensor([0.0, -0.0, 1.0, -1.5, 65504.0, 6e-8, 6.1e-5, 1e-3, float("inf"), float("-inf"), float("nan")])
    by_type = {
        "F64": torch.cat([edge.double(), torch.tensor([1 / 3, 1e300, 5e-324], dtype=torch.float64)]),
        "F32": torch.cat([edge, torch.tensor([1 / 3, 3.4e38, 1e-45])]),
        "F16": edge.half(),
        "BF16": torch.cat([edge, torch.tensor([3e38, 1e-40])]).bfloat16(),
        "I64": torch.tensor([0, -1, 2**53 + 1, -(2**63), 2**63 - 1]),
        "I32": torch.tensor([0, -1, 2**31 - 1, -(2**31)], dtype=torch.int32),
        "I16": torch.tensor([0, -1, 32767], dtype=torch.int16),
        "I8": torch.tensor([0, -1, 127, -128, 5], dtype=torch.int8),
        "U64": torch.tensor([0, 1, 2**63 - 1], dtype=torch.uint64),
        "U32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
        "U16": torch.tensor([0, 65535], dtype=torch.uint16),
        "U8": torch.tensor([0, 255, 3], dtype=torch.uint8),
        "BOOL": torch.tensor([True, False, True]),
        "C64": torch.tensor([1 + 2j, -0.5j], dtype=torch.complex64),
    }
    shapes = {
        "matrix": torch.randn(3, 5, generator=generator),
        "cube of halves": torch.randn(2, 3, 4, generator=generator).half(),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros(0, 4),
        "Größe 大小 𝟙": torch.tensor([1, 2], dtype=torch.int32),
        "\uff00 before 𝟙": torch.tensor([3], dtype=torch.int32),
    }
    files = {name: ({name: tensor}, None) for name, tensor in by_type.items()}
    files["all of them"] = ({**by_type, **shapes}, {"format": "pt"})
    files["none"] = ({}, None)
    wide = {torch.bfloat16: torch.float32, torch.float16: torch.float32}
    out = []
    for name, (tensors, metadata) in files.items():
        described = {
            key: {
                "shape": list(tensor.shape),
                "values": plain(tensor.to(wide.get(tensor.dtype, tensor.dtype)).numpy()),
                "dtype": next((t for t, one in by_type.items() if one.dtype == tensor.dtype)),
            }
            for key, tensor in tensors.items()
        }
        out.append(
            {"name": name, "metadata": metadata or {}, "tensors": described, "base64": text(save(tensors, metadata))}
        )
    return out


def state_dicts():
    """Centers out of modules, in each type of floats."""
    import torch
    from pytorch_ood.loss import CACLoss, CenterLoss
    from pytorch_ood.loss.svdd import DeepSVDDLoss
    from pytorch_ood.model.centers import ClassCenters
    from safetensors.torch import save

    torch.manual_seed(3)

    class KaiyangZhou(torch.nn.Module):
        """As KaiyangZhou/pytorch-center-loss keeps its centers."""

        def __init__(self, num_classes, feat_dim):
            super().__init__()
            self.centers = torch.nn.Parameter(torch.randn(num_classes, feat_dim))

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Linear(4, 3)
            self.criterion = CenterLoss(5, 3)
            self.register_buffer("steps", torch.tensor(17))

    modules = {
        "pytorch-ood CenterLoss": (CenterLoss(4, 3), "_centers._params"),
        "pytorch-ood CACLoss": (CACLoss(3, magnitude=10), "_centers._params"),
        "pytorch-ood DeepSVDDLoss": (DeepSVDDLoss(6), "_center._params"),
        "pytorch-ood ClassCenters": (ClassCenters(4, 2), "_params"),
        "KaiyangZhou CenterLoss": (KaiyangZhou(3, 5), "centers"),
        "a network with its loss": (Network(), "criterion._centers._params"),
    }
    with torch.no_grad():
        modules["pytorch-ood ClassCenters"][0]._params.normal_()
        modules["pytorch-ood DeepSVDDLoss"][0]._center._params.normal_()
    out = []
    for name, (module, key) in modules.items():
        for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
            state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in module.state_dict().items()}
            centers = state[key]
            out.append(
                {
                    "name": f"{name}, {str(dtype)[6:]}",
                    "shape": list(centers.shape),
                    "values": plain(centers.double().float().numpy()),
                    "base64": text(save(state, {"format": "pt"})),
                }
            )
    return out


def arrays():
    """Arrays of every type, order and rank, written by numpy.save."""
    rng = np.random.default_rng(5)
    out = []

    def add(name, array, version=None):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, array, version=version, allow_pickle=False)
        file = stream.getvalue()
        widened = array.astype(np.float32) if array.dtype.kind == "f" and array.dtype.itemsize == 2 else array
        out.append(
            {
                "name": name,
                "descr": array.dtype.newbyteorder("<").str,
                "shape": list(array.shape),
                "values": plain(widened),
                # Ours writes one of the forms only.
                "ours": version is None and array.flags.c_contiguous and array.dtype.str[0] != ">",
                "base64": text(file),
            }
        )

    for descr in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1", "c8"):
        values = rng.integers(0, 2 if descr == "b1" else 100, (3, 4)) - (50 if descr[0] in "ifc" else 0)
        for order in "<>":
            array = (values / 8 if descr[0] in "fc" else values).astype(order + descr)
            add(f"{array.dtype.str}", array)
            add(f"{array.dtype.str}, Fortran order", np.asfortranarray(array))
    floats = rng.normal(size=120).astype("<f4")
    for shape in ((), (1,), (120,), (1, 120), (120, 1), (2, 60), (2, 3, 20), (2, 3, 4, 5)):
        array = floats[: int(np.prod(shape))].reshape(shape)
        add(f"shape {shape}", array)
        add(f"shape {shape}, Fortran order, version 2.0", np.asfortranarray(array), (2, 0))
    add("no rows", np.zeros((0, 7), "<f4"))
    add("no columns", np.zeros((7, 0), "<f8"))
    add("version 1.0", floats[:6].reshape(2, 3), (1, 0))
    add("version 3.0", floats[:6].reshape(2, 3), (3, 0))
    edge = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 65504, 6e-8, 2.0**-14, 2.0**-14 - 2.0**-24])
    add("edges of halves", edge.astype("<f2"))
    add("edges of doubles", np.concatenate([edge, [1e300, 5e-324, 1 / 3]]))
    add("labels of 64 bits", np.array([2**53 + 1, -1, -(2**63)]))
    return out


def header(json_text, data=b"", length=None):
    body = json_text if isinstance(json_text, bytes) else json_text.encode()
    return struct.pack("<Q", len(body) if length is None else length) + body + data


def one(**fields):
    info = {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8], **fields}
    return header(json.dumps({"centers": {k: v for k, v in info.items() if v is not None}}), bytes(8))


def wrong_safetensors():
    """Files that are wrong in one way, and whether the reference refuses them too: `strict` where only we do."""
    t = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
    files = {
        "no bytes": b"",
        "seven bytes": bytes(7),
        "no header": bytes(8),
        "a header past the end": header("{}", length=3),
        "a header of 2^64 − 1": header("{}", length=2**64 - 1),
        "a header of 2^63": header("{}", length=2**63),
        "no JSON": header("center loss"),
        "half of a header": header('{"a":'),
        "an array": header("[]"),
        "null": header("null"),
        "two objects": header("{}{}"),
        "a trailing comma": header('{"a":' + t + ",}", b"\0"),
        "a key without quotes": header("{a:" + t + "}", b"\0"),
        "single quotes": header("{'a':" + t + "}", b"\0"),
        "a comment": header("/**/{}"),
        "a byte order mark": header(b"\xef\xbb\xbf{}"),
        "bytes that are no UTF-8": header(b'{"\xff":' + t.encode() + b"}", b"\0"),
        "an overlong slash": header(b'{"\xc0\xaf":' + t.encode() + b"}", b"\0"),
        "UTF-16": header("{}".encode("utf-16-le")),
        "half a surrogate pair": header('{"\\ud800":' + t + "}", b"\0"),
        "a control character": header('{"a\tb":' + t + "}", b"\0"),
        "a wrong escape": header('{"\\x41":' + t + "}", b"\0"),
        "zeros after the JSON": header("{}\0\0"),
        "deep nesting": header("[" * 1_000),
        "deep objects": header('{"a":' * 1_000),
        "a tensor twice": header('{"a":' + t + ',"a":' + t + "}", b"\0"),
        "a tensor twice, once by escapes": header('{"a":' + t + ',"\\u0061":' + t + "}", b"\0"),
        "metadata twice": header('{"__metadata__":{},"__metadata__":{}}'),
        "a key of metadata twice": header('{"__metadata__":{"a":"1","a":"2"}}'),
        "metadata of numbers": header('{"__metadata__":{"a":1}}'),
        "metadata null": header('{"__metadata__":null}'),
        "metadata in metadata": header('{"__metadata__":{"a":{}}}'),
        "a dtype twice": header('{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"\0"),
        "a field too many": one(strides=[1]),
        "no dtype": one(dtype=None),
        "no shape": one(shape=None),
        "no offsets": one(data_offsets=None),
        "an unknown dtype": one(dtype="F31"),
        "a dtype in small letters": one(dtype="f32"),
        "a dtype that every object has": one(dtype="toString"),
        "a dtype that is a number": one(dtype=32),
        "a wrong dtype": one(dtype="F64"),
        "a shape too large": one(shape=[2, 2]),
        "a shape too small": one(shape=[1, 1]),
        "a shape that overflows 64 bits": one(shape=[2**32, 2**32 + 1]),
        "a shape that overflows to the right length": one(shape=[2**62, 2**2, 2]),
        "a shape that overflows in bytes": one(shape=[2**62 + 2]),
        "a size over 2^64": header(
            '{"a":{"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]}}', b"\0"
        ),
        "a negative size": one(shape=[-1, -2]),
        "a size with a fraction": one(shape=[1.0, 2.0]),
        "a size with an exponent": header('{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', b"\0"),
        "a size with a leading zero": header('{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', b"\0"),
        "a size as a string": one(shape=["1", 2]),
        "a size true": one(shape=[True, 2]),
        "a shape that is a number": one(shape=2),
        "offsets past the end": one(data_offsets=[8, 16]),
        "offsets the wrong way round": one(data_offsets=[8, 0]),
        "one offset": one(data_offsets=[8]),
        "three offsets": one(data_offsets=[0, 8, 8]),
        "negative offsets": one(data_offsets=[-8, 0]),
        "a hole": header('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', bytes(2)),
        "bytes at the end": header('{"a":' + t + "}", bytes(2)),
        "bytes missing at the end": one()[:-1],
        "two tensors in one place": header('{"a":' + t + ',"b":' + t + "}", b"\0"),
        "tensors that overlap": header(
            '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
            bytes(3),
        ),
        "a tensor within another": header(
            '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
            bytes(3),
        ),
        "half a byte": header('{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}', b"\0"),
        "65 sizes": header(json.dumps({"a": {"dtype": "U8", "shape": [1] * 65, "data_offsets": [0, 1]}}), b"\0"),
    }
    return [
        {"name": name, "refused": verdict(raw_safetensors, file) is None, "base64": text(file)}
        for name, file in files.items()
    ]


def npy(head, data=bytes(24), version=(1, 0), length=None, magic=b"\x93NUMPY"):
    body = head if isinstance(head, bytes) else head.encode("latin1")
    width = "<H" if version[0] == 1 else "<I"
    return magic + bytes(version) + struct.pack(width, len(body) if length is None else length) + body + data


def wrong_arrays():
    ok = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
    files = {
        "no bytes": b"",
        "the magic only": b"\x93NUMPY",
        "another magic": npy(ok, magic=b"\x93NUMPZ"),
        "a zip file": b"PK\x03\x04" + bytes(60),
        "version 0.0": npy(ok, version=(0, 0)),
        "version 4.0": npy(ok, version=(4, 0)),
        "version 1.1": npy(ok, version=(1, 1)),
        "a header past the end": npy(ok, length=5000),
        "a header of 4 GB": npy(ok, version=(2, 0), length=2**32 - 1),
        "a header of 10 kB": npy(ok + " " * 10_000, version=(2, 0)),
        "values missing": npy(ok, bytes(23)),
        "bytes at the end": npy(ok, bytes(25)),
        "no dictionary": npy("[]"),
        "no header": npy(""),
        "half of a header": npy(ok[:40]),
        "code": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1+2)}"),
        "a call": npy("{'descr': '<f4', 'fortran_order': False, 'shape': tuple([2, 3])}"),
        "no descr": npy("{'fortran_order': False, 'shape': (2, 3)}"),
        "no order": npy("{'descr': '<f4', 'shape': (2, 3)}"),
        "no shape": npy("{'descr': '<f4', 'fortran_order': False}"),
        "a key too many": npy(ok.replace("}", "'x': 1}")),
        "a key twice": npy(ok.replace("}", "'shape': (2, 3)}")),
        "order 1": npy(ok.replace("False", "1")),
        "order false": npy(ok.replace("False", "false")),
        "a shape that is a list": npy(ok.replace("(2, 3)", "[2, 3]")),
        "a shape that is a number": npy(ok.replace("(2, 3)", "(6)")),
        "a negative size": npy(ok.replace("(2, 3)", "(-2, -3)")),
        "a size with a fraction": npy(ok.replace("(2, 3)", "(2.0, 3)")),
        "a shape that overflows": npy(ok.replace("(2, 3)", "(4294967296, 4294967296, 6)")),
        "a size over 2^64": npy(ok.replace("(2, 3)", "(18446744073709551622,)")),
        "65 sizes": npy(ok.replace("(2, 3)", "(" + "1, " * 65 + ")"), bytes(4)),
        "objects": npy(ok.replace("<f4", "|O")),
        "strings": npy(ok.replace("<f4", "<U1")),
        "bytes": npy(ok.replace("<f4", "|S4")),
        "fields": npy(ok.replace("'<f4'", "[('x', '<f4')]")),
        "dates": npy(ok.replace("<f4", "<M8[s]"), bytes(48)),
        "numbers of 16 bytes": npy(ok.replace("<f4", "<f16"), bytes(96)),
        "numbers of 3 bytes": npy(ok.replace("<f4", "<f3")),
        "no type": npy(ok.replace("'<f4'", "None")),
        "a type of every object": npy(ok.replace("<f4", "<toString")),
        "no order of bytes": npy(ok.replace("<f4", "|f4")),
        "no text": npy(b"\xff" * 60),
        "nothing closes it": npy(ok.replace("}", "")),
        "more after it": npy(ok + ok),
        "an escape in a key": npy(ok.replace("'descr'", "'\\x64escr'")),
    }
    return [
        {"name": name, "refused": verdict(array_of, file) is None, "base64": text(file)} for name, file in files.items()
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["judge"]:
        judge()
    else:
        contents = {
            "tensors": tensors_of_every_type(),
            "stateDicts": state_dicts(),
            "arrays": arrays(),
            "wrongTensors": wrong_safetensors(),
            "wrongArrays": wrong_arrays(),
        }
        path = Path(__file__).with_name("files.json")
        lines = ",\n".join(
            f'"{key}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]"
            for key, cases in contents.items()
        )
        path.write_text("{\n" + lines + "\n}\n", encoding="utf8")
