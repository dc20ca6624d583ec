"""Traces with the plain mlflow client and with OpenTelemetry's own SDK and exporter. Run against Treadle and against MLflow's own server.

Prints one JSON document of all it saw, with ids and times made equal, so that the two servers' documents can be compared.
"""

import json
import os
import re
import sys
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow
import requests
from mlflow.entities import AssessmentSource, Expectation, SpanType
from mlflow.exceptions import MlflowException
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

url = sys.argv[1]
mlflow.set_tracking_uri(url)
client = mlflow.MlflowClient()
report = {}
names = {}


def same(value):
    """Ids by the name of what they name; times gone."""
    text = json.dumps(value, default=str, sort_keys=True)
    for known, name in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(known, name)
    text = re.sub(r"\ba-[0-9a-f]{32}", "ASSESSMENT", text)
    text = re.sub(r"\b1[78]\d{11}(\d{6})?\b", "0", text)
    return json.loads(text)


def see(name, value):
    report[name] = same(value)


def refused(name, call):
    try:
        call()
        see(name, "taken")
    except MlflowException as error:
        see(name, error.error_code)


experiment = mlflow.set_experiment("traced").experiment_id
names[f"mlflow-artifacts:/{experiment}/"] = "ROOT/"
LEFT_OUT = {"mlflow.user", "mlflow.source.name", "mlflow.trace.sizeBytes", "mlflow.trace.sizeStats", "mlflow.trace.cost"}


def info_of(info):
    return {
        "experiment": info.experiment_id == experiment,
        "state": str(info.state),
        "client_request_id": info.client_request_id,
        "request_preview": info.request_preview,
        "response_preview": info.response_preview,
        "took": info.execution_duration is not None and 0 <= info.execution_duration < 60_000,
        "tokens": info.token_usage,
        "tags": dict(sorted(info.tags.items())),
        "metadata": {k: v for k, v in sorted(info.trace_metadata.items()) if k not in LEFT_OUT},
        "assessments": [assessment_of(one) for one in info.assessments],
    }


def assessment_of(one):
    return {
        "name": one.name,
        "value": one.value,
        "error": None if getattr(one, "error", None) is None else one.error.error_code,
        "rationale": one.rationale,
        "metadata": one.metadata,
        "source": [one.source.source_type, one.source.source_id],
        "overrides": one.overrides is not None,
        "valid": one.valid,
        "span": one.span_id is not None,
        "kind": type(one).__name__,
    }


def spans_of(trace):
    by_id = {span.span_id: span.name for span in trace.data.spans}
    return [
        {
            "name": span.name,
            "parent": by_id.get(span.parent_id),
            "type": span.span_type,
            "status": [str(span.status.status_code), span.status.description],
            "inputs": span.inputs,
            "outputs": span.outputs,
            "attributes": {k: v for k, v in sorted(span.attributes.items()) if k not in ("mlflow.llm.cost",)},
            "events": [[event.name, sorted(event.attributes)] for event in span.events],
            "order": span.start_time_ns <= (span.end_time_ns or 0),
        }
        for span in trace.data.spans
    ]


@mlflow.trace(span_type=SpanType.TOOL, attributes={"k": "v", "n": 3, "x": 1.5, "list": [1, "a", None]})
def tool(x):
    return {"y": x * 2}


@mlflow.trace
def agent(question):
    mlflow.update_current_trace(
        tags={"team": "ops"},
        metadata={"m": "x", "mlflow.trace.session": "s1", "mlflow.trace.user": "u1"},
        client_request_id="creq",
    )
    with mlflow.start_span("chat", span_type="CHAT_MODEL") as span:
        span.set_inputs({"messages": [{"role": "user", "content": question}]})
        span.set_outputs({"choices": [{"message": {"role": "assistant", "content": "Grüße"}}]})
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15})
    return tool(3)


def last(name):
    trace_id = mlflow.get_last_active_trace_id()
    names[trace_id] = name
    names[trace_id[3:]] = name
    return trace_id


agent("What is a trace?")
first = last("FIRST")
trace = mlflow.get_trace(first)
see("first", info_of(trace.info))
see("first spans", spans_of(trace))


@mlflow.trace
def broken():
    raise ValueError("boom")


try:
    broken()
except ValueError:
    pass
bad = last("BAD")
see("bad", info_of(mlflow.get_trace(bad).info))
see("bad spans", [{**span, "events": [event[0] for event in span["events"]]} for span in spans_of(mlflow.get_trace(bad))])

with mlflow.start_run() as run:
    names[run.info.run_id] = "RUN"
    agent("In a run")
    in_run = last("IN RUN")

# Assessments.
source = AssessmentSource("HUMAN", "ada@corp")
correct = mlflow.log_feedback(trace_id=first, name="correct", value=True, rationale="it is", source=source, metadata={"a": "b"})
expected = mlflow.log_expectation(trace_id=first, name="answer", value={"parts": [1, 2]}, source=source)
mlflow.log_feedback(trace_id=first, name="score", value=0.7, span_id=trace.data.spans[0].span_id)
mlflow.log_feedback(trace_id=first, name="words", value=["a", {"b": 1}])
mlflow.log_feedback(trace_id=first, name="judge", error=ValueError("could not"))
see("feedback", assessment_of(mlflow.get_assessment(first, correct.assessment_id)))
other = mlflow.override_feedback(trace_id=first, assessment_id=correct.assessment_id, value=False)
see("overridden", assessment_of(mlflow.get_assessment(first, correct.assessment_id)))
see("searched while overridden", len(mlflow.search_traces(filter_string="feedback.correct = 'true'", return_type="list")))
mlflow.delete_assessment(first, other.assessment_id)
see("valid again", assessment_of(mlflow.get_assessment(first, correct.assessment_id)))
mlflow.update_assessment(first, expected.assessment_id, Expectation(name="answer", value="new"))
see("expectation", assessment_of(mlflow.get_assessment(first, expected.assessment_id)))
see("all assessments", sorted((assessment_of(one) for one in mlflow.get_trace(first).info.assessments), key=lambda one: one["name"]))
refused("assessment of no trace", lambda: mlflow.log_feedback(trace_id="tr-" + "0" * 32, name="x", value=1))
refused("no such assessment", lambda: mlflow.get_assessment(first, "a-none"))

# Tags.
mlflow.set_trace_tag(first, "tt", "1")
mlflow.set_trace_tag(first, "tt", "2")
mlflow.set_trace_tag(bad, "gone", "1")
mlflow.delete_trace_tag(bad, "gone")
refused("a tag that is not there", lambda: mlflow.delete_trace_tag(bad, "gone"))
refused("a tag that is fixed", lambda: client.set_trace_tag(first, "mlflow.trace.spansLocation", "x"))

# Search.
for filter in [
    None,
    "status = 'OK'",
    "trace.status = 'ERROR'",
    "status IN ('OK', 'ERROR')",
    "status != 'OK'",
    "tags.team = 'ops'",
    "tags.tt = '2'",
    "tags.tt IS NOT NULL",
    "tags.tt IS NULL",
    "metadata.m = 'x'",
    "metadata.m LIKE 'x%'",
    "name = 'agent'",
    "attributes.name ILIKE 'AGENT'",
    "span.name = 'tool'",
    "span.name LIKE 'to%'",
    "span.type = 'TOOL'",
    "span.type IN ('TOOL', 'CHAT_MODEL')",
    "span.status = 'ERROR'",
    "span.name = 'tool' AND span.type = 'TOOL'",
    "span.name = 'tool' AND span.type = 'CHAT_MODEL'",
    "span.attributes.k LIKE '%v%'",
    "span.content LIKE '%What is a trace%'",
    "trace.text LIKE '%boom%'",
    "trace.text LIKE '%nowhere%'",
    "feedback.correct = 'true'",
    "feedback.score > 0.5",
    "feedback.score < 0.5",
    "feedback.score = '0.7'",
    "feedback.none IS NULL",
    "feedback.correct IS NOT NULL",
    "expectation.answer = 'new'",
    "execution_time_ms >= 0",
    "execution_time_ms > 60000",
    "timestamp_ms > 0 AND timestamp < 4102444800000",
    f"run_id = '{run.info.run_id}'",
    "client_request_id = 'creq'",
    "tags.team RLIKE 'o.s'",
    f"request_id = '{first}'",
    f"request_id IN ('{first}', '{bad}')",
]:
    found = mlflow.search_traces(filter_string=filter, return_type="list")
    see(f"search {same(filter)}", sorted(names[one.info.trace_id] for one in found))
for order in [["timestamp_ms ASC"], ["timestamp_ms DESC"], ["status ASC", "timestamp_ms ASC"], ["tag.tt ASC"], ["name DESC", "timestamp ASC"]]:
    found = mlflow.search_traces(order_by=order, return_type="list")
    see(f"order {order}", [names[one.info.trace_id] for one in found])
for filter in ["colour = 'x'", "span.colour = 'x'", "status = 5", "feedback.score > 'a'", "span.content = 'x'", "tags.a ==", "trace.text = 'x'"]:
    refused(f"filter {filter}", lambda filter=filter: client.search_traces(locations=[experiment], filter_string=filter))
refused("order", lambda: client.search_traces(locations=[experiment], order_by=["colour"]))
pages, token = [], None
while True:
    page = client.search_traces(locations=[experiment], max_results=2, page_token=token, order_by=["timestamp_ms ASC"])
    pages.append([names[one.info.trace_id] for one in page])
    token = page.token
    if not token:
        break
see("pages", [one for one in pages if one])
frame = mlflow.search_traces(max_results=2)
see("columns", list(frame.columns))

# Links.
client.link_traces_to_run([first], run.info.run_id)
see("linked", sorted(names[one.info.trace_id] for one in mlflow.search_traces(filter_string=f"run_id = '{run.info.run_id}'", return_type="list")))
refused("a run that is not there", lambda: client.link_traces_to_run([first], "0" * 32))
prompt = mlflow.genai.register_prompt("greeting", "hello {{name}}")
client.link_prompt_versions_to_trace([prompt], first)
see("prompt", [names[one.info.trace_id] for one in mlflow.search_traces(filter_string="prompt = 'greeting/1'", return_type="list")])

# OpenTelemetry's own SDK and exporter.
for name, how in [("plain", Compression.NoCompression), ("gzip", Compression.Gzip), ("deflate", Compression.Deflate)]:
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers={"x-mlflow-experiment-id": experiment}, compression=how)
    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "deployment.environment": name}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("shop")
    with tracer.start_as_current_span("order", attributes={"session.id": "s9", "user.id": "u9"}) as root:
        with tracer.start_as_current_span("chat") as span:
            span.set_attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "m1",
                    "gen_ai.usage.input_tokens": 7,
                    "gen_ai.usage.output_tokens": 2,
                    "flag": True,
                    "numbers": [1, 2],
                }
            )
            span.add_event("first token", {"index": 0})
        with tracer.start_as_current_span("pay") as span:
            span.set_status(Status(StatusCode.ERROR, "declined"))
    otel_id = "tr-" + format(root.get_span_context().trace_id, "032x")
    names[otel_id] = f"OTEL {name}"
    names[otel_id[3:]] = f"OTEL {name}"
    provider.shutdown()
    found = mlflow.search_traces(filter_string=f"tags.`deployment.environment` = '{name}'", return_type="list")
    see(f"otel {name}", [names[one.info.trace_id] for one in found])
    info = info_of(found[0].info)
    info["tags"].pop("mlflow.traceName", None)
    see(f"otel {name} info", {**info, "tags": {k: v for k, v in info["tags"].items() if not k.startswith(("telemetry", "process", "service.instance"))}})
    see(f"otel {name} spans", spans_of(found[0]))
see("otel by session", len(mlflow.search_traces(filter_string="metadata.`mlflow.trace.session` = 's9'", return_type="list")))

# What is not right.
trace_hex = "5b8efff798038103d269b633813fc60c"
names["tr-" + trace_hex] = "JSON"
names[trace_hex] = "JSON"


def post(body, headers=None, **more):
    answer = requests.post(f"{url}/v1/traces", data=body, headers={"x-mlflow-experiment-id": experiment, **(headers or {})}, timeout=30, **more)
    return answer


def otlp(**span):
    spans = [{"traceId": trace_hex, "spanId": "eee19b7ec3c1b174", "name": "I", "startTimeUnixNano": "1765000000000000000", "endTimeUnixNano": "1765000001000000000", "attributes": [{"key": "a", "value": {"intValue": "9007199254740993"}}], **span}]
    return json.dumps({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": spans}]}]})


JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}
answer = post(otlp(), JSON)
see("JSON", [answer.status_code, answer.content.decode(), answer.headers["content-type"]])
see("JSON span", [span["attributes"]["a"] for span in spans_of(mlflow.get_trace("tr-" + trace_hex))])
see("no type", post(otlp()).status_code)
see("odd type", post(otlp(), {"content-type": "text/csv"}).status_code)
see("no experiment", requests.post(f"{url}/v1/traces", data=otlp(), headers=JSON, timeout=30).status_code)
see("experiment that is not there", requests.post(f"{url}/v1/traces", data=otlp(), headers={**JSON, "x-mlflow-experiment-id": "99999"}, timeout=30).status_code)
see("broken JSON", post("{", JSON).status_code)
see("no spans", post("{}", JSON).status_code)
see("no spans, protobuf", post(b"", PROTOBUF).status_code)
see("broken protobuf", post(b"\x0a\xff", PROTOBUF).status_code)
see("not gzip", post(otlp(), {**JSON, "content-encoding": "gzip"}).status_code)
see("odd encoding", post(otlp(), {**JSON, "content-encoding": "br"}).status_code)
see("no span id", post(otlp(spanId=""), JSON).status_code)
see("no trace id", post(otlp(traceId=""), JSON).status_code)

# Correlation and metrics.
api = f"{url}/api/3.0/mlflow/traces"
correlation = requests.post(f"{api}/calculate-filter-correlation", json={"experiment_ids": [experiment], "filter_string1": "name = 'agent'", "filter_string2": "status = 'OK'"}, timeout=30).json()
see("correlation", {k: round(v, 9) for k, v in correlation.items()})
see("count", requests.post(f"{api}/metrics", json={"experiment_ids": [experiment], "view_type": "TRACES", "metric_name": "trace_count", "aggregations": [{"aggregation_type": "COUNT"}], "dimensions": ["trace_status"]}, timeout=30).json())
see("tool spans", requests.post(f"{api}/metrics", json={"experiment_ids": [experiment], "view_type": "SPANS", "metric_name": "span_count", "aggregations": [{"aggregation_type": "COUNT"}], "dimensions": ["span_type"], "filters": ["span.name = 'tool'"]}, timeout=30).json())
see("scores", requests.post(f"{api}/metrics", json={"experiment_ids": [experiment], "view_type": "ASSESSMENTS", "metric_name": "assessment_value", "aggregations": [{"aggregation_type": "AVG"}, {"aggregation_type": "PERCENTILE", "percentile_value": 50}], "dimensions": ["assessment_name"]}, timeout=30).json())

# Before 3.0.
v2 = f"{url}/api/2.0/mlflow/traces"
begun = requests.post(v2, json={"experiment_id": experiment, "timestamp_ms": 1765000000000, "request_metadata": [{"key": "a", "value": "b"}], "tags": [{"key": "mlflow.traceName", "value": "old"}]}, timeout=30).json()["trace_info"]
names[begun["request_id"]] = "OLD"
see("v2 begun", {k: v for k, v in begun.items() if k not in ("tags",)})
ended = requests.patch(f"{v2}/{begun['request_id']}", json={"timestamp_ms": 1765000000500, "status": "OK", "request_metadata": [{"key": "c", "value": "d"}], "tags": []}, timeout=30).json()["trace_info"]
see("v2 ended", [ended["status"], ended["execution_time_ms"], sorted(one["key"] for one in ended["request_metadata"])])
see("v2 info", requests.get(f"{v2}/{begun['request_id']}/info", timeout=30).json()["trace_info"]["status"])
see("v2 search", [names.get(one["request_id"]) for one in requests.get(v2, params={"experiment_ids": [experiment], "filter": "name = 'old'"}, timeout=30).json()["traces"]])

# The file of the spans, as pages ask for it.
file = requests.get(f"{url}/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": first}, timeout=30).json()
see("file", [[span["name"], sorted(span), span["status"]["code"], json.loads(span["attributes"]["mlflow.spanInputs"])] for span in file["spans"]])
infos = requests.post(f"{api}/batchGetInfos", json={"trace_ids": [first, "tr-none"]}, timeout=30).json()
see("infos", [one["trace_id"] for one in infos["trace_infos"]])

# Deletion.
see("deleted", client.delete_traces(experiment_id=experiment, trace_ids=[first]))
see("gone", mlflow.get_trace(first, silent=True) is None)
see("deleted until", client.delete_traces(experiment_id=experiment, max_timestamp_millis=1765000000000))
refused("deleted without saying what", lambda: client.delete_traces(experiment_id=experiment))
see("left", len(mlflow.search_traces(return_type="list")))

print("REPORT" + json.dumps(report))
