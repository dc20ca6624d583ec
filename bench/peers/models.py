"""Further models of the bench, as MLflow model folders below FOLDER: `sklearn` as MLflow saves it, `deep` and `deeper`, slow ONNX networks.

    python models.py FOLDER
"""

import sys
from pathlib import Path

import mlflow.onnx
import mlflow.sklearn
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def sklearn(folder: Path) -> None:
    iris = load_iris(as_frame=True)
    rows = iris.data.set_axis(["sepal_length", "sepal_width", "petal_length", "petal_width"], axis=1)
    model = LogisticRegression(max_iter=500).fit(rows, iris.target)
    signature = mlflow.models.infer_signature(rows, model.predict(rows))
    mlflow.sklearn.save_model(model, folder, signature=signature, input_example=rows.head(1))


def deep(folder: Path, layers: int, width: int = 512) -> None:
    """Few numbers in and much to compute: one matrix that stays in the processor's cache, again and again."""
    random = np.random.default_rng(7)
    values = {
        "first": random.standard_normal((4, width)).astype(np.float32),
        "again": (random.standard_normal((width, width)) * np.sqrt(2 / width)).astype(np.float32),
        "last": (random.standard_normal((width, 3)) / np.sqrt(width)).astype(np.float32),
        "layers": np.array(layers, np.int64),
        "yes": np.array(True),
    }
    hidden = [None, width]
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["before", "again"], ["sum"]),
            helper.make_node("Relu", ["sum"], ["after"]),
            helper.make_node("Identity", ["going"], ["goes_on"]),
        ],
        "layer",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, hidden),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, hidden),
        ],
    )
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["X", "first"], ["begin"]),
            helper.make_node("Loop", ["layers", "yes", "begin"], ["end"], body=body),
            helper.make_node("MatMul", ["end", "last"], ["scores"]),
        ],
        "network",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, 3])],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 4), "X")]),
        outputs=Schema([TensorSpec(np.dtype("float32"), (-1, 3), "scores")]),
    )
    mlflow.onnx.save_model(model, folder, signature=signature, input_example={"X": np.zeros((1, 4), np.float32)})


if __name__ == "__main__":
    target = Path(sys.argv[1])
    sklearn(target / "sklearn")
    deep(target / "deep", layers=1000)
    deep(target / "deeper", layers=4000)
