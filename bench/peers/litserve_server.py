"""LitServe with batches of up to 32 and its fast queue.

    MODEL_FOLDER=… python litserve_server.py PORT
"""

import sys

import litserve
import numpy as np
from onnx_model import FOLDER, OnnxModel


class Api(litserve.LitAPI):
    def setup(self, device):
        self.model = OnnxModel(FOLDER)

    def decode_request(self, request):
        tensor = request["inputs"][0]
        return np.asarray(tensor["data"], dtype=np.float32).reshape(tensor["shape"])

    def batch(self, inputs):
        return np.concatenate(inputs)

    def predict(self, rows):
        return self.model.run(rows)

    def unbatch(self, outputs):
        return [[value[i : i + 1] for value in outputs] for i in range(len(outputs[0]))]

    def encode_response(self, values):
        answer = self.model.wrap(values, None)
        for output in answer["outputs"]:
            output["data"] = output["data"].tolist()
        return answer


if __name__ == "__main__":
    api = Api(max_batch_size=32, batch_timeout=0.0, api_path="/v2/models/model/infer")
    server = litserve.LitServer(api, accelerator="cpu", fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="error", access_log=False)
