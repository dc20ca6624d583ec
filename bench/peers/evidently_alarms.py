"""Evidently's data drift preset as it comes, window by window: how many columns it calls drifted in each.

    python evidently_alarms.py FOLDER

FOLDER/streams.json names the columns, the rows of the reference and of each window; FOLDER/*.f64 hold their numbers, column by column. A line of JSON for each window.
"""

import json
import os
import sys
import time
import warnings

os.environ["DO_NOT_TRACK"] = "1"
warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from evidently import Dataset, DataDefinition, Report
from evidently.presets import DataDriftPreset

folder = sys.argv[1]
with open(f"{folder}/streams.json") as file:
    streams = json.load(file)
columns = streams["columns"]
definition = DataDefinition(numerical_columns=columns)


def table(name, rows):
    numbers = np.fromfile(f"{folder}/{name}.f64").reshape(len(columns), rows)
    return Dataset.from_pandas(pd.DataFrame(numbers.T, columns=columns), data_definition=definition)


reference = table("reference", streams["reference"])
for at, rows in enumerate(streams["windows"]):
    current = table(f"window-{at}", rows)
    began = time.perf_counter()
    said = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
    seconds = time.perf_counter() - began
    drifted = []
    for metric in said:
        config = metric.get("config", {})
        if "column" not in config:
            continue
        value, threshold = float(metric["value"]), float(config["threshold"])
        # The answer has no flag, and which side is drift depends on the method.
        low = "p_value" in config["method"]
        if (value < threshold) if low else (value >= threshold):
            drifted.append(config["column"])
    total = next(m["value"]["count"] for m in said if m["metric_name"].startswith("DriftedColumnsCount"))
    if int(total) != len(drifted):
        raise SystemExit(f"window {at}: {total} columns drifted by its own count, {drifted} by value and threshold")
    print(json.dumps({"drifted": drifted, "seconds": seconds}), flush=True)
