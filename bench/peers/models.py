"""Further models of the bench, as MLflow model folders below FOLDER: `sklearn` as MLflow saves it, and `deep`, a slow ONNX network.

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


def deep(folder: Path, width: int = 2048, layers: int = 24) -> None:
    """Few numbers in and much to compute, with one matrix for all layers so that the file stays small."""
    random = np.random.default_rng(7)
    first = random.standard_normal((4, width)).astype(np.float32)
    again = (random.standard_normal((width, width)) * np.sqrt(2 / width)).astype(np.float32)
    last = (random.standard_normal((width, 3)) / np.sqrt(width)).astype(np.float32)
    weights = [numpy_helper.from_array(value, name) for name, value in [("first", first), ("again", again), ("last", last)]]
    nodes = [helper.make_node("MatMul", ["X", "first"], ["layer0"])]
    for layer in range(layers):
        nodes.append(helper.make_node("MatMul", [f"layer{layer}", "again"], [f"sum{layer}"]))
        nodes.append(helper.make_node("Relu", [f"sum{layer}"], [f"layer{layer + 1}"]))
    nodes.append(helper.make_node("MatMul", [f"layer{layers}", "last"], ["scores"]))
    graph = helper.make_graph(
        nodes,
        "deep",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, 3])],
        weights,
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
    deep(target / "deep")
