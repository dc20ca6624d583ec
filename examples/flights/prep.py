"""Turns flights into rows to learn from, and keeps the last days aside.

    python prep.py FLIGHTS TRAIN.parquet HOLDOUT.parquet

FLIGHTS is a folder of Parquet files (date, delay, distance, origin, destination) or one such file. A flight is late when it
arrives 15 minutes or more behind schedule. The last ten days become the hold-out: rows that are later than all that a model
has seen, as they will be in use.
"""

import sys
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

COLUMNS = pa.schema(
    {
        "date": pa.timestamp("us"),
        "delay": pa.int64(),
        "distance": pa.int64(),
        "origin": pa.string(),
        "destination": pa.string(),
    }
)
LATE_FROM_MINUTES = 15
HOLDOUT_DAYS = 10


def main(flights: str, train: str, holdout: str) -> None:
    table = pq.read_table(flights, columns=COLUMNS.names).cast(COLUMNS)
    read = table.num_rows
    # The source holds some rows twice; a row on both sides of the split would make the score too good.
    table = table.group_by(table.column_names, use_threads=False).aggregate([])
    rows = pa.table(
        {
            "date": table["date"],
            "origin": table["origin"],
            "destination": table["destination"],
            "route": pc.binary_join_element_wise(table["origin"], table["destination"], "-"),
            "minute": number(pc.add(pc.multiply(pc.hour(table["date"]), 60), pc.minute(table["date"]))),
            "hour": number(pc.hour(table["date"])),
            "weekday": number(pc.day_of_week(table["date"])),
            "distance": number(table["distance"]),
            "late": pc.cast(pc.greater_equal(table["delay"], LATE_FROM_MINUTES), pa.int8()),
        }
    )
    last_day = pc.max(rows["date"]).as_py().replace(hour=0, minute=0, second=0, microsecond=0)
    split = last_day - timedelta(days=HOLDOUT_DAYS - 1)
    for path, part in ((train, rows.filter(pc.field("date") < split)), (holdout, rows.filter(pc.field("date") >= split))):
        if part.num_rows == 0:
            sys.exit(f"{flights} does not cover more than {HOLDOUT_DAYS} days: there is nothing to learn from")
        pq.write_table(part, path, compression="zstd")
        span = pc.min_max(part["date"])
        print(f"{path}: {part.num_rows:,} rows, {span['min']} to {span['max']}, {pc.mean(part['late']).as_py():.1%} late")
    print(f"{read:,} rows read, {read - rows.num_rows:,} exact repeats left out")


def number(values):
    # float32 holds these whole numbers exactly, and it is what ONNX computes with.
    return pc.cast(values, pa.float32())


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
