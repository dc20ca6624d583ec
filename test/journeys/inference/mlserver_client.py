"""What MLServer gives its users: its types and codecs over REST and gRPC, and its batch client `mlserver infer`."""
import json
import os
import subprocess
import sys
import tempfile

import grpc
import httpx
import numpy as np
import pandas as pd
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, PandasCodec, StringCodec
from mlserver.grpc import converters, dataplane_pb2_grpc
from mlserver.types import InferenceRequest, InferenceResponse, RequestInput

url, address = sys.argv[1:3]
seen = {}
rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)

asked = InferenceRequest(inputs=[NumpyCodec.encode_input("X", rows)])
response = httpx.post(f"{url}/v2/models/iris/infer", json=asked.model_dump())
assert response.status_code == 200, response.text
answer = InferenceResponse.model_validate_json(response.text)
assert list(NumpyCodec.decode_output(answer.outputs[0]).reshape(-1)) == [0, 2], answer
seen["rest"] = [one.name for one in answer.outputs]

whole = NumpyRequestCodec.encode_request(rows)
whole.inputs[0].name = "X"
response = httpx.post(f"{url}/v2/models/iris/infer", content=whole.model_dump_json(), headers={"content-type": "application/json"})
assert response.status_code == 200, response.text

# A frame: an input a column, with content types as hints.
frame = pd.DataFrame(rows.astype(np.float64), columns=["sepal_length", "sepal_width", "petal_length", "petal_width"])
response = httpx.post(f"{url}/v2/models/iris-columns/infer", json=PandasCodec.encode_request(frame, use_bytes=False).model_dump())
assert response.status_code == 200, response.text
answer = InferenceResponse.model_validate_json(response.text)
assert [int(one) for one in answer.outputs[0].data] == [0, 2], answer

text = InferenceRequest(inputs=[StringCodec.encode_input("INPUT0", ["a", "größer"], use_bytes=False)])
text.inputs[0].shape = [1, 2]
response = httpx.post(f"{url}/v2/models/simple_identity/infer", json=text.model_dump())
assert response.status_code == 200 and response.json()["outputs"][0]["data"] == ["a", "größer"], response.text

with grpc.insecure_channel(address) as channel:
    stub = dataplane_pb2_grpc.GRPCInferenceServiceStub(channel)
    message = converters.ModelInferRequestConverter.from_types(asked, model_name="iris", model_version="")
    answer = converters.ModelInferResponseConverter.to_types(stub.ModelInfer(message))
    assert list(np.asarray(NumpyCodec.decode_output(answer.outputs[0])).reshape(-1)) == [0, 2], answer
    raw = converters.ModelInferRequestConverter.from_types(asked, model_name="iris", model_version="", use_raw=True)
    answer = converters.ModelInferResponseConverter.to_types(stub.ModelInfer(raw))
    assert list(np.asarray(NumpyCodec.decode_output(answer.outputs[0])).reshape(-1)) == [0, 2], answer
    seen["grpc"] = [one.name for one in answer.outputs]

with tempfile.TemporaryDirectory() as folder:
    given, taken = os.path.join(folder, "in.jsonl"), os.path.join(folder, "out.jsonl")
    with open(given, "w") as file:
        for index in range(40):
            one = InferenceRequest(inputs=[RequestInput(name="X", shape=[1, 4], datatype="FP32", data=rows[index % 2].tolist())])
            file.write(one.model_dump_json() + "\n")
    command = ["mlserver", "infer", "-u", address, "-m", "iris", "-i", given, "-o", taken, "--workers", "4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(taken) as file:
        answers = [json.loads(line) for line in file]
    assert len(answers) == 40, len(answers)
    labels = [output["data"][0] for one in answers for output in one["outputs"] if output["name"] == "label"]
    assert sorted(labels) == [0] * 20 + [2] * 20, labels
    seen["batch"] = len(answers)
print("REPORT" + json.dumps(seen))
