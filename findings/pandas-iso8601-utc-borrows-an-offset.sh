#!/bin/sh
# A time without a zone takes the offset of the row before it.
# Versions: pandas 2.3.3, numpy 2.3.5 (Python 3.11).
# Behaviour: pd.to_datetime([zoned, naive], format="ISO8601", utc=True) reads the naive one as if it had the first one's offset; in the
#   other order, and alone, it is taken for UTC, as the documentation says of naive times with utc=True.
# Meaning: parsing a column of requests row by row and all at once gives different moments; one caller's row changes another's.
# Seen: after a zoned row 2001-01-01 18:30:00+00:00
#       before it, and alone 2001-01-02 00:00:00+00:00
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pandas==2.3.3 numpy==2.3.5
"$work/venv/bin/python" - <<'PY'
import pandas as pd

zoned, naive = "1971-02-03T23:04:05+05:30", "2001-01-02T00:00:00"
read = lambda rows: [str(one) for one in pd.to_datetime(rows, format="ISO8601", utc=True)]
after, before, alone = read([zoned, naive])[1], read([naive, zoned])[0], read([naive])[0]
print("after a zoned row", after)
print("before it", before, "and alone", alone)
assert after == "2001-01-01 18:30:00+00:00", after
assert before == alone == "2001-01-02 00:00:00+00:00", (before, alone)
PY
