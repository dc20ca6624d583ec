"""KServe's clients, unchanged: REST (V1 and V2, JSON and binary) and gRPC."""
import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferInput, InferRequest, InferenceGRPCClient, InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

url, address = sys.argv[1:3]
seen = {}
a = np.arange(16, dtype=np.int32).reshape(1, 16)
b = np.ones((1, 16), dtype=np.int32)


def request(binary, **more):
    first, second = InferInput("INPUT0", [1, 16], "INT32"), InferInput("INPUT1", [1, 16], "INT32")
    first.set_data_from_numpy(a, binary_data=binary)
    second.set_data_from_numpy(b, binary_data=binary)
    return InferRequest("simple", [first, second], **more)


def check(response):
    outputs = {one.name: one.as_numpy() for one in response.outputs}
    assert (outputs["OUTPUT0"].reshape(1, 16) == a + b).all()
    assert (outputs["OUTPUT1"].reshape(1, 16) == a - b).all()
    return response


async def v2():
    async with InferenceRESTClient(RESTConfig(protocol="v2", retries=3, timeout=240)) as client:
        assert await client.is_server_ready(url) is True
        assert await client.is_server_live(url) is True
        assert await client.is_model_ready(url, "simple") is True
        assert await client.is_model_ready(url, "nope") is False
        for binary in (False, True):
            check(await client.infer(url, request(binary, request_id="7"), model_name="simple"))
            asked = request(binary, request_outputs=[
                RequestedOutput("OUTPUT0", {"binary_data": binary}), RequestedOutput("OUTPUT1", {"binary_data": not binary}),
            ])
            headers = {}
            check(await client.infer(url, asked, model_name="simple", response_headers=headers))
            assert headers["x-treadle-prediction"], headers
        raw = {"inputs": [{"name": "X", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}]}
        answer = await client.infer(url, raw, model_name="iris")
        assert answer.outputs[0].data == [0], answer
        try:
            await client.infer(url, request(True), model_name="nope")
            raise AssertionError("it was not refused")
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == 404 and "nope" in str(error), error
            seen["unknown"] = str(error).split("' for url")[0]


async def v1():
    async with InferenceRESTClient(RESTConfig(protocol="v1", retries=3)) as client:
        assert await client.is_server_live(url) is True
        assert await client.is_model_ready(url, "iris") is True
        answer = await client.infer(url, {"instances": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]}, model_name="iris")
        assert [row["label"] for row in answer["predictions"]] == [0, 2], answer
        seen["v1"] = sorted(answer["predictions"][0])


async def grpc():
    async with InferenceGRPCClient(address, retries=3) as client:
        assert await client.is_server_ready() is True and await client.is_server_live() is True
        assert await client.is_model_ready("simple") is True
        for binary in (True, False):
            check(await client.infer(request(binary)))
        try:
            await client.infer(InferRequest("nope", request(True).inputs))
            raise AssertionError("it was not refused")
        except Exception as error:
            assert "nope" in str(error), error


asyncio.run(v2())
asyncio.run(v1())
asyncio.run(grpc())
print("REPORT" + json.dumps(seen))
