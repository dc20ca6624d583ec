"""Ray Serve with its batcher and one replica.

    MODEL_FOLDER=… python ray_server.py PORT
"""

import sys
import time

import numpy as np
import orjson
import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from onnx_model import FOLDER, OnnxModel


@serve.deployment(max_ongoing_requests=128)
class Infer:
    def __init__(self):
        self.model = OnnxModel(FOLDER)

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.001)
    async def predict(self, requests):
        tensors = [request["inputs"][0] for request in requests]
        rows = [np.asarray(tensor["data"], dtype=np.float32).reshape(tensor["shape"]) for tensor in tensors]
        outputs = self.model.run(np.concatenate(rows))
        return [
            self.model.wrap([value[i : i + 1] for value in outputs], request.get("id")) for i, request in enumerate(requests)
        ]

    async def __call__(self, request: Request) -> Response:
        answer = await self.predict(orjson.loads(await request.body()))
        return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Infer.bind(), route_prefix="/v2/models/model/infer", logging_config={"enable_access_log": False})
    while True:
        time.sleep(60)
