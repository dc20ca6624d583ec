"""Models through MLflow's own client: logged, registered, found, loaded again by every address; predictions must be equal."""

import json
import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
told = {}


def same(a, b):
    return bool(np.array_equal(np.asarray(a), np.asarray(b)))


frame = pd.DataFrame({"distance": np.linspace(0, 1, 60), "hour": np.arange(60) % 24 / 24})
label = (frame["distance"] + frame["hour"] > 0.9).astype(int)
model = LogisticRegression().fit(frame, label)
expected = model.predict(frame)
signature = infer_signature(frame, expected, params={"threshold": 0.5})

mlflow.set_experiment("models")
with mlflow.start_run(run_name="sklearn") as run:
    info = mlflow.sklearn.log_model(model, name="clf", signature=signature, input_example=frame.head(3), params={"depth": 6}, tags={"kind": "linear"})
    mlflow.log_metric("auc", 0.61, step=0, model_id=info.model_id)
    mlflow.log_metric("auc", 0.71, step=1, model_id=info.model_id)
    data = mlflow.data.from_pandas(frame.assign(late=label), name="flights", targets="late")
    mlflow.log_metric("accuracy", 0.9, model_id=info.model_id, dataset=data)
told["model_id"] = info.model_id
told["run_id"] = run.info.run_id
logged = mlflow.get_logged_model(info.model_id)
told["logged"] = {
    "status": str(logged.status),
    "name": logged.name,
    "params": logged.params,
    "tag": logged.tags["kind"],
    "metrics": sorted([one.key, one.value, one.step, one.dataset_name] for one in logged.metrics),
    "source_run": logged.source_run_id == run.info.run_id,
}
outputs = client.get_run(run.info.run_id).outputs.model_outputs
told["outputs"] = [one.model_id == info.model_id for one in outputs]

first = mlflow.register_model(info.model_uri, "flight-delay", tags={"gate": "passed"})
client.set_registered_model_alias("flight-delay", "champion", first.version)
told["registered"] = {"version": int(first.version), "run": first.run_id == run.info.run_id, "model_id": first.model_id}

from skl2onnx import to_onnx  # noqa: E402

with mlflow.start_run(run_name="onnx") as onnx_run:
    rows = frame.to_numpy(np.float32)
    onnx_model = to_onnx(LogisticRegression().fit(frame.to_numpy(), label), rows[:1], options={"zipmap": False})
    onnx_info = mlflow.onnx.log_model(onnx_model, name="clf-onnx", registered_model_name="flight-delay", input_example=rows[:3])
told["onnx_version"] = int(onnx_info.registered_model_version)

addresses = {
    "alias": "models:/flight-delay@champion",
    "version": "models:/flight-delay/1",
    "logged": f"models:/{info.model_id}",
    "runs": f"runs:/{run.info.run_id}/clf",
}
told["equal"] = {name: same(mlflow.sklearn.load_model(uri).predict(frame), expected) for name, uri in addresses.items()}
told["equal"]["pyfunc"] = same(mlflow.pyfunc.load_model("models:/flight-delay@champion").predict(frame), expected)
onnx_answer = mlflow.pyfunc.load_model("models:/flight-delay/2").predict(rows)
told["equal"]["onnx"] = same(onnx_answer["label"], expected)
told["equal"]["latest is onnx"] = same(mlflow.pyfunc.load_model("models:/flight-delay/latest").predict(rows)["label"], expected)

loaded = mlflow.models.get_model_info("models:/flight-delay@champion")
told["signature"] = loaded.signature == signature
told["input_example"] = mlflow.pyfunc.load_model(info.model_uri).input_example.equals(frame.head(3))

copied = client.copy_model_version("models:/flight-delay@champion", "flight-delay-prod")
told["copied"] = same(mlflow.sklearn.load_model("models:/flight-delay-prod/1").predict(frame), expected)
told["copied version"] = int(copied.version)

# runs:/ registered the older way
second = mlflow.register_model(f"runs:/{run.info.run_id}/clf", "by-run")
told["by run"] = same(mlflow.sklearn.load_model("models:/by-run/1").predict(frame), expected)

# -- search logged models
experiment = client.get_experiment_by_name("models").experiment_id
for step, score in enumerate([0.2, 0.8, 0.5]):
    with mlflow.start_run():
        made = mlflow.initialize_logged_model(name=f"try-{step}", params={"rate": str(score)}, tags={"kind": "try"}, model_type="tree")
        mlflow.log_metric("score", score, step=step, model_id=made.model_id)
        client.finalize_logged_model(made.model_id, "READY" if step < 2 else "FAILED")


def found(filter_string=None, **kwargs):
    return [one.name for one in mlflow.search_logged_models(experiment_ids=[experiment], filter_string=filter_string, output_format="list", **kwargs)]


told["search"] = {
    "tag": sorted(found("tags.kind = 'try'")),
    "metric": sorted(found("metrics.score > 0.3")),
    "both": sorted(found("metrics.score > 0.3 AND params.rate = '0.8'")),
    "name": sorted(found("name LIKE 'try-%' AND model_type = 'tree'")),
    "status": sorted(found("status = 'FAILED'")),
    "in": sorted(found("name IN ('try-0', 'clf')")),
    "on dataset": found("metrics.accuracy > 0.5", datasets=[{"dataset_name": "flights"}]),
    "other dataset": found("metrics.accuracy > 0.5", datasets=[{"dataset_name": "none"}]),
    "by metric": found("tags.kind = 'try'", order_by=[{"field_name": "metrics.score", "ascending": False}]),
    "nulls last": found(order_by=[{"field_name": "metrics.score", "ascending": True}])[:3],
    "by name": found(order_by=[{"field_name": "name", "ascending": True}]),
    "newest": found(max_results=1),
}
pages, token = [], None
while True:
    page = client.search_logged_models([experiment], order_by=[{"field_name": "metrics.score", "ascending": False}], max_results=2, page_token=token)
    pages.append([one.name for one in page])
    token = page.token
    if not token:
        break
told["pages"] = [name for page in pages for name in page]
told["page sizes"] = [len(page) for page in pages]


def code(call):
    try:
        call()
    except MlflowException as error:
        return error.error_code
    return None


client.set_logged_model_tags(info.model_id, {"a": "1", "b": "2"})
client.delete_logged_model_tag(info.model_id, "b")
told["logged tags"] = {key: value for key, value in client.get_logged_model(info.model_id).tags.items() if len(key) == 1}
told["refused"] = {
    "missing model": code(lambda: client.get_logged_model("m-" + "0" * 32)),
    "missing tag": code(lambda: client.delete_logged_model_tag(info.model_id, "never")),
    "bad filter": code(lambda: found("nonsense.x = 1")),
    "bad order": code(lambda: found(order_by=[{"field_name": "params.rate"}])),
    "bad name": code(lambda: mlflow.initialize_logged_model(name="a/b")),
}
client.delete_logged_model(made.model_id)
told["deleted"] = code(lambda: client.get_logged_model(made.model_id))
told["deleted search"] = "try-2" in found()
print("REPORT" + json.dumps(told))
