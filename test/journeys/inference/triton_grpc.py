"""Triton's gRPC client, unchanged: unary, async, streams, aio."""
import asyncio
import json
import queue
import sys

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.grpc.aio as aio
from tritonclient.utils import InferenceServerException

address = sys.argv[1]
seen = {}
a = np.arange(16, dtype=np.int32).reshape(1, 16)
b = np.ones((1, 16), dtype=np.int32)


def inputs(module=grpc):
    made = [module.InferInput("INPUT0", [1, 16], "INT32"), module.InferInput("INPUT1", [1, 16], "INT32")]
    made[0].set_data_from_numpy(a)
    made[1].set_data_from_numpy(b)
    return made


def check(result):
    assert (result.as_numpy("OUTPUT0") == a + b).all()
    assert (result.as_numpy("OUTPUT1") == a - b).all()
    assert result.get_response().parameters["prediction_id"].string_param
    return result


def refused(work, status, words):
    try:
        work()
    except InferenceServerException as error:
        assert str(error.status()) == f"StatusCode.{status}", (error.status(), error)
        assert words in error.message(), error.message()
        return error.message()
    raise AssertionError("it was not refused")


alive = grpc.KeepAliveOptions(keepalive_time_ms=500, keepalive_timeout_ms=60_000, keepalive_permit_without_calls=True)
with grpc.InferenceServerClient(address, keepalive_options=alive) as client:
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("simple")
    refused(lambda: client.is_model_ready("simple", "9"), "NOT_FOUND", "9")
    seen["server"] = client.get_server_metadata().name
    metadata = client.get_model_metadata("simple")
    assert [one.name for one in metadata.inputs] == ["INPUT0", "INPUT1"]
    assert list(metadata.inputs[0].shape) == [-1, 16]
    config = client.get_model_config("simple").config
    assert config.name == "simple" and [one.name for one in config.output] == ["OUTPUT0", "OUTPUT1"]
    assert any(one.name == "simple" for one in client.get_model_repository_index().models)

    check(client.infer("simple", inputs(), request_id="7"))
    assert client.infer("simple", inputs(), request_id="7").get_response().id == "7"
    turned = client.infer("simple", inputs(), outputs=[grpc.InferRequestedOutput("OUTPUT1"), grpc.InferRequestedOutput("OUTPUT0")])
    assert [one.name for one in check(turned).get_response().outputs] == ["OUTPUT1", "OUTPUT0"]
    check(client.infer("simple", inputs(), model_version="1", client_timeout=240, timeout=240_000_000, headers={"x-treadle-key": "me"}))
    for algorithm in ("gzip", "deflate"):
        check(client.infer("simple", inputs(), compression_algorithm=algorithm))

    done = queue.Queue()
    for _ in range(20):
        client.async_infer("simple", inputs(), callback=lambda result, error: done.put((result, error)))
    for _ in range(20):
        result, error = done.get(timeout=240)
        assert error is None, error
        check(result)

    words = np.array([[str(index).encode() for index in range(16)]], dtype=np.object_)
    words[0][3] = "größer 日本".encode()
    text = grpc.InferInput("INPUT0", [1, 16], "BYTES")
    text.set_data_from_numpy(words)
    assert list(client.infer("simple_identity", [text]).as_numpy("OUTPUT0")[0]) == list(words[0])
    for shape in ((1, 1), (3, 5), (5000, 784)):
        floats = np.random.default_rng(7).normal(size=shape).astype(np.float32)
        number = grpc.InferInput("INPUT0", list(shape), "FP32")
        number.set_data_from_numpy(floats)
        answer = client.infer("identity", [number]).as_numpy("OUTPUT0")
        assert answer.shape == shape and answer.tobytes() == floats.tobytes(), shape

    # A stream: answers in the order of asking; a bad request is an answer and not the end.
    done = queue.Queue()
    client.start_stream(lambda result, error: done.put((result, error)))
    for index in range(50):
        client.async_stream_infer("nope" if index == 20 else "simple", inputs(), request_id=str(index))
    for index in range(50):
        result, error = done.get(timeout=240)
        if index == 20:
            assert result is None and "nope" in error.message(), error
        else:
            assert error is None, error
            assert check(result).get_response().id == str(index)
    client.stop_stream()

    statistics = client.get_inference_statistics("simple", as_json=True)
    assert int(statistics["model_stats"][0]["inference_stats"]["success"]["count"]) > 20, statistics
    seen["unknown"] = refused(lambda: client.infer("nope", inputs()), "NOT_FOUND", "nope")
    seen["missing"] = refused(lambda: client.infer("simple", inputs()[:1]), "INVALID_ARGUMENT", "INPUT1")
    wrong = grpc.InferInput("INPUT0", [1, 16], "FP32")
    wrong.set_data_from_numpy(a.astype(np.float32))
    refused(lambda: client.infer("simple", [wrong, inputs()[1]]), "INVALID_ARGUMENT", "INPUT0")
    refused(lambda: client.infer("simple", inputs(), outputs=[grpc.InferRequestedOutput("NOPE")]), "INVALID_ARGUMENT", "NOPE")
    seen["load"] = refused(lambda: client.load_model("simple"), "UNIMPLEMENTED", "deploy")
    check(client.infer("simple", inputs()))


async def later():
    async with aio.InferenceServerClient(address) as client:
        results = await asyncio.gather(*[client.infer("simple", inputs(aio)) for _ in range(30)])
        for one in results:
            check(one)

        async def requests():
            for index in range(10):
                yield {"model_name": "simple", "inputs": inputs(aio), "request_id": str(index)}

        got = []
        async for result, error in client.stream_infer(requests()):
            assert error is None
            got.append(check(result).get_response().id)
        assert got == [str(index) for index in range(10)], got
        return len(results)


seen["aio"] = asyncio.run(later())
print("REPORT" + json.dumps(seen))
