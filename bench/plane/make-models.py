"""The two models of the serving bench, as MLflow model folders below FOLDER: `iris` (4 floats) and `mlp` (784 floats, 2.7 MB).

    python make-models.py FOLDER
"""

import sys
from pathlib import Path

import mlflow.onnx
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def iris(folder: Path) -> None:
    rows, labels = load_iris(return_X_y=True)
    rows = rows.astype(np.float32)
    classifier = LogisticRegression(max_iter=500).fit(rows, labels)
    model = to_onnx(classifier, rows[:1], options={"zipmap": False}, target_opset=17)
    name = model.graph.input[0].name
    outputs = [value.name for value in model.graph.output]
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 4), name)]),
        outputs=Schema(
            [
                TensorSpec(np.dtype("int64"), (-1,), outputs[0]),
                TensorSpec(np.dtype("float32"), (-1, 3), outputs[1]),
            ]
        ),
    )
    mlflow.onnx.save_model(model, folder, signature=signature, input_example={name: rows[:1]})


def mlp(folder: Path) -> None:
    random = np.random.default_rng(7)
    sizes = [784, 512, 512, 10]
    nodes, weights, last = [], [], "x"
    for layer, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        weight = (random.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{layer}"))
        nodes.append(helper.make_node("MatMul", [last, f"w{layer}"], [f"s{layer}"]))
        last = "y" if layer == 2 else f"a{layer}"
        nodes.append(helper.make_node("Softmax" if layer == 2 else "Relu", [f"s{layer}"], [last]))
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 784])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 10])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 784), "x")]),
        outputs=Schema([TensorSpec(np.dtype("float32"), (-1, 10), "y")]),
    )
    mlflow.onnx.save_model(model, folder, signature=signature, input_example={"x": np.zeros((1, 784), np.float32)})


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    iris(target / "iris")
    mlp(target / "mlp")
