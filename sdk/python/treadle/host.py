"""Holds one MLflow model in a process of its own and answers the server over a Unix socket.

Started as ``python -I -u host.py SOCKET`` in the model's own environment; it needs nothing that a packaged MLflow model
does not bring: mlflow, numpy, pandas. One request at a time, each a whole batch. It ends when the socket does.

A frame is: length of the rest (u32), length of the header (u32), header (JSON, padded with blanks to a multiple of 8), then the
bytes of the tensors, each padded to a multiple of 8. Numbers lie as numpy reads them; text as the lengths (u32 each) of all
elements and then their bytes. Everything is little-endian. Nothing is ever pickled on this way.
"""

import inspect
import json
import math
import os
import re
import resource
import socket
import struct
import sys
import traceback

DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
    "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}
NAMES = {
    ("b", 1): "BOOL", ("u", 1): "UINT8", ("u", 2): "UINT16", ("u", 4): "UINT32", ("u", 8): "UINT64",
    ("i", 1): "INT8", ("i", 2): "INT16", ("i", 4): "INT32", ("i", 8): "INT64",
    ("f", 2): "FP16", ("f", 4): "FP32", ("f", 8): "FP64",
}


class Refused(Exception):
    """The request is wrong, not the model."""


# ---- frames

def read_frame(stream):
    head = stream.read(8)
    if len(head) < 8:
        return None
    total, header_length = struct.unpack("<II", head)
    # Read into its place, and writable: some models change their input.
    rest = bytearray(total - 4)
    if stream.readinto(rest) < total - 4:
        return None
    return json.loads(rest[:header_length]), memoryview(rest)[header_length:]


def write_frame(connection, header, parts=()):
    text = json.dumps(header, allow_nan=False).encode()
    text += b" " * (-(len(text) + 8) % 8)
    size = sum(len(part) for part in parts)
    head = struct.pack("<II", 4 + len(text) + size, len(text))
    connection.sendall(b"".join([head, text, *parts]))


def pad(data):
    extra = -len(data) % 8
    return bytes(data) + b"\0" * extra if extra else data


# ---- tensors

def decode(datatype, shape, data, binary):
    if datatype != "BYTES":
        return np.frombuffer(data, dtype=DTYPES[datatype]).reshape(shape)
    count = math.prod(shape)
    lengths = np.frombuffer(data[: 4 * count], dtype="<u4").tolist()
    values = np.empty(count, dtype=object)
    at = 4 * count
    for i, length in enumerate(lengths):
        piece = data[at : at + length]
        values[i] = bytes(piece) if binary else str(piece, "utf-8", "replace")
        at += length
    return values.reshape(shape)


def encode(name, array):
    """Header entry and bytes of one answer."""
    array = np.asarray(array)
    if array.dtype.kind == "M":
        array = np.datetime_as_string(array, unit="ms").astype(object)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype("f8")
    datatype = NAMES.get((array.dtype.kind, array.dtype.itemsize))
    if datatype is not None:
        data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        return [name, datatype, list(array.shape), len(data)], pad(data)
    pieces = [as_bytes(one) for one in array.reshape(-1).tolist()]
    data = struct.pack("<%dI" % len(pieces), *map(len, pieces)) + b"".join(pieces)
    return [name, "BYTES", list(array.shape), len(data)], pad(data)


def as_bytes(value):
    if isinstance(value, bytes):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(plain(value)).encode()
    return str(value).encode("utf-8", "replace")


# ---- the model

class Model:
    def __init__(self, folder, kind, named, inputs):
        import mlflow.pyfunc

        self.pyfunc = mlflow.pyfunc.load_model(folder, suppress_warnings=True)
        self.kind, self.named, self.inputs = kind, named, inputs
        meta = self.pyfunc.metadata
        by_hints = getattr(meta, "_is_signature_from_type_hint", lambda: False)()
        by_example = getattr(meta, "_is_type_hint_from_example", lambda: False)()
        # The server has checked the request against the signature, so MLflow's own check of every call is passed over, unless the
        # model takes the objects of its type hints, which only MLflow can make.
        inner = None if by_hints or by_example else getattr(self.pyfunc, "_predict_fn", None)
        self.call = inner or self.pyfunc.predict
        try:
            takes = inspect.signature(self.call).parameters.get("params")
            self.takes_params = takes is not None and takes.kind != inspect.Parameter.VAR_KEYWORD
        except (TypeError, ValueError):
            self.takes_params = False

    def predict(self, arrays, params):
        data = self.frame(arrays) if self.kind == "columns" else self.tensors(arrays)
        return self.call(data, params=params) if self.takes_params and params is not None else self.call(data)

    def frame(self, arrays):
        """One DataFrame a batch, of the dtypes that the signature says."""
        rows = next((len(one) for one in arrays if one is not None), 1)
        names = [one["name"] for one in self.inputs] if self.named else None
        first = arrays[0] if arrays else None
        if first is not None and first.dtype.kind in "fiu" and all(
            one is not None and one.dtype == first.dtype for one in arrays
        ):
            block = np.empty((len(arrays), rows), dtype=first.dtype)
            for i, one in enumerate(arrays):
                block[i] = one.reshape(rows)
            return pd.DataFrame(block.T, columns=names, copy=False)
        columns = {}
        for i, (spec, one) in enumerate(zip(self.inputs, arrays)):
            key = spec["name"] if self.named else i
            if one is None:
                if self.named:
                    continue  # the model sees that it was left out, as under MLflow
                empty = None if spec["datatype"] == "BYTES" else math.nan
                columns[key] = pd.Series([empty] * rows, dtype=object if empty is None else "float64")
            elif spec.get("column") == "datetime":
                try:
                    columns[key] = moments(one.reshape(rows))
                except (ValueError, TypeError) as error:
                    raise Refused(f"input '{spec['name']}' holds text that is no date and time: {error}") from None
            else:
                columns[key] = one.reshape(rows)
        return pd.DataFrame(columns, copy=False)

    def tensors(self, arrays):
        if not self.named and len(arrays) == 1:
            return arrays[0]
        return {spec["name"]: one for spec, one in zip(self.inputs, arrays) if one is not None}

    def predict_json(self, body, params):
        from mlflow.exceptions import MlflowException

        data = parse_json(body)
        try:
            return self.pyfunc.predict(data, params=params) if params else self.pyfunc.predict(data)
        except MlflowException as error:
            if getattr(error, "error_code", "") in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST"):
                raise Refused(str(error).split("\n")[0]) from None
            raise


ZONE = re.compile(r"\d[T ].*(?:[zZ]|[+-]\d\d(?::?\d\d)?)\s*$")


def moments(texts):
    """One rule for all rows and callers: a time that names a zone becomes UTC, one that names none is taken as it is.

    The two are read apart: pandas gives a text without a zone the offset of the row before it.
    """
    zoned = np.fromiter((ZONE.search(one) is not None for one in texts), dtype=bool, count=len(texts))
    if not zoned.any():
        return pd.to_datetime(pd.Series(texts), format="ISO8601")
    utc = pd.to_datetime(pd.Series(np.where(zoned, texts, "NaT")), format="ISO8601", utc=True).dt.tz_localize(None)
    plain = pd.to_datetime(pd.Series(np.where(zoned, "NaT", texts)), format="ISO8601")
    return utc.where(zoned, plain.astype(utc.dtype))


def parse_json(body):
    """The forms that MLflow's own scoring server takes; anything else goes to the model as it is."""
    if not isinstance(body, dict):
        return body
    if "dataframe_split" in body:
        split = body["dataframe_split"]
        return pd.DataFrame(split.get("data"), columns=split.get("columns"), index=split.get("index"))
    if "dataframe_records" in body:
        return pd.DataFrame.from_records(body["dataframe_records"])
    for key in ("instances", "inputs"):
        if key in body:
            value = body[key]
            if isinstance(value, dict):
                return {name: np.asarray(one) for name, one in value.items()}
            if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
                return pd.DataFrame(value)
            if isinstance(value, list) and any(isinstance(one, str) for one in value):
                return value
            return np.asarray(value)
    return body


def named_arrays(result):
    """What a model gave, as (how it looked, names where it has them, arrays)."""
    if isinstance(result, pd.DataFrame):
        return "frame", [str(one) for one in result.columns], [result.iloc[:, i].to_numpy() for i in range(result.shape[1])]
    if isinstance(result, pd.Series):
        return "array", None, [result.to_numpy()]
    if isinstance(result, dict):
        return "named", [str(one) for one in result], [to_array(one) for one in result.values()]
    array = to_array(result)
    return "array", None, [array.reshape(1) if array.ndim == 0 else array]


def to_array(value):
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "toarray"):
        return value.toarray()
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    try:
        return np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.empty(len(value), dtype=object)
        array[:] = list(value)
        return array


def plain(value):
    """Anything a model may give, as JSON knows it: NaN becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    if isinstance(value, pd.DataFrame):
        return [{str(key): plain(one) for key, one in row.items()} for row in value.to_dict(orient="records")]
    if isinstance(value, pd.Series):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, bytes):
        import base64
        return base64.b64encode(value).decode()
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, np.ndarray) or hasattr(value, "detach") or hasattr(value, "toarray"):
        return plain(to_array(value).tolist())
    return str(value)


# ---- the loop

def answer(model, header, body):
    if header["op"] == "json":
        return {"json": plain(model.predict_json(header["body"], header.get("params")))}, ()
    arrays = [None] * len(model.inputs)
    at = 0
    for index, datatype, shape, size in header["tensors"]:
        binary = model.inputs[index].get("column") == "binary"
        arrays[index] = decode(datatype, shape, body[at : at + size], binary)
        at += size + -size % 8
    returns, names, results = named_arrays(model.predict(arrays, header.get("params")))
    if names is None:
        names = ["output-%d" % i for i in range(len(results))]
    encoded = [encode(name, one) for name, one in zip(names, results)]
    return {"returns": returns, "tensors": [one[0] for one in encoded]}, [one[1] for one in encoded]


def describe(error):
    """What went wrong and where in the model's own code; no more of this process than that."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((one for one in reversed(frames) if one.filename != __file__), None)
    where = "%s:%s in %s" % (os.path.basename(last.filename), last.lineno, last.name) if last else ""
    return {"kind": "invalid" if isinstance(error, Refused) else "fault", "type": type(error).__name__,
            "message": str(error)[:2000], "where": where}


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    stream = connection.makefile("rb", buffering=1 << 16)
    model = None
    while True:
        frame = read_frame(stream)
        if frame is None:
            return
        header, body = frame
        parts = ()
        try:
            if header["op"] == "load":
                global np, pd
                import numpy as np
                import pandas as pd
                model = Model(header["folder"], header["kind"], header["named"], header["inputs"])
                reply = {}
            elif header["op"] == "ping":
                reply = {}
            else:
                reply, parts = answer(model, header, body)
        except Exception as error:
            reply, parts = {"error": describe(error)}, ()
            recorded = header.get("recorded", "").split(".")[:2]
            if recorded != [""] and recorded != [str(one) for one in sys.version_info[:2]]:
                reply["error"]["message"] += "; it was recorded with Python %s, and this is %s" % (
                    header["recorded"], sys.version.split()[0])
        reply["id"] = header["id"]
        write_frame(connection, reply, parts)


if __name__ == "__main__":
    main()
