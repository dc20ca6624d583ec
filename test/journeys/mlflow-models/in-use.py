"""Deletes, with MLflow's own client, what answers at an endpoint, and tells how that is refused."""

import json
import sys

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient(sys.argv[1], sys.argv[1])
told = {}
for name, delete in {
    "version": lambda: client.delete_model_version("const", "1"),
    "model": lambda: client.delete_registered_model("const"),
}.items():
    try:
        delete()
        told[name] = "deleted"
    except MlflowException as refusal:
        told[name] = [refusal.error_code, refusal.get_http_status_code(), str(refusal)]
told["left"] = [int(one.version) for one in client.search_model_versions("name = 'const'")]
print("REPORT" + json.dumps(told))
