"""Cuts months out of the three million flights: one Parquet file a month, so that a later version stores only the new month.

    python extract.py SOURCE.parquet FOLDER 2001-01 2001-02

The same months give the same bytes, so committing them again makes no new version.
"""

import sys
from datetime import datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq


def bounds(month: str) -> tuple[datetime, datetime]:
    first = datetime.strptime(month, "%Y-%m")
    after = datetime(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, after


def main(source: str, folder: str, months: list[str]) -> None:
    flights = pq.read_table(source)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for month in months:
        first, after = bounds(month)
        rows = flights.filter((pc.field("date") >= first) & (pc.field("date") < after))
        if rows.num_rows == 0:
            sys.exit(f"{source} has no flights in {month}")
        path = target / f"{month}.parquet"
        pq.write_table(rows, path, compression="zstd")
        print(f"{path}: {rows.num_rows:,} flights")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
