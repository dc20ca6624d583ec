"""Sends the same requests to an endpoint here and to `mlflow models serve` of the same model; reports both answers of each."""
import io
import json
import sys

import numpy as np
import pandas as pd
import requests

ours, endpoint, theirs = sys.argv[1:4]
JSON = "application/json"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
row = {"a": 1.5, "b": 2, "c": True, "d": "x"}
cases = []


def case(name, body, media=JSON, method="POST", path=None):
    if not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    cases.append((name, body.encode() if isinstance(body, str) else body, media, method, path))


def of(**changed):
    return {key: value for key, value in {**row, **changed}.items() if value is not ...}


def all_forms(name, *rows):
    """One table in the four forms of JSON."""
    columns = list(rows[0])
    case(f"{name}: split", {"dataframe_split": {"columns": columns, "data": [[one.get(c) for c in columns] for one in rows]}})
    case(f"{name}: records", {"dataframe_records": list(rows)})
    case(f"{name}: instances", {"instances": list(rows)})
    case(f"{name}: inputs", {"inputs": {c: [one.get(c) for one in rows] for c in columns}})
    case(f"{name}: inputs as records", {"inputs": list(rows)})


all_forms("plain", row, of(a=-2.25, b=-7, c=False, d="größer 日本"))
all_forms("other order", {"d": "x", "c": True, "b": 2, "a": 1.5})
all_forms("extra column", of(z=1, y="?"))
all_forms("column missing", of(b=...))
all_forms("two missing, one extra", of(b=..., d=..., z=1))
all_forms("optional column", of(e=7))
all_forms("int for double", of(a=3))
all_forms("text of a number for double", of(a="2.5"))
all_forms("text for double", of(a="abc"))
all_forms("true for double", of(a=True))
all_forms("missing double", of(a=None), row)
all_forms("list for double", of(a=[1.0]))
all_forms("whole float for long", of(b=2.0))
all_forms("fraction for long", of(b=2.75), of(b=-2.75))
all_forms("text of a number for long", of(b="31"))
all_forms("text for long", of(b="3.5"))
all_forms("missing long", of(b=None), row)
all_forms("largest long", of(b=2**63 - 1))
all_forms("too large for long", of(b=2**63))
all_forms("numbers for boolean", of(c=0), of(c=1))
all_forms("text for boolean", of(c="false"))
all_forms("missing boolean", of(c=None), row)
all_forms("number for string", of(d=5))
all_forms("missing string", of(d=None), row)
all_forms("too large for integer", of(e=2**40))
case("NaN", '{"dataframe_split": {"columns": ["a","b","c","d"], "data": [[NaN,1,true,"x"],[Infinity,1,true,"x"],[-Infinity,2,false,"y"]]}}')
case("NaN for long", '{"dataframe_split": {"columns": ["a","b","c","d"], "data": [[1.0,NaN,true,"x"]]}}')
case("1e400", '{"dataframe_split": {"columns": ["a","b","c","d"], "data": [[1e400,1,true,"x"]]}}')
case("index", {"dataframe_split": {"index": [7], "columns": list(row), "data": [list(row.values())]}})
case("index of another length", {"dataframe_split": {"index": [7, 8], "columns": list(row), "data": [list(row.values())]}})
case("unknown key in split", {"dataframe_split": {"columns": list(row), "data": [list(row.values())], "rows": 1}})
case("split without data", {"dataframe_split": {"columns": list(row)}})
case("split is a list", {"dataframe_split": [1]})
case("too few columns", {"dataframe_split": {"columns": ["a"], "data": [list(row.values())]}})
case("too many columns", {"dataframe_split": {"columns": ["a", "b", "c", "d", "f"], "data": [list(row.values())]}})
case("records is a dictionary", {"dataframe_records": row})
case("scalars by name", {"inputs": row})
case("lists of two lengths", {"inputs": {"a": [1.0, 2.0], "b": [1], "c": [True], "d": ["x"]}})
case("rows of two kinds", {"instances": [row, {"a": 1.0}]})
case("rows without names", {"inputs": [[1.5, 2, True, "x"]]})
case("params", {"dataframe_records": [row], "params": {"factor": 2.5}})
case("params, int for double", {"dataframe_records": [row], "params": {"factor": 2}})
case("params, text for double", {"dataframe_records": [row], "params": {"factor": "2"}})
case("params, unknown", {"dataframe_records": [row], "params": {"nobody": 1}})
case("params, null", {"dataframe_records": [row], "params": None})
case("params, a list", {"dataframe_records": [row], "params": [1]})
case("empty body", "")
case("not JSON", "{")
case("a list", [1])
case("a string", '"x"')
case("a number", "7")
case("null", "null")
case("no form", {"rows": [row]})
case("two forms", {"dataframe_records": [row], "inputs": [row]})
case("other keys beside", {"dataframe_records": [row], "other": 1})
case("not UTF-8", b'{"dataframe_records": [{"a": "\xff"}]}')
case("csv", "a,b,c,d\n1.5,2,True,x\n-2.5,-7,False,y\n", CSV)
case("csv, other order and extra", "z,d,c,b,a\n9,x,True,2,1.5\n", CSV)
case("csv, quotes", 'a,b,c,d\n1.5,2,True,"x, ""y""\nz"\n', CSV)
case("csv, windows", "a,b,c,d\r\n1.5,2,True,x\r\n", CSV)
case("csv, missing double", "a,b,c,d\n,2,True,x\nNA,2,True,y\n", CSV)
case("csv, missing long", "a,b,c,d\n1.5,,True,x\n", CSV)
case("csv, column missing", "a,b,c\n1.5,2,True\n", CSV)
case("csv, text for double", "a,b,c,d\nabc,2,True,x\n", CSV)
case("csv, fraction for long", "a,b,c,d\n1.5,2.5,True,x\n", CSV)
case("csv, empty", "", CSV)
case("csv, open quote", 'a,b,c,d\n1.5,2,True,"x\n', CSV)
case("csv, too many fields", "a,b,c,d\n1,2,True,x\n1,2,True,x,5\n", CSV)
case("csv, not UTF-8", b"a,b,c,d\n1.5,2,True,\xff\n", CSV)
case("csv, charset", "a,b,c,d\n1.5,2,True,x\n", "text/csv; charset=utf-8")


def parquet(name, compression="snappy", **types):
    frame = pd.DataFrame({
        "a": np.array([1.5, 0.0], types.get("a", "float64")), "b": np.array([2, 1], types.get("b", "int64")),
        "c": np.array([True, False], types.get("c", "bool")), "d": np.array(["x", "größer"], object),
    })
    out = io.BytesIO()
    frame.to_parquet(out, compression=compression)
    case(f"parquet, {name}", out.getvalue(), PARQUET)


parquet("plain")
for codec in ("gzip", "zstd", "brotli", "none"):
    parquet(codec, None if codec == "none" else codec)
parquet("float for double", a="float32")
parquet("int32 for double", a="int32")
parquet("int64 zeros and ones for double", a="int64")
parquet("int32 for long", b="int32")
parquet("int16 for long", b="int16")
parquet("uint32 for long", b="uint32")
parquet("uint64 for long", b="uint64")
parquet("double for long", b="float64")
parquet("int for boolean", c="int64")
frame = pd.DataFrame({"a": np.array([1, 7], "int64"), "b": [1, 2], "c": [True, False], "d": ["x", "y"]})
out = io.BytesIO()
frame.to_parquet(out)
case("parquet, int64 for double", out.getvalue(), PARQUET)
case("parquet, column missing", (lambda o: (frame.drop(columns="d").to_parquet(o), o.getvalue())[1])(io.BytesIO()), PARQUET)
case("parquet, garbage", b"PAR1 this is none PAR1", PARQUET)
case("parquet, empty", b"", PARQUET)
case("xml", "<a/>", "application/xml")
case("charset", '{"dataframe_records": []}', "application/json; charset=latin-1")
case("charset utf-8", {"dataframe_records": [row]}, "application/json; charset=UTF-8")
case("parameter of the type", {"dataframe_records": [row]}, "application/json; boundary=1")
case("ping", "", method="GET", path="/ping")
case("health", "", method="GET", path="/health")
case("version", "", method="GET", path="/version")
case("GET /invocations", "", method="GET")


def ask(base, prefix, body, media, method, path):
    answer = requests.request(method, base + (path or prefix + "/invocations"), data=body, headers={"content-type": media}, timeout=240)
    try:
        parsed = json.loads(answer.text, parse_constant=lambda word: f"<{word}>")
    except ValueError:
        parsed = answer.text
    return {"status": answer.status_code, "type": answer.headers.get("content-type"), "body": parsed}


report = {name: [ask(ours, f"/endpoints/{endpoint}", *rest), ask(theirs, "", *rest)] for name, *rest in cases}
print("REPORT" + json.dumps(report))
