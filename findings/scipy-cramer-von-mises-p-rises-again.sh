#!/bin/sh
# Two samples that have no value in common range get a larger p-value than two that overlap almost wholly.
# Versions: scipy 1.17.1, numpy 2.4.6 (Python 3.11).
# Behaviour: cramervonmises_2samp by the limiting distribution (which "auto" takes above 20 values) adds up a series until a term is below
#   1e-7, and takes the sum from 1. The terms left out stay in the p-value, and there are more of them the larger the statistic is.
# Meaning: columns or windows cannot be put in order by this p-value, and a threshold of 1e-6 (as for many columns, corrected for
#   their number) is met by the small drift and missed by the clear one. The statistic itself is right: order by that.
# Seen: 100000 values moved by   1000: statistic     4.967, p 4e-11
#       100000 values moved by 100000: statistic 16666.667, p 1e-06
#       one in so many arrangements is that far apart: more than 1e+60000
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import math
import numpy as np
from scipy.stats import cramervonmises_2samp

size = 100_000
values = np.arange(float(size))
near, far = (cramervonmises_2samp(values, values + by, method="asymptotic") for by in (1_000, size))
for by, found in ((1_000, near), (size, far)):
    print("%d values moved by %6d: statistic %9.3f, p %.0e" % (size, by, found.statistic, found.pvalue))
# The ways to choose which half of the pooled values is the first sample; two of them lie as far apart as can be.
arrangements = (math.lgamma(2 * size + 1) - 2 * math.lgamma(size + 1)) / math.log(10)
print("one in so many arrangements is that far apart: more than 1e+%d" % (arrangements // 10_000 * 10_000))
assert far.statistic > 3_000 * near.statistic, (near, far)
assert near.pvalue < 1e-10 and 1e-7 < far.pvalue < 1e-5, (near, far)
assert arrangements > 60_000, arrangements
PY
