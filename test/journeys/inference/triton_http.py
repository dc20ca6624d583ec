"""Triton's HTTP client, unchanged: what its own examples do, JSON and binary, sync, async and aio."""
import asyncio
import json
import sys

import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

address = sys.argv[1]
seen = {}
a = np.arange(16, dtype=np.int32).reshape(1, 16)
b = np.ones((1, 16), dtype=np.int32)


def inputs(binary, module=http):
    made = [module.InferInput("INPUT0", [1, 16], "INT32"), module.InferInput("INPUT1", [1, 16], "INT32")]
    made[0].set_data_from_numpy(a, binary_data=binary)
    made[1].set_data_from_numpy(b, binary_data=binary)
    return made


def check(result):
    assert (result.as_numpy("OUTPUT0") == a + b).all()
    assert (result.as_numpy("OUTPUT1") == a - b).all()
    assert result.get_response()["parameters"]["prediction_id"]
    return result


def refused(work, status, words):
    try:
        work()
    except InferenceServerException as error:
        assert str(error.status()) == status, (error.status(), error)
        assert words in error.message(), error.message()
        return error.message()
    raise AssertionError("it was not refused")


with http.InferenceServerClient(address, concurrency=4) as client:
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("simple")
    assert client.is_model_ready("simple", "1") and not client.is_model_ready("simple", "9")
    seen["server"] = client.get_server_metadata()["name"]
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("simple")
    assert [one["name"] for one in metadata["inputs"]] == ["INPUT0", "INPUT1"], metadata
    assert client.get_model_config("simple")["name"] == "simple"
    assert any(one["name"] == "simple" for one in client.get_model_repository_index())

    for sends in (True, False):
        for asks in (True, False, None):
            outputs = None if asks is None else [
                http.InferRequestedOutput("OUTPUT0", binary_data=asks),
                http.InferRequestedOutput("OUTPUT1", binary_data=asks),
            ]
            result = check(client.infer("simple", inputs(sends), outputs=outputs, request_id="7"))
            assert result.get_response()["id"] == "7"
    mixed = inputs(True)
    mixed[1].set_data_from_numpy(b, binary_data=False)
    check(client.infer("simple", mixed, outputs=[
        http.InferRequestedOutput("OUTPUT1", binary_data=False), http.InferRequestedOutput("OUTPUT0", binary_data=True),
    ]))
    check(client.infer("simple", inputs(True), model_version="1", query_params={"a": "b"}, headers={"x-other": "1"}))
    check(client.infer("simple", inputs(True), priority=1, timeout=240_000_000, sequence_id=0))
    for algorithm in ("gzip", "deflate"):
        check(client.infer("simple", inputs(True), request_compression_algorithm=algorithm))
        check(client.infer("simple", inputs(False), request_compression_algorithm=algorithm,
                           response_compression_algorithm=algorithm))

    pending = [client.async_infer("simple", inputs(index % 2 == 0)) for index in range(20)]
    for one in pending:
        check(one.get_result())

    words = np.array([[str(index).encode() for index in range(16)]], dtype=np.object_)
    words[0][3] = "größer 日本".encode()
    for binary in (True, False):
        text = http.InferInput("INPUT0", [1, 16], "BYTES")
        text.set_data_from_numpy(words, binary_data=binary)
        for asks in (True, False):
            result = client.infer("simple_identity", [text], outputs=[http.InferRequestedOutput("OUTPUT0", binary_data=asks)])
            answer = result.as_numpy("OUTPUT0")
            plain = [one.encode() if isinstance(one, str) else one for one in answer[0]]
            assert plain == list(words[0]), plain

    digits = [http.InferInput(name, [1, 16], "BYTES") for name in ("INPUT0", "INPUT1")]
    for one, values in zip(digits, (a, b)):
        one.set_data_from_numpy(np.array([[str(value).encode() for value in values[0]]], dtype=np.object_))
    answer = client.infer("simple_string", digits)
    assert [int(one) for one in answer.as_numpy("OUTPUT0")[0]] == list((a + b)[0])
    assert [int(one) for one in answer.as_numpy("OUTPUT1")[0]] == list((a - b)[0])

    for shape in ((1, 1), (3, 5), (1000, 784)):
        floats = np.random.default_rng(7).normal(size=shape).astype(np.float32)
        if floats.size > 4:
            floats[0][:3] = [np.inf, -np.inf, np.nan]
        number = http.InferInput("INPUT0", list(shape), "FP32")
        number.set_data_from_numpy(floats)
        answer = client.infer("identity", [number]).as_numpy("OUTPUT0")
        assert answer.shape == shape and answer.tobytes() == floats.tobytes()

    statistics = client.get_inference_statistics("simple")
    assert statistics["model_stats"][0]["inference_stats"]["success"]["count"] > 20, statistics
    seen["unknown"] = refused(lambda: client.infer("nope", inputs(True)), "404", "nope")
    refused(lambda: client.get_model_metadata("simple", "9"), "404", "9")
    refused(lambda: client.infer("simple", inputs(True)[:1]), "400", "INPUT1")
    wrong = http.InferInput("INPUT0", [1, 16], "FP32")
    wrong.set_data_from_numpy(a.astype(np.float32))
    seen["datatype"] = refused(lambda: client.infer("simple", [wrong, inputs(True)[1]]), "400", "INPUT0")
    short = http.InferInput("INPUT0", [1, 8], "INT32")
    short.set_data_from_numpy(a[:, :8])
    seen["shape"] = refused(lambda: client.infer("simple", [short, inputs(True)[1]]), "400", "INPUT0")
    refused(lambda: client.infer("simple", inputs(True), outputs=[http.InferRequestedOutput("NOPE")]), "400", "NOPE")
    try:
        client.load_model("simple")
        raise AssertionError("a model was loaded by a client")
    except InferenceServerException as error:
        seen["load"] = error.message()
    check(client.infer("simple", inputs(True)))


async def later():
    async with aio.InferenceServerClient(address) as client:
        assert await client.is_server_ready()
        results = await asyncio.gather(*[client.infer("simple", inputs(index % 2 == 0, aio)) for index in range(30)])
        for one in results:
            check(one)
        return len(results)


seen["aio"] = asyncio.run(later())
print("REPORT" + json.dumps(seen))
