"""Rows of one table among those of another, the usual ways: a merge of pandas, and hashes of pandas' own rows.

    python disjoint.py GATE TRAINING merge|hash
"""

import json
import sys
import time

import pandas as pd

gate, training, way = sys.argv[1:4]
began = time.perf_counter()
left = pd.read_parquet(gate)
right = pd.read_parquet(training)
if way == "merge":
    found = int((left.merge(right.drop_duplicates(), how="left", indicator=True)["_merge"] == "both").sum())
else:
    hashes = pd.util.hash_pandas_object(right, index=False)
    found = int(pd.util.hash_pandas_object(left, index=False).isin(set(hashes)).sum())
print(json.dumps({"seconds": time.perf_counter() - began, "found": found}))
