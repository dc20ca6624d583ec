"""Makes the models of the matrix in FOLDER, asks each of them directly, as `mlflow.pyfunc.load_model` gives it, and writes what MLflow's own encoder makes of the answers."""
import datetime as dt
import decimal
import io
import json
import os
import sys
import uuid
import warnings

warnings.simplefilter("ignore")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from mlflow.models import ModelSignature  # noqa: E402
from mlflow.pyfunc.scoring_server import invocations  # noqa: E402
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec  # noqa: E402
from mlflow.utils.proto_json_utils import NumpyEncoder, _get_jsonable_obj  # noqa: E402

folder = sys.argv[1]
COLUMNS = {"boolean": "b", "integer": "i", "long": "l", "float": "f", "double": "d", "string": "s", "binary": "x", "datetime": "t"}
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]


def kinds():
    """Three values a kind, as a model's code would have them in a column."""
    import datetime as dt
    import decimal
    import uuid

    import numpy as np
    import pandas as pd

    three = {}
    for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
        info = np.iinfo(name)
        three[name] = np.array([info.min, 0, info.max], name)
    for name in ["float16", "float32", "float64"]:
        info = np.finfo(name)
        three[name] = np.array([info.max, info.tiny, 0.1], name)
        three[name + " zero"] = np.array([-0.0, 0.0, info.smallest_subnormal], name)
        three[name + " not finite"] = np.array([np.nan, np.inf, -np.inf], name)
    moment = pd.Timestamp("2024-02-29T01:02:03.123456789")
    three.update({
        "bool": np.array([True, False, True]),
        "past 2^53": np.array([2**53 + 1, -(2**53) - 1, 2**63 - 1]),
        "text": ["x", "", "größer 日本 \U0001f600"],
        "text like others": ["null", "NaN", "1"],
        "text with marks": ['"quoted"\n', "\\", "a\0b"],
        "half a character": ["\ud800", "x", "y"],
        "bytes": [b"", b"abc", b"\xff" * 80],
        "ns": pd.DatetimeIndex([moment, pd.Timestamp("1969-12-31T23:59:59.999999999"), pd.Timestamp("2000-01-01")]),
        "us": pd.DatetimeIndex([moment, pd.NaT, pd.Timestamp("2000-01-01")]).astype("datetime64[us]"),
        "zone": pd.to_datetime(["2024-07-01T00:00:00.5", "2024-12-01T00:00:00.0", "2024-01-01T00:00:00.0"]).tz_localize("Europe/Berlin"),
        "dates": [dt.date(2024, 1, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31)],
        "times of day": [dt.time(1, 2, 3), dt.time(1, 2, 3, 4), dt.time(0)],
        "python times": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(1, 1, 1, 0, 0, 0, 1)],
        "durations": pd.to_timedelta(["1s", "2h", "1ns"]),
        "None in text": ["x", None, "y"],
        "None in whole numbers": [1, None, 2**53 + 1],
        "None in fractions": [1.5, None, -0.0],
        "None in booleans": [True, None, False],
        "None in bytes": [b"a", None, b"b"],
        "only None": [None, None, None],
        "NA": pd.array([2**53 + 1, None, 3], "Int64"),
        "NA in booleans": pd.array([True, None, False], "boolean"),
        "NA in text": pd.array(["x", None, "y"], "string"),
        "NA in fractions": pd.array([1.5, None, 2.5], "Float64"),
        "whole without NA": pd.array([1, 2, 3], "Int16"),
        "NaN in text": ["x", float("nan"), "y"],
        "category": pd.Categorical(["x", "y", "x"]),
        "category of numbers": pd.Categorical([3, 1, 3]),
        "category with a gap": pd.Categorical(["x", None, "x"]),
        "sparse": pd.arrays.SparseArray([0, 0, 1]),
        "wide": [2**70, -(2**70), 1],
        "mixed": [1, "a", 2.5],
        "whole and fractions": [1, 2.5, -3],
        "booleans and whole": [True, 2, False],
        "decimal": [decimal.Decimal("1.10"), decimal.Decimal("-0.000000000000000000001"), decimal.Decimal("1E+3")],
        "uuid": [uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3)],
        "lists": [[1, 2], [3], []],
        "regular lists": [[1, 2], [3, 4], [5, 6]],
        "lists of text": [["a"], ["b", None], []],
        "arrays": [np.arange(3.0), np.arange(2, dtype="int8"), np.array(["x"])],
        "equal arrays": [np.arange(3) / 7, np.arange(3) / 3, np.zeros(3)],
        "long arrays": [np.arange(1536) / 7, np.arange(1536) / 3, np.zeros(1536)],
        "objects": [{"a": 1, "b": [1, {"c": None}]}, {}, {"t": moment, "x": b"ab", "n": np.float32(0.1), "m": np.nan}],
        "tuples": [(1, "a"), (2.5, None), ()],
        "numpy scalars": [np.float32(0.1), np.int8(3), np.bool_(True)],
    })
    return three


def answer(form, kind):
    import numpy as np
    import pandas as pd

    values = kinds()[kind]
    if form == "frame":
        same = isinstance(values, list)
        return pd.DataFrame({"v": pd.Series(values, dtype=object) if same else values})
    if form == "array":
        if not isinstance(values, list):
            return np.asarray(values)
        array = np.empty(3, dtype=object)
        array[:] = pd.Series(values, dtype=object)
        return array
    values = list(values)
    if form == "list":
        return values
    if form == "dict":
        return {"v": values, "n": len(values), "word": kind}
    if form == "series":
        return pd.Series(values, name="v", dtype=object)
    return [{"a": one, "b": [one, {"c": one}]} for one in values]


class Columns(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        op, form = model_input["op"].iloc[0], model_input["form"].iloc[0]
        if op == "echo":
            column = model_input[form]
            return [str(column.dtype).replace("str", "object") + " " + repr(one) for one in column]
        return answer(form, model_input["kind"].iloc[0])


class Tensors(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return dict(model_input)


class Anything(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        kind = None
        if isinstance(model_input, pd.DataFrame) and "kind" in model_input:
            return answer(model_input["form"].iloc[0], model_input["kind"].iloc[0])
        if isinstance(model_input, pd.DataFrame):
            return [str(model_input[one].dtype) + repr(list(model_input[one])) for one in model_input]
        if isinstance(model_input, dict):
            return {key: repr(value) for key, value in model_input.items()}
        return repr(model_input)


def save(name, model, inputs, example=None, params=None):
    signature = None if inputs is None else ModelSignature(inputs=inputs, params=params)
    mlflow.pyfunc.save_model(os.path.join(folder, name), python_model=model, signature=signature, input_example=example, pip_requirements=[])
    return mlflow.pyfunc.load_model(os.path.join(folder, name))


import logging  # noqa: E402

logging.disable(logging.WARNING)
columns = save(
    "columns", Columns(),
    Schema([ColSpec("string", "op"), ColSpec("string", "form", required=False), ColSpec("string", "kind", required=False)]
           + [ColSpec(kind, name, required=False) for kind, name in COLUMNS.items()]),
    params=ParamSchema([ParamSpec("nothing", "string", "")]),
)
tensors = save("tensors", Tensors(), Schema([TensorSpec(np.dtype(one), (-1,), one) for one in DTYPES]), params=ParamSchema([ParamSpec("nothing", "string", "")]))
anything = save("anything", Anything(), None)


def encoded(value):
    return json.dumps(_get_jsonable_obj(value, pandas_orient="records"), cls=NumpyEncoder)


def said(value):
    """What the README says that an answer is which MLflow's encoder fails on."""
    if value is pd.NA:
        return None
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, (dt.timedelta, np.timedelta64)):
        return pd.Timedelta(value).isoformat()
    if isinstance(value, pd.DataFrame):
        return said(value.to_dict(orient="records"))
    if isinstance(value, dict):
        return {key: said(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [said(one) for one in value]
    return value


answers = []
for kind in kinds():
    for form in ("frame", "array", "list", "dict", "series", "nested"):
        request = pd.DataFrame({"op": ["answer"] * 3, "form": [form] * 3, "kind": [kind] * 3})
        value = columns.predict(request)
        if isinstance(value, pd.Series):
            value = pd.DataFrame(value)
        try:
            text, own = encoded(value), True
        except (TypeError, RecursionError):
            text, own = encoded(said(value)), False
        answers.append({"form": form, "kind": kind, "text": text, "own": own})

# ---- requests: what the model sees, by MLflow's scoring server

VALUES = {
    "boolean": {"plain": [True, False], "numbers": [1, 0], "missing": [True, None], "text": ["true", "false"]},
    "integer": {"edge": [2**31 - 1, -(2**31)], "whole fractions": [2.0, -0.0], "text": ["7", " 8 "], "too large": [2**31], "hex": ["0x10"], "missing": [1, None]},
    "long": {"edge": [2**63 - 1, -(2**63)], "past 2^53": [2**53 + 1, -(2**53) - 1], "text": ["9007199254740993", "-1"], "too large": [2**63], "fraction": [2.75], "missing": [1, None]},
    "float": {"plain": [0.1, -1.5], "whole": [16777217, 3], "edge": [3.4028234663852886e38, 1e-45], "zero": [-0.0, 0.0], "missing": [None, 1.5], "text": ["0.5", "1e3"]},
    "double": {"plain": [0.1, 1e22], "denormal": [5e-324, 2.2250738585072014e-308], "zero": [-0.0, 0], "missing": [None, 1.5], "not finite": [float("nan"), float("inf"), float("-inf")], "whole": [2**53 + 1, 7],
               "text": ["1.5", "-inf"], "hex": ["0x10"], "words": ["Infinity", "nan"], "low line": ["1_000"]},
    "string": {"plain": ["x", "größer 日本 \U0001f600"], "odd": ["", "a\"b\\\n"], "like others": ["007", "1e5", "2024-01-01"], "missing": ["x", None], "blanks": [" 1 ", "\t"]},
    "binary": {"plain": [b"abc", b"\xff\x00"], "empty": [b"", b"abcd"]},
    "datetime": {"plain": ["2024-01-01T00:00:00", "1969-12-31T23:59:59"], "us": ["2024-01-01T00:00:00.123456"], "ns": ["2024-01-01T00:00:00.123456789"], "date": ["2024-02-29"], "missing": ["2024-01-01T00:00:00", None],
                 "zone": ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00+02:00"], "words": ["yesterday"]},
}
PARQUET = {
    "boolean": {"plain": pa.array([True, False]), "missing": pa.array([True, None])},
    "integer": {"int8": pa.array([1, -2], pa.int8()), "uint16": pa.array([65535], pa.uint16()), "int64": pa.array([1]), "missing": pa.array([1, None], pa.int32())},
    "long": {"edge": pa.array([2**63 - 1, -(2**63), 2**53 + 1]), "int32": pa.array([1], pa.int32()), "uint32": pa.array([2**32 - 1], pa.uint32()), "uint64": pa.array([1], pa.uint64()), "missing": pa.array([1, None])},
    "float": {"plain": pa.array([0.1, None], pa.float32()), "half": pa.array(np.array([0.5, -0.0, 6e-8, np.inf], "float16")), "double": pa.array([0.5])},
    "double": {"plain": pa.array([5e-324, -0.0, float("nan"), None]), "half": pa.array(np.array([0.5, 6e-8], "float16")), "decimal": pa.array([decimal.Decimal("1.10"), None]), "wide decimal": pa.array([decimal.Decimal("12345678901234567890.123")]),
               "int32": pa.array([7], pa.int32()), "int64": pa.array([7]), "only missing": pa.nulls(2)},
    "string": {"plain": pa.array(["x", "größer", None]), "dictionary": pa.array(["x", "y", "x"]).dictionary_encode(), "large": pa.array(["x"], pa.large_string()), "only missing": pa.nulls(2)},
    "binary": {"plain": pa.array([b"abcd", b"\xff", None]), "fixed": pa.array([b"ab"], pa.binary(2)), "text": pa.array(["abcd"])},
    "datetime": {unit: pa.array([1704067200 * 10**digits + (10**digits - 1), None], pa.timestamp(unit)) for unit, digits in (("s", 0), ("ms", 3), ("us", 6), ("ns", 9))}
    | {"date": pa.array([dt.date(2024, 2, 29), None]), "zone": pa.array([dt.datetime(2024, 1, 1)], pa.timestamp("us", "Europe/Berlin")), "time of day": pa.array([dt.time(1, 2)], pa.time32("ms"))},
}


def ask(body, media):
    try:
        got = invocations(body, media, columns, columns.metadata.get_input_schema())
        return {"status": got.status, "text": got.response}
    except Exception:
        return {"status": 400}


requests = []


def case(column, kind, media, body, form):
    body = body if isinstance(body, bytes) else body.encode()
    requests.append({"column": column, "kind": kind, "form": form, "media": media, "body": body.decode("latin-1"), **ask(body, media)})


import base64  # noqa: E402

for column, by_kind in VALUES.items():
    name = COLUMNS[column]
    for kind, values in by_kind.items():
        plain = [base64.b64encode(one).decode() if isinstance(one, bytes) else one for one in values]
        rows = [{"op": "echo", "form": name, name: one} for one in plain]
        case(column, kind, "application/json", json.dumps({"dataframe_split": {"columns": list(rows[0]), "data": [list(one.values()) for one in rows]}}), "split")
        case(column, kind, "application/json", json.dumps({"dataframe_records": rows}), "records")
        case(column, kind, "application/json", json.dumps({"inputs": {key: [one[key] for one in rows] for key in rows[0]}}), "inputs")
        if column not in ("binary", "datetime"):
            case(column, kind, "text/csv", pd.DataFrame(rows).to_csv(index=False) if kind != "whole fractions" else "op,form,%s\necho,%s,2\n" % (name, name), "csv")
for column, by_kind in PARQUET.items():
    name = COLUMNS[column]
    for kind, values in by_kind.items():
        for version in ("1.0", "2.0"):
            out = io.BytesIO()
            size = len(values)
            pq.write_table(pa.table({"op": ["echo"] * size, "form": [name] * size, name: values}), out, data_page_version=version, compression="zstd" if version == "2.0" else "snappy")
            case(column, kind, "application/vnd.apache.parquet", out.getvalue(), "parquet " + version)

ANY = [
    ("application/json", {"inputs": [[1, 2**53 + 1], [2**63 - 1, 0]]}), ("application/json", {"inputs": [0.1, 1.0]}),
    ("application/json", {"dataframe_split": {"columns": ["a", "b"], "data": [[2**53 + 1, "x"], [1, None]]}}),
    ("application/json", {"dataframe_records": [{"a": 1.0, "b": float("nan")}, {"a": float("inf")}]}),
    ("application/json", {"instances": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}), ("application/json", {"inputs": {"a": [1, 2], "b": "x"}}),
    ("text/csv", "a,b,c\n007,1e400,0x10\n1,NA, x\n"),
]
free = []
for media, body in ANY:
    body = body if isinstance(body, str) else json.dumps(body)
    got = invocations(body.encode(), media, anything, None)
    free.append({"media": media, "body": body, "text": got.response})

# One run of levels that claims 2^30 values: its page has two hundred.
out = io.BytesIO()
pq.write_table(pa.table({"d": [1.5, 2.5] * 100}), out, compression="none", use_dictionary=False, write_statistics=False)
plain = out.getvalue()
at = plain.index(b"\x90\x03\x01")
with open(os.path.join(folder, "run.parquet"), "wb") as file:
    file.write(plain[: at - 4] + b"\x06\0\0\0\x80\x80\x80\x80\x08\x01" + plain[at + 6 :])

# A few kilobytes that stand for many rows, and for much text.
pq.write_table(pa.table({"d": np.zeros(8_000_000, "int8")}), os.path.join(folder, "rows.parquet"), compression="zstd")
much = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, "int32")), pa.array(["x" * 1000]))
pq.write_table(pa.table({"s": much}), os.path.join(folder, "texts.parquet"), compression="zstd")

with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump({"answers": answers, "requests": requests, "free": free}, file)
print("REPORT" + json.dumps({"answers": len(answers), "requests": len(requests), "own": sum(one["own"] for one in answers)}))
