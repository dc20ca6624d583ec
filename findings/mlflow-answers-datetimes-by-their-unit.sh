#!/bin/sh
# What an MLflow scoring server answers for a numpy array of times depends on the array's unit.
# Versions: mlflow 3.17.2, numpy 2.3.5, pandas 2.3.3 (Python 3.11).
# Behaviour: predictions_to_json writes a datetime64[us] array as ISO texts, and the same moments as datetime64[ns] as whole
#   numbers of nanoseconds since 1970 (NaT as null); a DataFrame of either unit gives texts, and NaT there is the text "NaT".
# Meaning: a client cannot tell an integer output from a time; whoever compares answers with MLflow's must know the unit.
# Seen: us ["2024-01-01T00:00:00.123456"]
#       ns [1704067200123456000, null]
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2 numpy==2.3.5 pandas==2.3.3
MLFLOW_DISABLE_TELEMETRY=true "$work/venv/bin/python" - <<'PY'
import io, json
import numpy as np
from mlflow.pyfunc.scoring_server import predictions_to_json

def answered(array):
    out = io.StringIO()
    predictions_to_json(array, out)
    return json.loads(out.getvalue())["predictions"]

us = answered(np.array(["2024-01-01T00:00:00.123456"], dtype="datetime64[us]"))
ns = answered(np.array(["2024-01-01T00:00:00.123456", "NaT"], dtype="datetime64[ns]"))
print("us", us)
print("ns", ns)
assert us == ["2024-01-01T00:00:00.123456"], us
assert ns == [1704067200123456000, None], ns
PY
