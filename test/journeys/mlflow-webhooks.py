"""Registry webhooks through `MlflowClient`: what is answered, and what a receiver of this process hears, reported so that two servers can be compared."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mlflow
from mlflow import MlflowClient

SECRET = "a secret of the receiver's own"
heard = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        given = self.headers.get("X-MLflow-Signature", "")
        signed = f"{self.headers['X-MLflow-Delivery-Id']}.{self.headers['X-MLflow-Timestamp']}.".encode() + body
        want = "v1," + base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        message = json.loads(body)
        assert message.pop("timestamp") and message.pop("workspace", "default") == "default"
        heard.append([self.path, given == want, message])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


receiver = ThreadingHTTPServer(("127.0.0.1", int(os.environ["RECEIVER_PORT"])), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{receiver.server_port}"
client = MlflowClient()
report = {}


def fails(work):
    try:
        work()
    except Exception as error:  # noqa: BLE001
        return getattr(error, "error_code", type(error).__name__)
    return "done"


def shown(hook):
    return [hook.name, hook.url.removeprefix(url), sorted(map(str, hook.events)), hook.description, str(hook.status)]


EVENTS = [
    "registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
    "model_version_alias.created", "model_version_alias.deleted", "prompt.created", "prompt_version.created",
    "prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set", "prompt_version_tag.deleted",
    "prompt_alias.created", "prompt_alias.deleted",
]
everything = client.create_webhook("everything", f"{url}/all", EVENTS, description="all of it", secret=SECRET)
some = client.create_webhook("some", f"{url}/some", ["model_version_alias.created"])
off = client.create_webhook("off", f"{url}/off", EVENTS, status="DISABLED")
report["made"] = [shown(one) for one in (everything, some, off)]
report["listed"] = [shown(one) for one in client.list_webhooks()]
first = client.list_webhooks(max_results=2)
report["paged"] = [[one.name for one in first], [one.name for one in client.list_webhooks(2, first.token)]]
report["got"] = shown(client.get_webhook(some.webhook_id))
report["refused"] = [
    fails(lambda: client.create_webhook("-bad", url, EVENTS)),
    fails(lambda: client.create_webhook("bad", "ftp://127.0.0.1", EVENTS)),
    fails(lambda: client.create_webhook("bad", url, [])),
    fails(lambda: client.get_webhook("nobody")),
    fails(lambda: client.update_webhook("nobody", name="x")),
    fails(lambda: client.delete_webhook("nobody")),
    fails(lambda: client.test_webhook("nobody")),
    fails(lambda: client.list_webhooks(max_results=1001)),
]
tried = client.test_webhook(everything.webhook_id, "model_version.created")
report["tried"] = [tried.success, tried.response_status, tried.error_message]
report["tried as"] = client.test_webhook(some.webhook_id, "prompt_version.created").success

client.create_registered_model("flights", tags={"team": "red"}, description="late or not")
with mlflow.start_run() as run:
    mlflow.log_text("x", "model/MLmodel")
    source = f"runs:/{run.info.run_id}/model"
client.create_model_version("flights", source, run.info.run_id, tags={"a": "b"}, description="first")
client.set_model_version_tag("flights", "1", "key", "value")
client.delete_model_version_tag("flights", "1", "key")
client.set_registered_model_alias("flights", "champion", "1")
client.delete_registered_model_alias("flights", "champion")
client.set_registered_model_tag("flights", "of", "nobody")
client.register_prompt("greet", "Hello {{name}}", commit_message="kind", tags={"tone": "warm"})
client.set_prompt_tag("greet", "k", "v")
client.set_prompt_version_tag("greet", "1", "k", "v")
client.set_prompt_alias("greet", "live", 1)
client.delete_prompt_alias("greet", "live")

until = time.time() + 120
# Two that were tried, thirteen of the registry to the first receiver, one to the second.
while time.time() < until and len(heard) < 16:
    time.sleep(0.05)


def plain(message):
    data = message["data"]
    for key in ("source", "run_id"):
        if data.get(key):
            data[key] = data[key].replace(run.info.run_id, "RUN").split("/artifacts/")[-1]
    return json.dumps(message, sort_keys=True)


report["heard"] = sorted({json.dumps([path, signed, plain(message)]) for path, signed, message in heard})

changed = client.update_webhook(some.webhook_id, name="other", events=["prompt.created"], status="DISABLED", description="now")
report["changed"] = shown(changed)
report["newer"] = changed.last_updated_timestamp > changed.creation_timestamp
client.delete_webhook(some.webhook_id)
report["left"] = [one.name for one in client.list_webhooks()]
print("REPORT" + json.dumps(report))
