"""Turns a scikit-learn model that MLflow has packaged into ONNX.

Started as ``python -I convert.py`` in the model's own environment plus skl2onnx; reads one JSON object from stdin:
``{"folder", "out", "numbers": "float" | "double", "inputs": [{name, datatype, column}], "predict_fn", "outputs": [names]}``.
Writes the graph to ``out`` and one JSON line to stdout: what it was made with, or why it was not.
"""

import json
import sys


def initial_types(inputs, numbers, stacked):
    from skl2onnx.common import data_types as kinds

    number = kinds.FloatTensorType if numbers == "float" else kinds.DoubleTensorType
    if stacked:
        return [("inputs", number([None, stacked]))]
    text = {"BYTES": kinds.StringTensorType, "BOOL": kinds.BooleanTensorType,
            "INT64": kinds.Int64TensorType, "INT32": kinds.Int64TensorType}
    return [(one["name"], text.get(one["datatype"], number)([None, 1])) for one in inputs]


def convert(model, inputs, numbers, predict_fn):
    """A table of numbers is one input; where columns are told apart by name or type, each is an input of its own."""
    from sklearn.base import is_classifier
    from skl2onnx import to_onnx

    tensor = len(inputs) == 1 and inputs[0].get("column") is None
    width = inputs[0]["shape"][1] if tensor else len(inputs)
    numeric = all(one["datatype"] != "BYTES" for one in inputs)
    ways = ([width] if numeric else []) + ([] if tensor else [0])
    options = {"zipmap": False} if is_classifier(model) else None
    problem = None
    for stacked in ways:
        try:
            types = initial_types(inputs, numbers, stacked)
            if tensor:
                types = [(inputs[0]["name"], types[0][1])]
            return to_onnx(model, initial_types=types, options=options)
        except Exception as error:  # skl2onnx has no common class of its own
            problem = problem or error
    raise problem


def keep_answer(graph, model, predict_fn, flat, names):
    """Only what the model's own predict gives, in its shape and under the name that callers know."""
    from onnx import TensorProto, helper
    from sklearn.base import is_classifier

    outputs = list(graph.output)
    if is_classifier(model):
        index = {"predict": 0, "predict_proba": 1}.get(predict_fn)
        if index is None:
            raise ValueError("predict_fn %r of a classifier has no ONNX form" % predict_fn)
        outputs = [outputs[index]]
    elif predict_fn not in ("predict", "transform"):
        raise ValueError("predict_fn %r has no ONNX form" % predict_fn)
    if len(outputs) != 1:
        raise ValueError("the graph gives %d answers where the model gives one" % len(outputs))
    value = outputs[0]
    name = names[0] if len(names) == 1 else "output-0"
    dims = value.type.tensor_type.shape.dim
    del graph.output[:]
    if flat and len(dims) == 2:
        shape = "treadle-flat"
        graph.initializer.append(helper.make_tensor(shape, TensorProto.INT64, [1], [-1]))
        graph.node.append(helper.make_node("Reshape", [value.name, shape], [name], "treadle-reshape"))
        graph.output.append(helper.make_tensor_value_info(name, value.type.tensor_type.elem_type, [None]))
    else:
        graph.node.append(helper.make_node("Identity", [value.name], [name], "treadle-answer"))
        width = [None if not one.HasField("dim_value") else one.dim_value for one in dims]
        graph.output.append(helper.make_tensor_value_info(name, value.type.tensor_type.elem_type, width))


def main():
    asked = json.load(sys.stdin)
    try:
        import mlflow.sklearn
        import onnx
        import skl2onnx

        model = mlflow.sklearn.load_model(asked["folder"])
        graph = convert(model, asked["inputs"], asked["numbers"], asked["predict_fn"])
        keep_answer(graph.graph, model, asked["predict_fn"], asked["flat"], asked["outputs"])
        onnx.checker.check_model(graph)
        with open(asked["out"], "wb") as file:
            file.write(graph.SerializeToString())
        reply = {"ok": True, "tools": {"skl2onnx": skl2onnx.__version__, "onnx": onnx.__version__},
                 "opset": {one.domain or "ai.onnx": one.version for one in graph.opset_import}}
    except Exception as error:
        reply = {"ok": False, "problem": "%s: %s" % (type(error).__name__, str(error).split("\n")[0][:1000])}
    print(json.dumps(reply))


if __name__ == "__main__":
    main()
