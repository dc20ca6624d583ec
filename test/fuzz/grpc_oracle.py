"""gRPC's own server: `Echo` sends a message back as it came, `Parse` says how protobuf's own library reads a ModelInferRequest."""

import json
import sys
from concurrent import futures

import grpc
from google.protobuf.unknown_fields import UnknownFieldSet
from tritonclient.grpc import service_pb2


def echo(request, _context):
    return request


def parameters(of):
    said = {}
    for key, value in of.items():
        choice = value.WhichOneof("parameter_choice")
        if choice is not None:
            one = getattr(value, choice)
            said[key] = one if isinstance(one, (bool, str)) else float(one)
    return said


def set_apart(of, parameters):
    """Whether an entry of `parameters` holds a field that its schema has not: this library alone takes the whole entry for unknown then,
    where others leave out that field."""
    return any(one.field_number == parameters and one.wire_type == 2 for one in UnknownFieldSet(of))


def contents(of):
    if not of.HasField("contents"):
        return None
    given = of.contents
    lists = ("bool", "int", "int64", "uint", "uint64", "fp32", "fp64")
    numbers = {name: [str(int(one)) if name[0] != "f" else "" for one in getattr(given, name + "_contents")] for name in lists}
    return {**numbers, "bytes": [one.hex() for one in given.bytes_contents]}


def parse(request, context):
    try:
        message = service_pb2.ModelInferRequest.FromString(request)
    except Exception as error:  # noqa: BLE001: whatever it says, it is a refusal
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    said = {
        "model": message.model_name,
        "version": message.model_version,
        "id": message.id,
        "parameters": parameters(message.parameters),
        "inputs": [
            {
                "name": one.name,
                "datatype": one.datatype,
                "shape": [float(size) for size in one.shape],
                "parameters": parameters(one.parameters),
                "contents": contents(one),
            }
            for one in message.inputs
        ],
        "outputs": [{"name": one.name, "parameters": parameters(one.parameters)} for one in message.outputs],
        "set_apart": set_apart(message, 4)
        or any(set_apart(one, 4) for one in message.inputs)
        or any(set_apart(one, 2) for one in message.outputs),
        "raw": [one.hex() for one in message.raw_input_contents],
    }
    return json.dumps(said).encode()


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        method = {"/oracle/Echo": echo, "/oracle/Parse": parse}.get(details.method)
        return method and grpc.unary_unary_rpc_method_handler(method)


server = grpc.server(
    futures.ThreadPoolExecutor(4),
    handlers=[Handler()],
    options=[("grpc.max_receive_message_length", 64 * 1024 * 1024)],
)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(0)
