"""One person with MLflow's own client, by name and password: what they make, what they see of all there is, and what they reach of another's."""

import json
import os
import tempfile
import time

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

name = os.environ["MLFLOW_TRACKING_USERNAME"]
# A text that only those of their workspace may see.
mark = os.environ.get("MARK", name)
client = MlflowClient()


def tried(work):
    try:
        work()
        return "done"
    except MlflowException as error:
        return error.error_code or "refused"
    except Exception as error:  # downloads raise whatever their library does
        return type(error).__name__


def everything():
    """All that the client lists and opens, as text."""
    seen = []
    experiments = client.search_experiments()
    seen += [(e.name, e.tags) for e in experiments]
    ids = [e.experiment_id for e in experiments]
    for run in client.search_runs(ids) + client.search_runs(ids, f"params.`by` LIKE '%'"):
        seen.append(run.to_dictionary())
        for file in client.list_artifacts(run.info.run_id):
            with tempfile.TemporaryDirectory() as folder:
                with open(client.download_artifacts(run.info.run_id, file.path, folder)) as text:
                    seen.append((file.path, text.read()))
    seen += [dict(m) for m in client.search_registered_models()]
    seen += [dict(v) for v in client.search_model_versions()]
    seen += [m.to_dictionary() for m in client.search_logged_models(ids)]
    return repr(seen)


def reached(run, model):
    """What becomes of the other's things, by their ids."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "planted.txt")
        with open(file, "w") as text:
            text.write(mark * 100)

        def parts():
            os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
            os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = "1"
            try:
                client.log_artifact(run, file)
            finally:
                del os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"]

        def version_of_it():
            """Its source is a text like any other: it leads nowhere."""
            made = client.create_model_version(f"model-{mark}", f"runs:/{run}/notes.txt")
            mlflow.artifacts.download_artifacts(f"models:/{made.name}/{made.version}")

        return {
            "run": tried(lambda: client.get_run(run)),
            "metric": tried(lambda: client.log_metric(run, "auc", 1.0)),
            "tag": tried(lambda: client.set_tag(run, "by", mark)),
            "history": tried(lambda: client.get_metric_history(run, "auc")),
            "artifacts": tried(lambda: client.list_artifacts(run)),
            "download": tried(lambda: client.download_artifacts(run, "notes.txt", folder)),
            "by address": tried(
                lambda: mlflow.artifacts.download_artifacts(f"mlflow-artifacts:/0/{run}/artifacts/notes.txt")
            ),
            "upload": tried(lambda: client.log_artifact(run, file)),
            "upload in parts": tried(parts),
            "delete run": tried(lambda: client.delete_run(run)),
            "model": tried(lambda: client.get_registered_model(model)),
            "version": tried(lambda: client.get_model_version(model, "1")),
            "alias": tried(lambda: client.set_registered_model_alias(model, "champion", "1")),
            "load": tried(lambda: mlflow.artifacts.download_artifacts(f"models:/{model}/1")),
            "delete model": tried(lambda: client.delete_registered_model(model)),
            "a version of it": tried(version_of_it),
        }


def refused_by_quota():
    """What the client says where its workspace may have no more, and how long it took to say so."""
    said = {}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "more.txt")
        with open(file, "w") as text:
            text.write("more")
        for what, work in {
            "run": lambda: client.create_run("0"),
            "bytes": lambda: client.log_artifact(os.environ["QUOTA_RUN"], file),
        }.items():
            began = time.monotonic()
            try:
                work()
                said[what] = "done"
            except Exception as error:
                said[what] = f"{getattr(error, 'error_code', type(error).__name__)}: {error}"
            said[f"{what} seconds"] = time.monotonic() - began
    return said


seen = {}
if os.environ.get("QUOTA_RUN"):
    print("REPORT" + json.dumps(refused_by_quota()))
    raise SystemExit(0)
if os.environ.get("LOOK_ONLY") is None:
    seen["made"] = tried(lambda: mlflow.set_experiment(f"of {mark}"))
    if seen["made"] == "done":
        with mlflow.start_run(run_name=f"run of {mark}") as run:
            mlflow.log_param("by", mark)
            mlflow.log_metric("auc", 0.5)
            mlflow.log_text(f"notes of {mark}", "notes.txt")
        seen["run"] = run.info.run_id
        seen["registered"] = tried(lambda: client.create_registered_model(f"model-{mark}"))
seen["experiments"] = sorted(e.name for e in client.search_experiments())
seen["runs"] = sorted(
    r.info.run_name for r in client.search_runs([e.experiment_id for e in client.search_experiments()])
)
seen["models"] = sorted(m.name for m in client.search_registered_models())
seen["everything"] = everything()
other = os.environ.get("OTHER_RUN")
if other:
    seen["reached"] = reached(other, os.environ["OTHER_MODEL"])
print("REPORT" + json.dumps(seen))
