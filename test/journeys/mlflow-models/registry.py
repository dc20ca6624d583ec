"""The registry through MLflow's own client: reports what each step saw, with ids and times taken out.

The same script runs against Treadle and against MLflow's own server; the steps must say the same.
"""

import json
import re
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.entities.model_registry import ModelVersionTag

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
names = {}


def plain(value):
    """What may differ from server to server, taken out."""
    text = json.dumps(value, sort_keys=True)
    for found, name in names.items():
        text = text.replace(found, name)
    text = re.sub(r"\b1[0-9]{12}\b", "TIME", text)
    return json.loads(text)


said = {}


def say(step, value):
    assert step not in said, step
    said[step] = plain(value)


def refused(step, call):
    try:
        call()
    except MlflowException as error:
        say(step, {"refused": error.error_code})
    else:
        say(step, {"refused": None})


def model(one):
    return {
        "name": one.name,
        "description": one.description or "",
        "tags": one.tags,
        "aliases": {key: int(value) for key, value in one.aliases.items()},
        "latest": sorted([v.version, v.current_stage] for v in one.latest_versions or []),
    }


def version(one):
    return {
        "name": one.name,
        "version": int(one.version),
        "stage": one.current_stage,
        "description": one.description or "",
        "source": one.source,
        "run": one.run_id or "",
        "run_link": one.run_link or "",
        "status": one.status,
        "tags": one.tags,
        "aliases": sorted(one.aliases),
    }


def key(one):
    return f"{one.name}/{one.version}"


# -- registered models
client.create_registered_model("alpha", tags={"team": "ops", "size": "small"}, description="the first")
client.create_registered_model("beta", tags={"team": "ops"})
client.create_registered_model("Gamma", tags={"team": "research", "note": "it's \"quoted\""})
client.create_registered_model("délta model_1")
say("get", model(client.get_registered_model("alpha")))
refused("create twice", lambda: client.create_registered_model("alpha"))
refused("create with slash", lambda: client.create_registered_model("a/b"))
refused("create with colon", lambda: client.create_registered_model("a:b"))
refused("create empty", lambda: client.create_registered_model(""))
refused("get missing", lambda: client.get_registered_model("nothing"))
say("describe", model(client.update_registered_model("beta", "the second")))
client.set_registered_model_tag("beta", "stage", "trial")
client.set_registered_model_tag("beta", "stage", "real")
client.set_registered_model_tag("beta", "number", 7)
client.delete_registered_model_tag("beta", "team")
client.delete_registered_model_tag("beta", "never there")
say("tags", model(client.get_registered_model("beta")))
refused("tag of missing", lambda: client.set_registered_model_tag("nothing", "a", "b"))
refused("tag key too long", lambda: client.set_registered_model_tag("beta", "k" * 251, "b"))
refused("tag value too long", lambda: client.set_registered_model_tag("beta", "k", "b" * 100_001))

# -- versions
run = client.create_run("0", run_name="maker")
names[run.info.run_id] = "RUN"
uri = run.info.artifact_uri
names[uri] = "ROOT"
client.log_text(run.info.run_id, "x", "model/MLmodel")
for i in range(3):
    made = client.create_model_version("alpha", f"{uri}/model", run.info.run_id, tags={"i": i, "even": str(i % 2 == 0)}, description=f"number {i}", await_creation_for=0)
    say(f"create version {i}", version(made))
client.create_model_version("beta", f"{uri}/model", run.info.run_id, run_link="https://elsewhere/run", await_creation_for=0)
client.create_model_version("beta", "s3://bucket/some/key", await_creation_for=0)
say("version", version(client.get_model_version("beta", "2")))
say("download uri", client.get_model_version_download_uri("alpha", "1"))
say("download uri outside", client.get_model_version_download_uri("beta", "2"))
refused("version of missing", lambda: client.create_model_version("nothing", "s3://bucket/key", await_creation_for=0))
refused("missing version", lambda: client.get_model_version("alpha", "99"))
refused("word for a version", lambda: client.get_model_version("alpha", "one"))
say("describe version", version(client.update_model_version("alpha", "1", "described")))
client.set_model_version_tag("alpha", "1", "good", "yes")
client.set_model_version_tag("alpha", "1", "good", "no")
client.delete_model_version_tag("alpha", "1", "even")
say("version tags", version(client.get_model_version("alpha", "1")))
copied = client.copy_model_version("models:/alpha/1", "copies")
say("copy", version(copied))
say("copy's place", client.get_model_version_download_uri("copies", "1"))

# -- aliases
client.set_registered_model_alias("alpha", "champion", "1")
client.set_registered_model_alias("alpha", "challenger", "2")
client.set_registered_model_alias("alpha", "champion", "3")
client.set_registered_model_alias("alpha", "also", "3")
say("by alias", version(client.get_model_version_by_alias("alpha", "champion")))
say("latest", version(client.get_model_version_by_alias("alpha", "latest")))
say("aliases", model(client.get_registered_model("alpha")))
client.delete_registered_model_alias("alpha", "also")
client.delete_registered_model_alias("alpha", "never")
refused("deleted alias", lambda: client.get_model_version_by_alias("alpha", "also"))
refused("alias latest", lambda: client.set_registered_model_alias("alpha", "latest", "1"))
refused("alias v1", lambda: client.set_registered_model_alias("alpha", "v1", "1"))
refused("alias with space", lambda: client.set_registered_model_alias("alpha", "a b", "1"))
refused("alias of missing version", lambda: client.set_registered_model_alias("alpha", "x", "77"))

# -- stages
say("stage", version(client.transition_model_version_stage("alpha", "1", "staging")))
client.transition_model_version_stage("alpha", "2", "Production")
say("archive", version(client.transition_model_version_stage("alpha", "3", "Production", archive_existing_versions=True)))
say("archived", client.get_model_version("alpha", "2").current_stage)
say("latest versions", sorted(key(v) for v in client.get_latest_versions("alpha")))
say("latest of stage", [key(v) for v in client.get_latest_versions("alpha", ["production"])])
refused("unknown stage", lambda: client.transition_model_version_stage("alpha", "1", "Somewhere"))

# -- searches
for filter_string in [
    None,
    "name = 'alpha'",
    "name != 'alpha'",
    "name LIKE 'al%'",
    "name LIKE 'AL%'",
    "name ILIKE 'AL%'",
    "name ilike '%a%'",
    "tags.team = 'ops'",
    "tags.team != 'ops'",
    "tags.`team` LIKE 'o%' AND name = 'alpha'",
    "tag.team ILIKE 'OPS' and tags.size = 'small'",
    "tags.note = 'nothing'",
    "tags.`mlflow.prompt.is_prompt` != 'true'",
]:
    say(f"models where {filter_string}", [one.name for one in client.search_registered_models(filter_string)])
for order_by in [["name DESC"], ["name ASC"], ["last_updated_timestamp DESC", "name"], ["timestamp ASC"]]:
    say(f"models by {order_by}", [one.name for one in client.search_registered_models(order_by=order_by)])
pages, token = [], None
while True:
    page = client.search_registered_models(max_results=2, page_token=token, order_by=["name DESC"])
    pages.append([one.name for one in page])
    token = page.token
    if not token:
        break
say("pages of models", pages)
refused("models by nonsense", lambda: client.search_registered_models(order_by=["nonsense DESC"]))
refused("models where nonsense", lambda: client.search_registered_models("nonsense = 'a'"))
refused("models where unquoted", lambda: client.search_registered_models("name = alpha"))

for filter_string in [
    None,
    "name = 'alpha'",
    "name='alpha' and version_number = 2",
    "name='alpha' and version_number > 1",
    "version_number <= 1",
    f"run_id = '{run.info.run_id}'",
    f"run_id IN ('{run.info.run_id}', 'other')",
    "source_path LIKE 's3://%'",
    "source_path = 's3://bucket/some/key'",
    "tags.even = 'True'",
    "tags.i != '0'",
    "tags.good ILIKE 'N%'",
    "name = 'alpha' AND tags.i = '2'",
]:
    shown = (filter_string or "all").replace(run.info.run_id, "RUN")
    say(f"versions where {shown}", sorted(key(one) for one in client.search_model_versions(filter_string)))
for order_by in [["name ASC", "version_number DESC"], ["version_number ASC", "name ASC"], ["name DESC", "version_number"], ["creation_timestamp ASC", "name", "version_number"]]:
    say(f"versions by {order_by}", [key(one) for one in client.search_model_versions(order_by=order_by)])
pages, token = [], None
while True:
    page = client.search_model_versions(max_results=2, page_token=token, order_by=["name ASC", "version_number ASC"])
    pages.append([key(one) for one in page])
    token = page.token
    if not token:
        break
say("pages of versions", pages)
refused("versions by nonsense", lambda: client.search_model_versions(order_by=["run_id"]))
refused("versions where nonsense", lambda: client.search_model_versions("description = 'a'"))
refused("versions with too many", lambda: client.search_model_versions(max_results=200_001))

# -- prompts hide
prompt = mlflow.genai.register_prompt("greeting", "Say hello to {{name}}", commit_message="first")
say("prompt", [prompt.name, prompt.version, prompt.template])
mlflow.genai.set_prompt_alias("greeting", "production", 1)
say("prompt by alias", mlflow.genai.load_prompt("prompts:/greeting@production").template)
say("models without prompts", [one.name for one in client.search_registered_models()])
say("prompts", [one.name for one in client.search_registered_models("tags.`mlflow.prompt.is_prompt` = 'true'")])
say("versions without prompts", "greeting" in {one.name for one in client.search_model_versions()})
say("versions of a prompt", [key(one) for one in client.search_model_versions("name = 'greeting' AND tags.`mlflow.prompt.is_prompt` = 'true'")])

# -- rename and delete
client.rename_registered_model("beta", "omega")
say("rename", model(client.get_registered_model("omega")))
refused("old name", lambda: client.get_registered_model("beta"))
say("versions follow", sorted(key(one) for one in client.search_model_versions("name = 'omega'")))
client.delete_model_version("alpha", "3")
refused("deleted version", lambda: client.get_model_version("alpha", "3"))
refused("alias went along", lambda: client.get_model_version_by_alias("alpha", "champion"))
refused("delete it twice", lambda: client.delete_model_version("alpha", "3"))
say("never twice", version(client.create_model_version("alpha", f"{uri}/model", run.info.run_id, await_creation_for=0))["version"])
client.delete_registered_model("alpha")
refused("deleted model", lambda: client.get_registered_model("alpha"))
refused("delete model twice", lambda: client.delete_registered_model("alpha"))
say("its versions", [key(one) for one in client.search_model_versions("name = 'alpha'")])
client.create_registered_model("alpha")
say("made again", model(client.get_registered_model("alpha")))
say("counts anew", version(client.create_model_version("alpha", f"{uri}/model", run.info.run_id, await_creation_for=0))["version"])
print("REPORT" + json.dumps(said))
