#!/bin/sh
# One row just below the reference's range makes a chunk's Wasserstein distance three times as large; one just above it does not.
# Versions: nannyml 0.13.1, statsmodels 0.15.0, kaleido 0.2.1, pandas 2.3.3, numpy 2.4.6, scipy 1.17.1 (Python 3.11).
# Behaviour: from 10,000 reference rows on, the distance is taken between two binned distribution functions. Where k of a chunk's n rows lie
#   below the reference's minimum, the chunk's function is raised by (k + 1) / n, not k / n, over the whole range of the reference.
#   With 9,999 reference rows, where SciPy's exact distance is used, the same move by 1e-9 changes nothing.
# Meaning: the distance is off by up to range / n, most in small chunks: an alert can hang on a rounding error in the lowest row, and
#   the value of a column jumps when its reference grows past 10,000 rows.
# Seen:  9999 rows: within 0.00333 lowest below 0.00333 highest above 0.00333 exact 0.00333
#       10000 rows: within 0.00333 lowest below 0.01000 highest above 0.00333 exact 0.00333
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  nannyml==0.13.1 statsmodels==0.15.0 kaleido==0.2.1 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1
NML_DISABLE_USAGE_LOGGING=1 "$work/venv/bin/python" -W ignore - <<'PY'
import nannyml
import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

within = np.linspace(0, 1, 100)
below, above = within.copy(), within.copy()
below[0] -= 1e-9
above[-1] += 1e-9

def answers(rows):
    reference = np.linspace(0, 1, rows)
    calculator = nannyml.UnivariateDriftCalculator(column_names=["x"], continuous_methods=["wasserstein"], chunk_size=100)
    calculator.fit(pd.DataFrame({"x": reference}))
    def distance(chunk):
        table = calculator.calculate(pd.DataFrame({"x": chunk})).filter(period="analysis").to_df()
        return float(table[("x", "wasserstein", "value")].iloc[0])
    said = [distance(chunk) for chunk in (within, below, above)]
    exact = float(wasserstein_distance(reference, below))
    print("%5d rows: within %.5f lowest below %.5f highest above %.5f exact %.5f" % (rows, *said, exact))
    return said, exact

said, exact = answers(9_999)
assert all(abs(one - exact) < 1e-6 for one in said), (said, exact)
(inside, low, high), exact = answers(10_000)
assert abs(inside - exact) < 1e-6 and abs(high - exact) < 2e-6, (inside, high, exact)
assert abs(low - 0.01) < 1e-6, low
PY
