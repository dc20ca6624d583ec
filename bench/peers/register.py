"""Registers model folders as an MLflow client does: one run, one version a folder.

    MLFLOW_TRACKING_URI=… python register.py NAME=FOLDER …
"""

import sys

import mlflow
from mlflow import MlflowClient

client = MlflowClient()
mlflow.set_experiment("bench")
for pair in sys.argv[1:]:
    name, folder = pair.split("=", 1)
    with mlflow.start_run(run_name=name) as run:
        mlflow.log_artifacts(folder, "model")
    client.create_registered_model(name)
    client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id)
