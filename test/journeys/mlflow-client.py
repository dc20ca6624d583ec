"""A day of work with the plain mlflow client. Run against Treadle and against MLflow's own server.

Asserts what every tracking server must hold, and prints one JSON document of all it saw, with ids and times made
equal, so that the two servers' documents can be compared.
"""

import json
import math
import os
import re
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from PIL import Image
from urllib3.connectionpool import HTTPConnectionPool

mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
report = {}
names = {}


def same(value):
    """Ids by the name of what they name; times gone."""
    text = json.dumps(value, default=str, sort_keys=True)
    for found, name in names.items():
        text = text.replace(found, name)
    text = re.sub(r"m-[0-9a-f]{32}", "<model>", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "<id>", text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text)
    text = re.sub(r"\b1[78]\d{11}\b", "0", text)
    # What the client finds around the script: who runs it, from where, and which Git.
    text = re.sub(r', \\+"mlflow\.source\.git\.\w+\\+": \\+"[^"\\]*\\+"', "", text)
    text = re.sub(r'(\\+"mlflow\.(?:user|source\.name)\\+": \\+")[^"\\]*', r"\1<here>", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>", text)
    return json.loads(text)


def seen(name, value):
    report[name] = value


asked = []
make_request = HTTPConnectionPool._make_request


def heard(self, connection, method, url, **more):
    asked.append((method, url, more.get("body")))
    return make_request(self, connection, method, url, **more)


HTTPConnectionPool._make_request = heard


def refused(name, act):
    """What goes wrong goes wrong in the same way: by its code, at once."""
    asked.clear()
    try:
        act()
    except MlflowException as error:
        assert len(set(asked)) == len(asked), f"{name}: the client was made to retry: {asked}"
        seen(f"refused: {name}", error.error_code)
        return
    raise AssertionError(f"{name} was not refused")


def shown(run):
    run = client.get_run(run.info.run_id if hasattr(run, "info") else run)
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "ended": run.info.end_time is not None,
        "uri": run.info.artifact_uri,
        "user": bool(run.info.user_id),
        "params": run.data.params,
        "metrics": {k: "NaN" if math.isnan(v) else v for k, v in run.data.metrics.items() if not k.startswith("system/")},
        "tags": {k: v for k, v in run.data.tags.items() if not re.match(r"mlflow\.(user|source\.(name|git\..*))$", k)},
        "inputs": [
            {"dataset": dict(i.dataset), "tags": {t.key: t.value for t in i.tags}} for i in run.inputs.dataset_inputs
        ],
    }


# --- experiments ---------------------------------------------------------------------------------------------
experiment = mlflow.set_experiment("journey")
names[f"/{experiment.experiment_id}/"] = "/<journey>/"
assert mlflow.set_experiment("journey").experiment_id == experiment.experiment_id
mlflow.set_experiment_tags({"team": "ops", "mlflow.note.content": "what it is about"})
for i in range(5):
    client.create_experiment(f"other {i}", tags={"number": str(i), "parity": "odd" if i % 2 else "even"})
found = client.get_experiment_by_name("journey")
seen("experiment", {"name": found.name, "tags": found.tags, "stage": found.lifecycle_stage, "uri": found.artifact_location})
seen("default experiment", client.get_experiment("0").name)


def experiment_names(**search):
    return [e.name for e in client.search_experiments(**search)]


seen("experiments by name", experiment_names(order_by=["name ASC"]))
seen("experiments like", experiment_names(filter_string="name LIKE 'other%' AND tags.parity = 'odd'", order_by=["name DESC"]))
seen("experiments ilike", experiment_names(filter_string="name ILIKE 'OTHER _'", order_by=["name"]))
seen("experiments unequal", experiment_names(filter_string="tags.number != '3'", order_by=["name"]))
pages, token = [], None
while True:
    page = client.search_experiments(max_results=2, page_token=token, order_by=["name ASC"])
    pages.append([e.name for e in page])
    token = page.token
    if not token:
        break
seen("experiment pages", pages)
three = client.get_experiment_by_name("other 3").experiment_id
client.rename_experiment(three, "renamed 3")
client.delete_experiment(three)
seen("deleted experiments", experiment_names(view_type=ViewType.DELETED_ONLY))
refused("a deleted experiment's name", lambda: client.create_experiment("renamed 3"))
refused("a taken name", lambda: client.create_experiment("journey"))
refused("deleting twice", lambda: client.delete_experiment(three))
refused("a run in a deleted experiment", lambda: client.create_run(three))
client.restore_experiment(three)
refused("restoring twice", lambda: client.restore_experiment(three))
refused("an unknown experiment", lambda: client.get_experiment("987654"))
seen("no such name", client.get_experiment_by_name("nobody") is None)

# --- runs: params, metrics, tags ------------------------------------------------------------------------------
with mlflow.start_run(run_name="outer", description="a note", tags={"color": "blue"}) as outer:
    names[outer.info.run_id] = "<outer>"
    mlflow.log_param("alpha", 0.5)
    mlflow.log_params({"layers": [1, 2], "long": "x" * 7000, "none": None, "empty": ""})
    for step in range(30):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"auc": 0.75, "nan": float("nan"), "inf": float("inf"), "-inf": float("-inf"), "a/b c.d:e-f_g": 1}, step=3)
    mlflow.log_metric("order", 1, step=5)
    mlflow.log_metric("order", 2, step=4)
    mlflow.log_metric("tie", 1.0, step=1, timestamp=5)
    mlflow.log_metric("tie", 3.0, step=1, timestamp=5)
    mlflow.log_metric("tie", 2.0, step=1, timestamp=5)
    mlflow.set_tag("stage", "test")
    mlflow.set_tags({"long tag": "y" * 9000, "gone": "soon", "unicode": "Größe ✓"})
    mlflow.delete_tag("gone")
    with mlflow.start_run(run_name="inner", nested=True) as inner:
        names[inner.info.run_id] = "<inner>"
        mlflow.log_metric("loss", 0.25)
seen("outer", shown(outer))
seen("inner", shown(inner))
assert client.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == outer.info.run_id
assert len(client.get_run(outer.info.run_id).data.params["long"]) == 6000
assert len(client.get_run(outer.info.run_id).data.tags["long tag"]) == 8000
history = client.get_metric_history(outer.info.run_id, "loss")
assert [(m.step, m.value) for m in history] == [(s, 1 / (s + 1)) for s in range(30)]
seen("tie history", [(m.value, m.timestamp, m.step) for m in client.get_metric_history(outer.info.run_id, "tie")])
seen("no history", client.get_metric_history(outer.info.run_id, "nothing"))

failed = None
try:
    with mlflow.start_run(run_name="breaks") as failed:
        raise ValueError("on purpose")
except ValueError:
    pass
seen("a run that breaks", client.get_run(failed.info.run_id).info.status)

run_id = outer.info.run_id
refused("another param value", lambda: client.log_param(run_id, "alpha", "0.6"))
refused("another param value in a batch", lambda: client.log_batch(run_id, params=[Param("alpha", "0.6")]))
client.log_param(run_id, "alpha", "0.5")
refused("a bad key", lambda: client.log_metric(run_id, "a?b", 1))
refused("a key that climbs", lambda: client.log_param(run_id, "../up", 1))
refused("a long key", lambda: client.log_param(run_id, "k" * 251, 1))
refused("an unknown run", lambda: client.get_run("f" * 32))
refused("a missing tag", lambda: client.delete_tag(run_id, "never was"))
refused("too many metrics", lambda: client._tracking_client.store.log_batch(run_id, [Metric("m", 1.0, 1, i) for i in range(1001)], [], []))
refused("one param twice", lambda: client._tracking_client.store.log_batch(run_id, [], [Param("p", "1"), Param("p", "2")], []))

# --- a batch of 1,000 -----------------------------------------------------------------------------------------
big = client.create_run(experiment.experiment_id, run_name="big").info.run_id
names[big] = "<big>"
now = int(time.time() * 1000)
client.log_batch(
    big,
    metrics=[Metric("m", math.sin(i / 50), now + i, i) for i in range(900)],
    params=[Param(f"p{i}", str(i)) for i in range(50)],
    tags=[RunTag(f"t{i}", str(i)) for i in range(50)],
)
client.log_batch(big, metrics=[Metric("m", math.sin(i / 50), now + i, i) for i in range(900)])
assert [m.value for m in client.get_metric_history(big, "m")] == [math.sin(i / 50) for i in range(900)]
client.set_terminated(big, status="KILLED")
seen("big", shown(big))

# --- artifacts -------------------------------------------------------------------------------------------------
with mlflow.start_run(run_name="artifacts") as run:
    names[run.info.run_id] = "<artifacts>"
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/tree/deep/deeper")
        for path in ["tree/a.txt", "tree/deep/b b.txt", "tree/deep/deeper/c#.bin".replace("#", "ü"), "tree/empty"]:
            with open(f"{folder}/{path}", "wb") as file:
                file.write(b"" if path.endswith("empty") else os.path.basename(path).encode() * 3)
        mlflow.log_artifact(f"{folder}/tree/a.txt")
        mlflow.log_artifact(f"{folder}/tree/a.txt", "sub/folder")
        mlflow.log_artifacts(f"{folder}/tree", "tree")
    mlflow.log_text("first", "note.md")
    mlflow.log_text("second", "note.md")
    mlflow.log_dict({"b": [1, 2], "a": "ü"}, "conf/dict.json")
    mlflow.log_dict({"b": [1, 2]}, "conf/dict.yaml")
    mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
    mlflow.log_table({"q": ["c"], "n": [3]}, "table.json")
    figure = plt.figure()
    plt.plot([1, 2, 3])
    mlflow.log_figure(figure, "plots/line.png")
    mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "black.png")
    mlflow.log_image(Image.new("RGB", (8, 8), "red"), key="red", step=2)
    mlflow.flush_artifact_async_logging()  # images of a step are sent by a thread


def tree(run_id, path=None):
    entries = []
    for entry in client.list_artifacts(run_id, path):
        # MLflow says nothing of the size of an empty file.
        size = None if entry.path.endswith((".png", ".webp")) else entry.file_size or 0
        entries.append([re.sub(r"timestamp\D\d+", "timestamp", entry.path), entry.is_dir, size])
        if entry.is_dir:
            entries += tree(run_id, entry.path)
    return entries


uri = run.info.artifact_uri
seen("artifacts", tree(run.info.run_id))
seen("list of a file", client.list_artifacts(run.info.run_id, "note.md"))
seen("list of nothing", client.list_artifacts(run.info.run_id, "nowhere"))
assert mlflow.artifacts.load_text(f"{uri}/note.md") == "second"
assert mlflow.artifacts.load_dict(f"{uri}/conf/dict.json") == {"b": [1, 2], "a": "ü"}
assert mlflow.artifacts.load_image(f"{uri}/black.png").size == (4, 4)
seen("table", mlflow.load_table("table.json", run_ids=[run.info.run_id]).to_dict("list"))
with tempfile.TemporaryDirectory() as folder:
    local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="tree", dst_path=folder)
    downloaded = sorted(
        (os.path.relpath(os.path.join(at, file), local), open(os.path.join(at, file), "rb").read().decode())
        for at, _, files in os.walk(local)
        for file in files
    )
    seen("downloaded", downloaded)
refused("a missing artifact", lambda: mlflow.artifacts.load_text(f"{uri}/nothing.txt"))
client._tracking_client._get_artifact_repo(run.info.run_id).delete_artifacts("sub")
seen("after deleting a folder", [entry.path for entry in client.list_artifacts(run.info.run_id)])

# --- datasets ----------------------------------------------------------------------------------------------------
frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "late": [0, 1, 0]})
with mlflow.start_run(run_name="data") as run:
    names[run.info.run_id] = "<data>"
    dataset = mlflow.data.from_pandas(frame, source="https://example.org/flights.csv", name="flights", targets="late")
    mlflow.log_input(dataset, context="training", tags={"split": "a"})
    mlflow.log_input(dataset, context="training", tags={"split": "a"})
    mlflow.log_input(mlflow.data.from_numpy(np.arange(4.0), name="numbers"), context="validation")
seen("data", shown(run))
seen("runs by dataset", [r.info.run_name for r in client.search_runs([experiment.experiment_id], "datasets.name = 'flights' AND datasets.context = 'training'")])

# --- search --------------------------------------------------------------------------------------------------------
search = client.create_experiment("search")
for i in range(12):
    run_id = client.create_run(search, start_time=1_700_000_000_000 + i, run_name=f"s{i}", tags={"parity": "odd" if i % 2 else "even"}).info.run_id
    metrics = [Metric("auc", i / 10, 1, 0)] if i < 9 else [Metric("auc", float("nan"), 1, 0)] if i == 9 else []
    client.log_batch(run_id, metrics=[*metrics, Metric("my loss", -i, 1, 0)], params=[Param("kind", "tree" if i < 6 else "net")])
    if i % 3 == 0:
        client.set_terminated(run_id, "FINISHED" if i < 6 else "FAILED", 1_700_000_100_000 + i)


def found_runs(filter="", **more):
    return [r.info.run_name for r in client.search_runs([search], filter, **more)]


for filter in [
    "",
    "metrics.auc > 0.3",
    "metrics.auc >= 0.3 and metrics.auc <= 0.5",
    "metric.auc = 0.2",
    "metrics.`my loss` < -9",
    'metrics."my loss" < -9',
    "params.kind = 'tree' AND metrics.auc != 0.1",
    'parameters.kind = "net"',
    "params.kind LIKE 'tr%'",
    "params.kind ILIKE 'NE_'",
    "params.kind != 'net'",
    "tags.parity = 'odd' and tag.parity ILIKE 'OD%'",
    "tags.mlflow.runName = 's3'",
    "attributes.status = 'FINISHED'",
    "status != 'RUNNING'",
    "attr.run_name LIKE 's1%'",
    "run_name = 's7'",
    "attributes.start_time > 1700000000008",
    "created >= 1700000000009",
    "end_time > 0",
    "params.missing IS NULL AND tags.parity IS NOT NULL AND run_name = 's1'",
]:
    seen(f"search {filter}", found_runs(filter))
for order in [
    ["metrics.auc DESC"],
    ["metrics.auc ASC"],
    ["metrics.`my loss`"],
    ["params.kind ASC", "metrics.auc DESC"],
    ["tags.parity DESC", "attributes.start_time ASC"],
    ["attributes.end_time ASC", "run_name DESC"],
    ["status", "start_time DESC"],
    ["metrics.nothing DESC"],
]:
    seen(f"order {order}", found_runs(order_by=order))
pages, token = [], None
while True:
    page = client.search_runs([search], order_by=["metrics.auc DESC"], max_results=5, page_token=token)
    pages.append([r.info.run_name for r in page])
    token = page.token
    if not token:
        break
seen("run pages", pages)
table = mlflow.search_runs(experiment_names=["search"], filter_string="metrics.auc > 0.5", order_by=["metrics.auc ASC"])
seen("search as a table", {"names": list(table["tags.mlflow.runName"]), "auc": list(table["metrics.auc"]), "kinds": list(table["params.kind"])})
refused("a filter that is none", lambda: found_runs("metrics.auc >"))
refused("an unknown name", lambda: found_runs("wheels.count = 4"))
refused("an unquoted value", lambda: found_runs("params.kind = tree"))
refused("a bad page token", lambda: client.search_runs([search], page_token="nonsense"))

# --- delete and restore ------------------------------------------------------------------------------------------------
gone = client.search_runs([search], "run_name = 's4'")[0].info.run_id
client.delete_run(gone)
client.delete_run(gone)
seen("active after delete", len(found_runs()))
seen("deleted", found_runs(run_view_type=ViewType.DELETED_ONLY))
seen("all", len(found_runs(run_view_type=ViewType.ALL)))
refused("logging to a deleted run", lambda: client.log_metric(gone, "auc", 1))
refused("tagging a deleted run", lambda: client.set_tag(gone, "a", "b"))
client.restore_run(gone)
seen("restored", len(found_runs()))
client.update_run(gone, status="FINISHED", name="s4 renamed")
seen("renamed", [client.get_run(gone).info.run_name, client.get_run(gone).data.tags["mlflow.runName"], client.get_run(gone).info.status])
client.delete_experiment(search)
seen("runs of a deleted experiment", [len(found_runs()), len(found_runs(run_view_type=ViewType.DELETED_ONLY))])
client.restore_experiment(search)
seen("runs of a restored experiment", len(found_runs()))

# --- system metrics ---------------------------------------------------------------------------------------------------
os.environ["MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL"] = "0.2"
mlflow.set_experiment("journey")
with mlflow.start_run(run_name="system", log_system_metrics=True) as run:
    while not any(k.startswith("system/") for k in client.get_run(run.info.run_id).data.metrics):
        time.sleep(0.1)
keys = sorted(k for k in client.get_run(run.info.run_id).data.metrics if k.startswith("system/") and "gpu" not in k)
seen("system metrics", keys)
assert "system/cpu_utilization_percentage" in keys

# --- autolog --------------------------------------------------------------------------------------------------------------
from sklearn.linear_model import LogisticRegression

mlflow.sklearn.autolog()
with mlflow.start_run(run_name="auto") as run:
    names[run.info.run_id] = "<auto>"
    features = pd.DataFrame({"x": np.linspace(0, 1, 40), "y": np.linspace(1, 0, 40) ** 2})
    LogisticRegression(max_iter=200).fit(features, [0] * 20 + [1] * 20)
mlflow.sklearn.autolog(disable=True)
auto = shown(run)
seen("autolog", {"params": auto["params"], "metrics": sorted(auto["metrics"]), "inputs": [i["tags"] for i in auto["inputs"]], "artifacts": [e.path for e in client.list_artifacts(run.info.run_id)]})
logged = client.search_logged_models([experiment.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'")
seen("autolog model", [(m.name, str(m.status)) for m in logged])
assert [o.model_id for o in client.get_run(run.info.run_id).outputs.model_outputs] == [m.model_id for m in logged]

print("REPORT" + json.dumps(same(report)))
