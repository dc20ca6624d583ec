"""Makes what the serving journeys need: flights by formula, and two models of them as MLflow packages with an ONNX file.

python ui-model.py FOLDER  ->  train.csv, holdout.csv, leaky.csv, first/ and second/ (the second one knows more)
"""

import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
rng = np.random.default_rng(7)


def flights(rows: int, first_day: str, days: int) -> pd.DataFrame:
    """One row a flight; late (0 or 1) follows mostly from the hour and the distance (miles)."""
    day = rng.integers(0, days, rows)
    table = pd.DataFrame(
        {
            "date": (pd.Timestamp(first_day) + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d"),
            "flight": np.arange(rows) + 100,
            "origin": rng.choice(["ATL", "ORD", "SFO", "JFK"], rows),
            "distance": rng.uniform(100.0, 2500.0, rows).round(1),
            "hour": rng.integers(5, 23, rows).astype(float),
        }
    )
    drive = (table["hour"] - 14) / 4 + (table["distance"] - 1300) / 1500
    table["late"] = (rng.uniform(0, 1, rows) < 1 / (1 + np.exp(-drive))).astype(int)
    return table


train = flights(3000, "2001-01-01", 60)
holdout = flights(1500, "2001-03-05", 27)
train.to_csv(folder / "train.csv", index=False)
holdout.to_csv(folder / "holdout.csv", index=False)
# A hundred rows that training read, among those that it is judged on.
pd.concat([holdout.head(1400), train.head(100)]).to_csv(folder / "leaky.csv", index=False)

inputs = train[["distance", "hour"]]
for name in ["first", "second"]:
    known = inputs.copy()
    if name == "first":
        # It never saw at which hour a flight left.
        known["hour"] = rng.permutation(known["hour"])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(known.to_numpy(np.float32), train["late"])
    onnx = to_onnx(model, inputs.head(1).to_numpy(np.float32), options={"zipmap": False}, target_opset=17)
    mlflow.onnx.save_model(
        onnx,
        str(folder / name),
        signature=infer_signature(inputs),
        input_example=inputs.head(3),
        pip_requirements=["onnxruntime"],
    )
