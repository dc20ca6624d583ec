"""An MLServer runtime for ONNX files: MLServer has none of its own."""

import sys
from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

sys.path.insert(0, str(Path(__file__).parent.parent))
from onnx_model import FOLDER, OnnxModel  # noqa: E402


class Onnx(MLModel):
    async def load(self) -> bool:
        self.model = OnnxModel(FOLDER)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        values = self.model.run(NumpyCodec.decode_input(payload.inputs[0]))
        outputs = [NumpyCodec.encode_output(name, value) for (name, _), value in zip(self.model.outputs, values)]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)
