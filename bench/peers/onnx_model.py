"""What every peer does with the same file: one thread, no spinning, all outputs, Open Inference Protocol JSON."""

import os
import sys
from pathlib import Path

import numpy as np
import onnxruntime

TYPES = {"tensor(float)": ("FP32", np.float32), "tensor(int64)": ("INT64", np.int64), "tensor(double)": ("FP64", np.float64)}


class OnnxModel:
    def __init__(self, folder: str):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(Path(folder) / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.outputs = [(output.name, TYPES[output.type][0]) for output in self.session.get_outputs()]

    def run(self, rows: np.ndarray) -> list[np.ndarray]:
        return self.session.run(None, {self.input: rows})

    def answer(self, request: dict) -> dict:
        """One request, parsed JSON in, JSON-ready out with NumPy arrays as flat data."""
        tensor = request["inputs"][0]
        rows = np.asarray(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
        return self.wrap(self.run(rows), request.get("id"))

    def wrap(self, values: list[np.ndarray], request_id: str | None) -> dict:
        outputs = [
            {"name": name, "datatype": datatype, "shape": list(value.shape), "data": value.ravel()}
            for (name, datatype), value in zip(self.outputs, values)
        ]
        return {"model_name": "model", "id": request_id, "outputs": outputs}


FOLDER = os.environ.get("MODEL_FOLDER", "")
if not FOLDER:
    sys.exit("MODEL_FOLDER names the folder that holds model.onnx")
