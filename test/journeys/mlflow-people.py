"""One person with MLflow's own client, by name and password: what they make, and what they see of all there is."""

import json
import os

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

name = os.environ["MLFLOW_TRACKING_USERNAME"]
client = MlflowClient()


def tried(work):
    try:
        work()
        return "done"
    except MlflowException as error:
        return error.error_code


seen = {}
seen["made"] = tried(lambda: mlflow.set_experiment(f"of {name}"))
if seen["made"] == "done":
    with mlflow.start_run(run_name=f"run of {name}") as run:
        mlflow.log_param("by", name)
        mlflow.log_metric("auc", 0.5)
        mlflow.log_text(f"notes of {name}", "notes.txt")
    seen["run"] = run.info.run_id
    seen["registered"] = tried(lambda: client.create_registered_model(f"model-{name}"))
seen["experiments"] = sorted(e.name for e in client.search_experiments())
seen["runs"] = sorted(
    r.info.run_name for r in client.search_runs([e.experiment_id for e in client.search_experiments()])
)
seen["models"] = sorted(m.name for m in client.search_registered_models())
other = os.environ.get("OTHER_RUN")
if other:
    seen["other run"] = tried(lambda: client.get_run(other))
    seen["other metric"] = tried(lambda: client.log_metric(other, "auc", 1.0))
    seen["other model"] = tried(lambda: client.get_registered_model(os.environ["OTHER_MODEL"]))
print("REPORT" + json.dumps(seen))
