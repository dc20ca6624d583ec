"""Holds one MLflow model in a process of its own and answers the server over a Unix socket.

Started as ``python -I -u host.py SOCKET`` in the model's own environment; it needs nothing that a packaged MLflow model
does not bring: mlflow, numpy, pandas. One request at a time, each a whole batch. It ends when the socket does.

A frame is: length of the rest (u32), length of the header (u32), header (JSON, padded with blanks to a multiple of 8), then the
bytes of the tensors, each padded to a multiple of 8. Numbers lie as numpy reads them; BYTES as one word (u32) for each element
and then their bytes: the lower 30 bits are its length, the upper two say whether it is text, bytes, JSON or missing. Everything is little-endian. Nothing is ever pickled on this way.
"""

import base64
import dataclasses
import datetime
import decimal
import enum
import fractions
import gc
import inspect
import io
import json
import math
import os
import pathlib
import re
import resource
import socket
import struct
import sys
import traceback
import uuid

DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
    "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}
NAMES = {
    ("b", 1): "BOOL", ("u", 1): "UINT8", ("u", 2): "UINT16", ("u", 4): "UINT32", ("u", 8): "UINT64",
    ("i", 1): "INT8", ("i", 2): "INT16", ("i", 4): "INT32", ("i", 8): "INT64",
    ("f", 2): "FP16", ("f", 4): "FP32", ("f", 8): "FP64",
}

# The upper two bits of an element's length say what the element is.
KIND = 30
TEXT, BYTES, JSON, MISSING = range(4)


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

def decode(datatype, shape, data):
    if datatype != "BYTES":
        return np.frombuffer(data, dtype=DTYPES[datatype]).reshape(shape)
    count = math.prod(shape)
    words = np.frombuffer(data[: 4 * count], dtype="<u4").tolist()
    values = np.empty(count, dtype=object)
    at = 4 * count
    for i, word in enumerate(words):
        kind, length = word >> KIND, word & (1 << KIND) - 1
        piece = data[at : at + length]
        if kind == TEXT:
            values[i] = str(piece, "utf-8", "replace")
        elif kind == BYTES:
            values[i] = bytes(piece)  # a missing one stays None
        at += length
    return values.reshape(shape)


def encode(name, array):
    """Header entry and bytes of one answer."""
    datatype = NAMES.get((array.dtype.kind, array.dtype.itemsize))
    if datatype is not None:
        data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        return [name, datatype, list(array.shape), len(data)], pad(data)
    cells = [cell(one) for one in array.reshape(-1).tolist()]
    words = struct.pack("<%dI" % len(cells), *[kind << KIND | len(piece) for kind, piece in cells])
    data = words + b"".join([piece for _, piece in cells])
    return [name, "BYTES", list(array.shape), len(data)], pad(data)


def cell(value):
    """One value of an answer that is no number of an array: what it is, and its bytes."""
    if not isinstance(value, (str, bytes, bytearray)):
        if value is None or value is pd.NA:
            return MISSING, b""
        value = plain(value)
    if isinstance(value, str):
        try:
            return TEXT, value.encode()
        except UnicodeEncodeError:  # half of a pair: JSON can write it, UTF-8 cannot
            pass
    elif isinstance(value, (bytes, bytearray)):
        return BYTES, bytes(value)
    return JSON, json.dumps(value).encode()


# ---- the model

def import_libraries():
    """What is imported stays. To look for garbage among it, while it comes and ever after, takes a third of the time until a model is loaded."""
    global mlflow, np, pd
    gc.disable()
    try:
        import numpy as np
        import pandas as pd
        import mlflow.pyfunc
    finally:
        gc.freeze()
        gc.enable()


class Model:
    def __init__(self, folder, kind, named, inputs):
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

    def predict_json(self, media, body, params):
        from mlflow.exceptions import MlflowException

        try:
            data = self.parse(media, body)
        except MlflowException as error:
            raise Refused(str(error).split("\n")[0][:500]) from None
        try:
            return self.pyfunc.predict(data, params=params) if params else self.pyfunc.predict(data)
        except MlflowException as error:
            if getattr(error, "error_code", "") in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST"):
                raise Refused(str(error).split("\n")[0]) from None
            raise

    def parse(self, media, body):
        """What MLflow's own scoring server makes of a body, by its own functions where they can be had without the server."""
        from mlflow.utils.proto_json_utils import dataframe_from_parsed_json, parse_tf_serving_input

        schema = self.pyfunc.metadata.get_input_schema()
        if media != "json":
            try:
                if media == "parquet":
                    return pd.read_parquet(io.BytesIO(body))
                dtypes = dict(zip(schema.input_names(), schema.pandas_types())) if schema else None
                return pd.read_csv(io.StringIO(str(body, "utf-8-sig")), dtype=dtypes)
            except ImportError:
                raise Refused("this model's environment cannot read Parquet: it has no pyarrow; send JSON or CSV") from None
            except Exception as error:
                raise Refused("Failed to parse input as a Pandas DataFrame. Error: '%s'" % str(error)[:500]) from None
        try:
            data = json.loads(bytes(body))
        except (ValueError, RecursionError) as error:
            raise Refused("the body is not valid JSON: %s" % error) from None
        if not isinstance(data, dict) or any(key in data for key in ("messages", "prompt", "input")):
            return data
        if getattr(self.pyfunc.metadata, "_is_signature_from_type_hint", lambda: False)():
            return data["inputs"] if "inputs" in data else data
        for form in ("split", "records"):
            if "dataframe_" + form in data:
                return dataframe_from_parsed_json(data["dataframe_" + form], pandas_orient=form, schema=schema)
        for key in ("instances", "inputs"):
            if key in data:
                return parse_tf_serving_input({key: data[key]}, schema=schema)
        return data


NS = "datetime64[ns]"  # as MLflow has every time: newer pandas would choose by what else is in the batch
ZONE = re.compile(r"\d[T ].*(?:[zZ]|[+-]\d\d(?::?\d\d)?)\s*$")


def moments(texts):
    """One rule for all rows and callers: a time that names a zone becomes UTC, one that names none is taken as it is.

    The two are read apart: pandas gives a text without a zone the offset of the row before it.
    """
    zoned = np.fromiter((one is not None and ZONE.search(one) is not None for one in texts), dtype=bool, count=len(texts))
    if not zoned.any():
        return pd.to_datetime(pd.Series(texts), format="ISO8601").astype(NS)
    utc = pd.to_datetime(pd.Series(np.where(zoned, texts, "NaT")), format="ISO8601", utc=True).dt.tz_localize(None)
    plain = pd.to_datetime(pd.Series(np.where(zoned, "NaT", texts)), format="ISO8601")
    return utc.astype(NS).where(zoned, plain.astype(NS))


def named_arrays(result):
    """What a model gave, as (how it looked, names where it has them, arrays). MLflow answers a Series as a frame of one column."""
    if isinstance(result, pd.Series):
        result = pd.DataFrame(result)
    if isinstance(result, pd.DataFrame):
        return "frame", [key_of(one) for one in result.columns], [column(result.iloc[:, i]) for i in range(result.shape[1])]
    if isinstance(result, dict):
        return "named", [key_of(one) for one in result], [to_array(one) for one in result.values()]
    return "array", None, [to_array(result)]


def key_of(key):
    """A name as json writes a key."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return next(iter(json.loads(json.dumps({key: 0}))))
    return str(key.item() if isinstance(key, np.generic) else key)


def column(series):
    """A column as an array of numbers where it is one without anything missing, else as the values that pandas shows."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        if (dtype.kind, dtype.itemsize) in NAMES:
            return series.to_numpy()
    elif getattr(dtype, "kind", "O") in "biuf" and not series.isna().any():
        return np.asarray(series.to_numpy(), dtype=getattr(dtype, "numpy_dtype", None))
    return of_objects(list(series), (len(series),))


def to_array(value):
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "toarray"):
        value = value.toarray()
    elif hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        value = np.asarray(value.numpy())
    if isinstance(value, np.ndarray):
        return of_array(value)
    if isinstance(value, (list, tuple)):
        return of_list(list(value))
    if isinstance(value, np.generic):
        return of_array(np.asarray(value))
    return of_objects([value], ())


def of_array(array):
    masked = isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype("f8")
    if masked or (array.dtype.kind, array.dtype.itemsize) not in NAMES:
        shape = array.shape
        flat = array.reshape(-1).tolist()
        # Times finer than Python's own come as whole numbers, as numpy itself lists them.
        return of_objects([value_of(one) for one in flat] if array.dtype.kind in "Mm" else flat, shape)
    return np.asarray(array)


def of_list(items):
    """A list as an array where it is regular and of one kind, else as one value for each element."""
    first = items[0] if items else None
    if isinstance(first, np.ndarray):
        if all(isinstance(one, np.ndarray) and (one.dtype, one.shape) == (first.dtype, first.shape) for one in items):
            return of_array(np.stack(items))
        return of_objects(items, (len(items),))
    shape, flat = [len(items)], items
    while flat and all(isinstance(one, (list, tuple)) for one in flat):
        if len({len(one) for one in flat}) > 1:
            break
        shape.append(len(flat[0]))
        flat = [one for part in flat for one in part]
    made = of_objects(flat, tuple(shape))
    if len(shape) == 1 or made.dtype != object or all(isinstance(one, (str, bytes)) for one in flat):
        return made
    return of_objects(items, (len(items),))


def of_objects(values, shape):
    """Values of Python as numbers where all are of one kind and none of them changes by it."""
    kinds = set(map(type, values))
    made = None
    if len(kinds) == 1:
        (kind,) = kinds
        if issubclass(kind, np.generic) and (np.dtype(kind).kind, np.dtype(kind).itemsize) in NAMES:
            made = np.array(values, dtype=kind)
        elif kind in (bool, float):
            made = np.array(values, dtype=kind)
    if made is None and kinds and all(one is int or issubclass(one, np.integer) for one in kinds):
        least, most = min(values), max(values)
        if least >= -(1 << 63) and most < 1 << 63:
            made = np.array(values, dtype="i8")
        elif least >= 0 and most < 1 << 64:
            made = np.array(values, dtype="u8")
    elif made is None and kinds and all(one in (int, float) or issubclass(one, (np.integer, np.floating)) for one in kinds):
        if all(isinstance(one, (float, np.floating)) or abs(int(one)) <= 1 << 53 for one in values):
            made = np.array(values, dtype="f8")
    if made is None:
        made = np.empty(len(values), dtype=object)
        for i, one in enumerate(values):  # an assignment of the whole would look into lists
            made[i] = one
        if not values:
            made = made.astype("f8")
    return made.reshape(shape)


def value_of(value):
    return pd.Timedelta(value).isoformat() if isinstance(value, (datetime.timedelta, np.timedelta64)) else value


def plain(value):
    """Anything a model may give as JSON knows it, as MLflow's own encoder has it; what that refuses has a form here where one is obvious."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, (bool, int, float, str)):
        return plain(value.value) if isinstance(value, enum.Enum) else value
    if isinstance(value, dict):
        return {key_of(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(of_array(value).tolist())
    if isinstance(value, np.generic):
        return plain(of_array(np.asarray(value)).tolist())
    if isinstance(value, (datetime.timedelta, np.timedelta64)):
        return pd.Timedelta(value).isoformat()
    if isinstance(value, (datetime.date, datetime.time)):  # pandas' times and NaT are of these
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.encodebytes(value).decode()
    if isinstance(value, pd.DataFrame):
        return [{key_of(key): plain(one) for key, one in row.items()} for row in value.to_dict(orient="records")]
    if isinstance(value, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return [plain(one) for one in value]
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, (decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath, pd.Period)):
        return str(value)  # their text is what reads them back
    if isinstance(value, pd.Interval):
        return {"left": plain(value.left), "right": plain(value.right), "closed": value.closed}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if hasattr(value, "detach") or hasattr(value, "toarray") or hasattr(value, "numpy"):
        return plain(to_array(value).tolist())
    raise TypeError("the model answered with a value of type %s, which is no data" % type(value).__name__)


# ---- the loop

def answer(model, header, body):
    if header["op"] == "json":
        answered = model.predict_json(header["media"], body, header.get("params"))
        if isinstance(answered, pd.Series):
            answered = pd.DataFrame(answered)
        return {}, [json.dumps(plain(answered)).encode()]
    arrays = [None] * len(model.inputs)
    at = 0
    for index, datatype, shape, size in header["tensors"]:
        arrays[index] = decode(datatype, shape, body[at : at + size])
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
                import_libraries()
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
