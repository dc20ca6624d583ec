"""Reads cases as JSON on stdin and answers with the figures of the real Evidently and NannyML: see cases.suite.ts."""
import json
import logging
import math
import multiprocessing
import os
import sys
import warnings

os.environ["DO_NOT_TRACK"] = "1"
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import numpy as np
import pandas as pd
import scipy
import evidently
import nannyml
from evidently import Report
from evidently.legacy.calculations.stattests.registry import get_registered_stattest
from evidently.legacy.core import ColumnType
from evidently.metrics import ValueDrift

DTYPES = {"float": "float64", "integer": "int64", "text": "object", "boolean": "bool"}
METHODS = [
    "ks", "chisquare", "z", "wasserstein", "jensenshannon", "psi", "kl_div", "hellinger", "ed", "anderson",
    "cramer_von_mises", "mannw", "t_test", "g_test", "fisher_exact",
]
NANNY = {
    True: ["jensen_shannon", "hellinger", "kolmogorov_smirnov", "wasserstein"],
    False: ["jensen_shannon", "hellinger", "chi2", "l_infinity"],
}


def number(value):
    value = float(value)
    """To twelve digits: what is written down is compared to nine."""
    return float(f"{value:.12g}") if math.isfinite(value) else None


def frame(case, side):
    return pd.DataFrame({"x": pd.Series(case[side], dtype=DTYPES[case["kind"]])})


def report(reference, current):
    try:
        said = Report([ValueDrift(column="x")], include_tests=True).run(current, reference).dict()
        metric, test = said["metrics"][0], said["tests"][0]
        config = metric["config"]
        return {
            "name": config["method"],
            "value": number(metric["value"]),
            "threshold": config["threshold"],
            "drifted": "FAIL" in str(test["status"]).upper(),
        }
    except Exception as error:
        return type(error).__name__


def method(name, kind, reference, current):
    try:
        clean = [side["x"].replace([-np.inf, np.inf], np.nan).dropna() for side in (reference, current)]
        found = get_registered_stattest(name, kind)(clean[0], clean[1], kind, None)
        return {"value": number(found.drift_score), "drifted": bool(found.drifted)}
    except Exception as error:
        return type(error).__name__


def nanny(name, continuous, reference, current):
    try:
        kinds = {"continuous_methods": [name]} if continuous else {"categorical_methods": [name]}
        calculator = nannyml.UnivariateDriftCalculator(column_names=["x"], **kinds)
        table = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
        values = [number(one) for one in table[("x", name, "value")]]
        alerts = [bool(one) for one in table[("x", name, "alert")]]
        upper = table[("x", name, "upper_threshold")].iloc[0]
        return {
            "upper": None if upper is None else number(upper),
            "chunks": [{"value": value, "alert": alert} for value, alert in zip(values, alerts)],
        }
    except Exception as error:
        return type(error).__name__


def answer(case):
    reference, current = frame(case, "reference"), frame(case, "current")
    continuous = case["kind"] in ("float", "integer")
    kind = ColumnType.Numerical if continuous else ColumnType.Categorical
    return {
        "report": report(reference.copy(), current.copy()),
        "methods": {name: method(name, kind, reference.copy(), current.copy()) for name in METHODS},
        "nannyml": {name: nanny(name, continuous, reference.copy(), current.copy()) for name in NANNY[continuous]},
    }


cases = json.load(sys.stdin)
packages = {"evidently": evidently, "nannyml": nannyml, "numpy": np, "pandas": pd, "scipy": scipy}
versions = {name: getattr(package, "__version__", "?") for name, package in packages.items()}
sys.stdout, said = sys.stderr, sys.stdout
with multiprocessing.get_context("fork").Pool() as pool:
    json.dump({"versions": versions, "answers": pool.map(answer, cases, chunksize=4)}, said)
