"""Further models of the bench, as MLflow model folders below FOLDER: `sklearn` (pickled by MLflow) and `wide`, a slow ONNX network.

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


def wide(folder: Path, width: int = 3072) -> None:
    random = np.random.default_rng(7)
    sizes = [784, width, width, 10]
    nodes, weights, last = [], [], "pixels"
    for layer, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        weight = (random.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"weight{layer}"))
        nodes.append(helper.make_node("MatMul", [last, f"weight{layer}"], [f"sum{layer}"]))
        last = f"sum{layer}" if layer == 2 else f"layer{layer}"
        if layer < 2:
            nodes.append(helper.make_node("Relu", [f"sum{layer}"], [last]))
    graph = helper.make_graph(
        nodes,
        "wide",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [None, 784])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [None, 10])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 784), "pixels")]),
        outputs=Schema([TensorSpec(np.dtype("float32"), (-1, 10), last)]),
    )
    mlflow.onnx.save_model(model, folder, signature=signature, input_example={"pixels": np.zeros((1, 784), np.float32)})


if __name__ == "__main__":
    target = Path(sys.argv[1])
    sklearn(target / "sklearn")
    wide(target / "wide")
