"""FastAPI tuned by hand: uvloop, httptools, orjson, no pydantic on the way, no access log.

    MODEL_FOLDER=… python fastapi_server.py PORT
"""

import sys

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from onnx_model import FOLDER, OnnxModel

app = FastAPI()
model = OnnxModel(FOLDER)


@app.get("/ready")
async def ready():
    return {}


@app.post("/v2/models/model/infer")
async def infer(request: Request) -> Response:
    answer = model.answer(orjson.loads(await request.body()))
    return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
