"""Scores the packaged model on rows that are later than everything it has seen, and logs the result.

    python evaluate.py MODEL_FOLDER HOLDOUT.parquet METRICS.json

What is scored is the ONNX file itself, by the runtime that serves it, and not the scikit-learn model that it came from.
"""

import json
import os
import sys
from pathlib import Path

import mlflow
import numpy as np
import onnxruntime
import pyarrow.parquet as pq
from sklearn.metrics import log_loss, roc_auc_score


def main(model: str, holdout: str, metrics: str) -> None:
    session = onnxruntime.InferenceSession(Path(model) / "model.onnx", providers=["CPUExecutionProvider"])
    rows = pq.read_table(holdout)
    feed = {
        column.name: rows[column.name].to_numpy().astype(object if column.type == "tensor(string)" else np.float32)
        for column in session.get_inputs()
    }
    (chance,) = session.run(["late"], feed)
    late = rows["late"].to_numpy()

    scores = {
        "holdout_auc": float(roc_auc_score(late, chance)),
        "holdout_log_loss": float(log_loss(late, chance)),
        "holdout_rows": len(late),
        "holdout_share_late": float(late.mean()),
    }
    if not os.environ.get("MLFLOW_RUN_ID"):
        mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "flight-delay"))
    with mlflow.start_run():
        mlflow.log_metrics(scores)
    Path(metrics).write_text(json.dumps(scores, indent=2) + "\n")
    print(f"AUC {scores['holdout_auc']:.4f} on {scores['holdout_rows']:,} rows, {scores['holdout_share_late']:.1%} of them late")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
