"""scikit-learn to ONNX, and the proof that nothing was lost on the way."""

import numpy as np
import onnxruntime
import pandas as pd
from onnx import ModelProto, TensorProto, checker, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

MOST_DIFFERENCE = 1e-5


def to_onnx(model, features: list[str], texts: list[str]) -> ModelProto:
    """An ONNX model: one input a feature and one output, `late`, the chance of a late arrival; each a plain column, shape [rows]."""
    inputs = [(name, (StringTensorType if name in texts else FloatTensorType)([None, 1])) for name in features]
    options = {"zipmap": False, "output_class_labels": False}
    # A fixed name: without one the graph gets a random name, and equal models would have different bytes.
    onnx = convert_sklearn(model, name="flight-delay", initial_types=inputs, options={id(model): options})
    take_plain_columns(onnx)
    # The converter keeps operator sets in a Python set, whose order differs between processes.
    opsets = sorted(onnx.opset_import, key=lambda opset: opset.domain)
    del onnx.opset_import[:]
    onnx.opset_import.extend(opsets)
    return onnx


def take_plain_columns(onnx: ModelProto) -> None:
    """Columns in, a column out: the shapes of a data frame, which `mlflow.pyfunc` hands over as they are.

    The converter makes inputs of shape [rows, 1] and the output `probabilities` of shape [rows, 2]: punctual, late.
    """
    graph = onnx.graph
    names = [value.name for value in graph.input]
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name in names:
                node.input[index] = f"{name}_column"
    for value in graph.input:
        del value.type.tensor_type.shape.dim[1:]
    graph.initializer.append(helper.make_tensor("one", TensorProto.INT64, [1], [1]))
    for name in reversed(names):
        graph.node.insert(0, helper.make_node("Unsqueeze", [name, "one"], [f"{name}_column"], name=f"Column_{name}"))

    graph.initializer.append(helper.make_tensor("late_column", TensorProto.INT64, [], [1]))
    graph.node.append(helper.make_node("Gather", ["probabilities", "late_column"], ["late"], name="Late", axis=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("late", TensorProto.FLOAT, [None]))
    checker.check_model(onnx)


def check_parity(model, onnx: ModelProto, rows: pd.DataFrame) -> float:
    """Largest difference of a probability between the two models over all `rows`. Raises when it is past 1e-5."""
    session = onnxruntime.InferenceSession(onnx.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {name: column.to_numpy(dtype=np.float32 if column.dtype.kind in "fiu" else object) for name, column in rows.items()}
    (late,) = session.run(["late"], feed)
    difference = float(np.abs(late - model.predict_proba(rows)[:, 1]).max())
    if not difference <= MOST_DIFFERENCE:
        raise SystemExit(f"the ONNX model differs from the trained one by {difference:.3g}, and {MOST_DIFFERENCE} is allowed")
    return difference
