"""Writes one history with MLflow's own client, into a SQLite file and into a folder, and says what it wrote.

Given a URL instead of a folder, it writes there alone: any store that the client speaks to.
"""

import json
import os
import sys
import tempfile
import warnings

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
warnings.filterwarnings("ignore")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param  # noqa: E402

try:
    from mlflow.entities import Dataset, DatasetInput, InputTag
except ImportError:  # before 2.4
    Dataset = None

NEW = hasattr(MlflowClient, "create_logged_model")


def write(uri, root):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(uri)
    place = {"artifact_location": os.path.join(root, "files")} if root else {}
    experiment = client.create_experiment("import/first", tags={"team": "ops"}, **place)
    run = client.create_run(
        experiment, start_time=1_600_000_000_123, tags={"mlflow.user": "ann", "note": "x" * 4000}, run_name="one"
    ).info.run_id
    params = {"depth": "6", "long": "y" * 500, "empty": "", "größe/ü": "ß"}
    client.log_batch(run, params=[Param(key, value) for key, value in params.items()])
    points = [["loss", 1 / (step + 1), 1_600_000_000_000 + step, step] for step in range(1500)]
    points += [["odd", float("nan"), 5, 1], ["odd", float("inf"), 6, 2], ["odd", float("-inf"), 7, 3]]
    points += [["system/cpu", -0.0, 8, -4], ["tiny", 5e-324, 9, 0], ["large", -1.7e308, 9, 2**53 - 1]]
    points += [["back", value, 10 - value, 3] for value in range(5)]
    for start in range(0, len(points), 700):
        client.log_batch(run, metrics=[Metric(*point) for point in points[start : start + 700]])
    if Dataset is not None:
        client.log_inputs(
            run,
            [
                DatasetInput(
                    Dataset("flights", "abc123", "local", '{"uri": "x.csv"}', schema='{"a": 1}', profile='{"rows": 3}'),
                    [InputTag("mlflow.data.context", "training")],
                )
            ],
        )
    client.log_text(run, "héllo", "notes/ü 1.txt")
    client.log_text(run, "", "empty.txt")
    client.log_text(run, "flavors: {}\n", "model/MLmodel")
    child = client.create_run(experiment, tags={"mlflow.parentRunId": run}, run_name="child").info.run_id
    client.set_terminated(child, "FAILED", 1_600_000_009_000)
    gone = client.create_run(experiment, run_name="gone").info.run_id
    client.log_metric(gone, "loss", 0.5, 1_600_000_000_000, 1)
    client.delete_run(gone)
    report = {
        "run": run,
        "child": child,
        "gone": gone,
        "params": params,
        "points": [[key, str(value), time, step] for key, value, time, step in points],
        "dataset": Dataset is not None,
        "alias": hasattr(client, "set_registered_model_alias"),
        "files": {"notes/ü 1.txt": "héllo", "empty.txt": "", "model/MLmodel": "flavors: {}\n"},
    }
    if NEW:
        model = client.create_logged_model(experiment, "clf", run, tags={"t": "v"}, params={"p": "1"}, model_type="x")
        with tempfile.TemporaryDirectory() as files:
            with open(os.path.join(files, "MLmodel"), "w") as file:
                file.write("flavors: {}\n# of its own\n")
            client.log_model_artifacts(model.model_id, files)
        client.finalize_logged_model(model.model_id, "READY")
        client.log_metric(
            run, "acc", 0.9, 1_600_000_001_000, 3,
            dataset_name="flights", dataset_digest="abc123", model_id=model.model_id,
        )
        report["points"].append(["acc", "0.9", 1_600_000_001_000, 3])
        from mlflow.entities import LoggedModelOutput

        client.log_outputs(run, [LoggedModelOutput(model.model_id, 3)])
        report["model"] = model.model_id
    client.set_terminated(run, "FINISHED", 1_600_000_005_000)
    client.create_registered_model("flights-late", tags={"a": "b"}, description="about flights")
    source = f"runs:/{run}/model" if NEW else f"{client.get_run(run).info.artifact_uri}/model"
    client.create_model_version("flights-late", source, run, tags={"k": "v"}, description="the first")
    dropped = client.create_model_version("flights-late", source, run)
    client.delete_model_version("flights-late", dropped.version)
    if NEW:
        client.create_model_version("flights-late", f"models:/{report['model']}", run, model_id=report["model"])
    else:
        client.create_model_version("flights-late", source, run)
    client.transition_model_version_stage("flights-late", "3", "Staging")
    if hasattr(client, "set_registered_model_alias"):
        client.set_registered_model_alias("flights-late", "champion", "1")
    deleted = client.create_experiment("import/gone")
    client.create_run(deleted, run_name="in it")
    client.delete_experiment(deleted)
    return report


def main():
    target = sys.argv[1]
    if "://" in target:
        report = {"only": write(target, sys.argv[2] if len(sys.argv) > 2 else "")}
    else:
        report = {
            "database": write(f"sqlite:///{target}/mlflow.db", f"{target}/database"),
            "folder": write(f"file://{target}/mlruns", f"{target}/folder"),
        }
    print("REPORT" + json.dumps(report))


main()
