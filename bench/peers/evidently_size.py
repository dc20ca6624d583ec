"""Evidently's data drift preset as it comes, on one large window: `python evidently_size.py FOLDER COLUMNS MINUTES`. A line of JSON with
seconds, and the most memory of the process; what has not ended after so many minutes is ended, and its seconds are those until then."""

import json
import os
import resource
import signal
import sys
import time
import warnings

os.environ["DO_NOT_TRACK"] = "1"
warnings.filterwarnings("ignore")

import pyarrow.parquet as pq
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

folder, columns = sys.argv[1], [f"in_c{k}" for k in range(int(sys.argv[2]))]
limit = 60 * float(sys.argv[3])
definition = DataDefinition(numerical_columns=columns)


def table(day):
    files = [f"{folder}/{day}{hour}.parquet" for hour in range(24)]
    frame = pq.read_table(files, columns=columns).to_pandas()
    return Dataset.from_pandas(frame, data_definition=definition)


def say(seconds, drifted):
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"read": read, "seconds": seconds, "drifted": drifted, "bytes": memory}), flush=True)


def give_up(_signal, _frame):
    say(time.perf_counter() - began, None)
    os._exit(0)


reference = table("reference")
began = time.perf_counter()
current = table("now")
read = time.perf_counter() - began
signal.signal(signal.SIGALRM, give_up)
signal.setitimer(signal.ITIMER_REAL, limit)
began = time.perf_counter()
said = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
seconds = time.perf_counter() - began
total = next(m["value"]["count"] for m in said if m["metric_name"].startswith("DriftedColumnsCount"))
say(seconds, int(total))
