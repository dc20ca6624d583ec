#!/bin/sh
# One row more on one side, and Evidently's G-test takes the whole report with it.
# Versions: evidently 0.7.23, pandas 2.3.3, numpy 2.4.6, scipy 1.17.1 (Python 3.11).
# Behaviour: g_test hands SciPy the reference's counts as the expected ones without scaling them to the current rows; SciPy refuses
#   unequal sums, so Report.run raises ValueError, whatever the other columns ask for. chisquare on the same rows is scaled and answers.
# Meaning: windows of a running service are hardly ever as long as their reference; the test only works on samples cut to one length.
# Seen: 40 beside 40 rows: g_test 1.00000, chisquare 1.00000
#       40 beside 41 rows: g_test ValueError, chisquare 0.87590
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check evidently==0.7.23 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1
DO_NOT_TRACK=1 "$work/venv/bin/python" -W ignore - <<'PY'
import pandas as pd
from evidently import Report
from evidently.metrics import ValueDrift

reference = ["left", "right"] * 20

def answers(method, current):
    rows = [pd.DataFrame({"x": side, "y": side}) for side in (current, reference)]
    try:
        said = Report([ValueDrift(column="x", method=method), ValueDrift(column="y", method="chisquare")]).run(*rows).dict()
        return "%.5f" % said["metrics"][0]["value"]
    except ValueError:
        return "ValueError"

said = {}
for current in (reference, reference + ["left"]):
    said[len(current)] = [answers(method, current) for method in ("g_test", "chisquare")]
    print("40 beside %d rows: g_test %s, chisquare %s" % (len(current), *said[len(current)]))
assert said == {40: ["1.00000", "1.00000"], 41: ["ValueError", "0.87590"]}, said
PY
