"""Writes what neptune-exporter would: its schema, its names of folders and files, its parts. Says what it wrote.

Schema, names and parts are those of `model.py`, `utils.py` and `parquet_writer.py` of neptune-ai/neptune-exporter (Feb 2026).
"""

import datetime
import hashlib
import json
import math
import os
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

root = sys.argv[1]
SCHEMA = pa.schema(
    [
        ("project_id", pa.string()),
        ("run_id", pa.string()),
        ("attribute_path", pa.string()),
        ("attribute_type", pa.string()),
        ("step", pa.decimal128(18, 6)),
        ("timestamp", pa.timestamp("ms", tz="UTC")),
        ("int_value", pa.int64()),
        ("float_value", pa.float64()),
        ("string_value", pa.string()),
        ("bool_value", pa.bool_()),
        ("datetime_value", pa.timestamp("ms", tz="UTC")),
        ("string_set_value", pa.list_(pa.string())),
        ("file_value", pa.struct([("path", pa.string())])),
        (
            "histogram_value",
            pa.struct(
                [("type", pa.string()), ("edges", pa.list_(pa.float64())), ("values", pa.list_(pa.float64()))]
            ),
        ),
    ]
)


def plain(part):
    kept = "".join(c if c.isalnum() or c in ("_", "-") else "_" for c in part)
    return kept + "-" + hashlib.blake2b(part.encode(), digest_size=8).hexdigest()


def when(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)


def save(project, run, parts):
    folder = os.path.join(root, "data", plain(project))
    os.makedirs(folder, exist_ok=True)
    for number, rows in enumerate(parts):
        full = [{**dict.fromkeys(SCHEMA.names), "project_id": project, "run_id": run, **row} for row in rows]
        file = os.path.join(folder, f"{plain(run)}_part_{number}.parquet")
        with pq.ParquetWriter(file, SCHEMA, compression="snappy") as writer:
            for start in range(0, len(full), 400):
                writer.write_batch(pa.RecordBatch.from_pylist(full[start : start + 400], schema=SCHEMA))


def attribute(path, kind, value, column=None):
    return {"attribute_path": path, "attribute_type": kind, f"{column or kind}_value": value}


def series(path, kind, step, ms, column, value):
    return {
        "attribute_path": path,
        "attribute_type": kind,
        "step": None if step is None else Decimal(step).quantize(Decimal("0.000001")),
        "timestamp": when(ms),
        f"{column}_value": value,
    }


def system(run, name, **more):
    rows = [
        attribute("sys/id", "string", f"X-{name}"),
        attribute("sys/custom_run_id", "string", run),
        attribute("sys/name", "string", name),
        attribute("sys/owner", "string", "ann"),
        attribute("sys/creation_time", "datetime", when(1_600_000_000_123)),
        attribute("sys/failed", "bool", more.get("failed", False)),
    ]
    if "parent" in more:
        rows.append(attribute("sys/forking/parent", "string", more["parent"]))
        rows.append(attribute("sys/forking/step", "float", more["step"]))
    return rows


T = 1_600_000_001_000
steps = ["0", "0.5", "1", "1.25", "-2.75", "1000000"]
points = [["metrics/loss", 1 / (i + 1), T + i, step] for i, step in enumerate(steps)]
points += [["metrics/odd", math.nan, T, "1"], ["metrics/odd", math.inf, T, "2"]]
points += [["metrics/long", i / 7, T + i, str(i)] for i in range(3000)]
attributes = [
    attribute("params/lr", "float", 0.1),
    attribute("params/layers", "int", 2**60 + 1),
    attribute("params/name", "string", "ü"),
    attribute("params/flag", "bool", True),
    attribute("params/when", "datetime", when(T)),
    attribute("params/tags", "string_set", ["a", "b"]),
]
os.makedirs(os.path.join(root, "files", "p", "r"), exist_ok=True)
for name, content in [("model.bin", b"model"), ("3_000000.png", b"\x89PNG")]:
    with open(os.path.join(root, "files", "p", "r", name), "wb") as file:
        file.write(content)
others = [
    series("logs/out", "string_series", "0", T, "string", "first line"),
    series("logs/out", "string_series", "1.5", T + 1, "string", "second line"),
    series("h", "histogram_series", "2", T, "histogram", {"type": "COUNTING", "edges": [0.0, 1.0, 2.0], "values": [3.0, 4.5]}),
    {"attribute_path": "model", "attribute_type": "file", "file_value": {"path": "p/r/model.bin"}},
    series("pics", "file_series", "3", T, "file", {"path": "p/r/3_000000.png"}),
    {"attribute_path": "lost", "attribute_type": "file", "file_value": {"path": "../outside"}},
]
rows = [series(key, "float_series", step, ms, "float", value) for key, value, ms, step in points]
save("team/first", "RUN one", [system("RUN one", "one") + attributes + rows[:1500], rows[1500:] + others])
save("team/first", "fork", [system("fork", "forked", parent="RUN one", step=1.0, failed=True) + [series("metrics/loss", "float_series", "1.5", T, "float", 9.0)]])
save("team/whole", "w", [system("w", "whole") + [series("m", "float_series", "7", T, "float", 1.5)]])
print(
    "REPORT"
    + json.dumps({"points": [[key, str(value), ms, step] for key, value, ms, step in points]})
)
