"""What `mlflow.genai` does with datasets, scorers, label schemas and review queues, reported so that two servers can be compared."""

import json
import os

os.environ.setdefault("MLFLOW_GENAI_EVAL_SKIP_TRACE_VALIDATION", "true")
# A scorer of this file is code, which only a client that trusts its server loads again.
os.environ["MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS"] = "true"

import mlflow
from mlflow.genai import scorer
from mlflow.genai.datasets import (
    create_dataset,
    delete_dataset,
    get_dataset,
    search_datasets,
    set_dataset_tags,
    delete_dataset_tag,
)

report = {}


def fails(work):
    try:
        work()
    except Exception as error:  # noqa: BLE001
        return getattr(error, "error_code", type(error).__name__)
    return "done"


experiment = mlflow.set_experiment("genai")
eid = experiment.experiment_id
dataset = create_dataset("questions", experiment_id=[eid], tags={"team": "red", "mlflow.user": "ana"})
report["created"] = [dataset.name, dataset.tags, dataset.created_by, len(dataset.experiment_ids)]
dataset.merge_records(
    [
        {"inputs": {"q": "1+1"}, "expectations": {"answer": "2"}},
        {"inputs": {"q": "2+2"}, "expectations": {"answer": "4"}, "tags": {"hard": "no"}},
    ]
)
dataset.merge_records([{"inputs": {"q": "2+2"}, "expectations": {"also": "four"}}, {"inputs": {"q": "3+3"}}])
again = get_dataset(dataset_id=dataset.dataset_id)
frame = again.to_df()
report["records"] = sorted(
    json.dumps([row.inputs, row.outputs, row.expectations, {k: v for k, v in (row.tags or {}).items() if k != "mlflow.user"}], sort_keys=True)
    for row in frame.itertuples()
)
report["profile"] = [json.loads(again.profile), json.loads(again.schema)]
report["frame"] = [sorted(frame.columns), len(frame)]
set_dataset_tags(dataset_id=dataset.dataset_id, tags={"team": "blue", "more": "x"})
delete_dataset_tag(dataset_id=dataset.dataset_id, key="more")
report["tags"] = get_dataset(dataset_id=dataset.dataset_id).tags
create_dataset("others", experiment_id=[eid])
for name, query in {
    "all": {},
    "by name": {"filter_string": "name = 'questions'"},
    "like": {"filter_string": "name LIKE 'o%'"},
    "by tag": {"filter_string": "tags.team = 'blue'"},
    "ordered": {"order_by": ["name ASC"]},
}.items():
    found = search_datasets(experiment_ids=[eid], **query)
    names = [one.name for one in found]
    report[f"search {name}"] = names if "order_by" in query else sorted(names)
report["missing"] = fails(lambda: get_dataset(dataset_id="d-nobody"))


@scorer
def right(outputs, expectations):
    return outputs == expectations.get("answer", "?")


@scorer
def length(outputs):
    return len(outputs)


registered = right.register(name="right", experiment_id=eid) if hasattr(right, "register") else None
report["registered"] = registered is not None
from mlflow.genai.scorers import delete_scorer, get_scorer, list_scorers  # noqa: E402

report["scorers"] = sorted(one.name for one in list_scorers(experiment_id=eid))
report["scorer"] = get_scorer(name="right", experiment_id=eid).name
report["no scorer"] = fails(lambda: get_scorer(name="nobody", experiment_id=eid))


def predict(q):
    return str(eval(q))  # noqa: S307 - three sums of this file


result = mlflow.genai.evaluate(data=get_dataset(dataset_id=dataset.dataset_id), predict_fn=predict, scorers=[right, length])
report["metrics"] = {key: float(value) for key, value in result.metrics.items()}
run = mlflow.get_run(result.run_id)
report["run"] = [run.info.status, sorted(run.data.metrics), [i.dataset.name for i in run.inputs.dataset_inputs]]
mlflow.flush_trace_async_logging()
traces = mlflow.search_traces(locations=[eid], return_type="list")
report["traces"] = [
    len(traces),
    sorted(
        json.dumps([a.name, a.feedback.value if a.feedback else a.expectation.value])
        for t in traces
        for a in t.info.assessments
    ),
]
delete_scorer(name="right", experiment_id=eid, version="all")
report["scorers after"] = [one.name for one in list_scorers(experiment_id=eid)]

try:
    from mlflow.genai import label_schemas as ls

    made = ls.create_label_schema(
        name="quality",
        type="feedback",
        input=ls.InputCategorical(options=["good", "bad"]),
        instruction="look",
        experiment_id=eid,
    )
    report["label schema"] = [made.name, str(made.type), made.instruction]
except Exception as error:  # noqa: BLE001
    report["label schema"] = repr(error)[:300]
delete_dataset(dataset_id=dataset.dataset_id)
report["deleted"] = fails(lambda: get_dataset(dataset_id=dataset.dataset_id))
print("REPORT" + json.dumps(report))
