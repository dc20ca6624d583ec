"""Saves the models that the clients' own examples ask for, and some that were really trained: python models.py FOLDER NAME..."""
import os
import sys

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
import numpy as np
import onnx
import pandas as pd
import skops
import sklearn
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

# What the models of all journeys name, so that one environment, which the set-up of the tests makes, does for them all.
PACKAGES = [
    f"mlflow-skinny=={mlflow.__version__}", f"pandas=={pd.__version__}", f"numpy=={np.__version__}",
    f"scikit-learn=={sklearn.__version__}", f"skops=={skops.__version__}",
]

folder, wanted = sys.argv[1], sys.argv[2:]


def graph(name, nodes, inputs, outputs):
    built = helper.make_graph(nodes, name, inputs, outputs)
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def tensors(*specs):
    return Schema([TensorSpec(np.dtype(dtype), shape, name) for name, dtype, shape in specs])


def simple():
    io = [(n, TensorProto.INT32, ["rows", 16]) for n in ("INPUT0", "INPUT1", "OUTPUT0", "OUTPUT1")]
    values = [value(*one) for one in io]
    nodes = [
        helper.make_node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
        helper.make_node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
    ]
    return graph("simple", nodes, values[:2], values[2:])


def summed(kind):
    """`simple` for another type: read as integers, and written as what came."""
    values = [value(name, kind, ["rows", 16]) for name in ("INPUT0", "INPUT1", "OUTPUT0", "OUTPUT1")]
    nodes = [
        helper.make_node("Cast", ["INPUT0"], ["a"], to=TensorProto.INT32),
        helper.make_node("Cast", ["INPUT1"], ["b"], to=TensorProto.INT32),
        helper.make_node("Add", ["a", "b"], ["sum"]),
        helper.make_node("Sub", ["a", "b"], ["difference"]),
        helper.make_node("Cast", ["sum"], ["OUTPUT0"], to=kind),
        helper.make_node("Cast", ["difference"], ["OUTPUT1"], to=kind),
    ]
    return graph("summed", nodes, values[:2], values[2:])


def identity(kind):
    return graph(
        "identity",
        [helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])],
        [value("INPUT0", kind, ["rows", "columns"])],
        [value("OUTPUT0", kind, ["rows", "columns"])],
    )


def at(name):
    return os.path.join(folder, name)


def save_onnx(name, model, signature=None, example=None):
    mlflow.onnx.save_model(
        model, at(name), signature=signature, input_example=example, pip_requirements=["onnxruntime"],
    )


features, labels = load_iris(return_X_y=True, as_frame=True)
features.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
iris = LogisticRegression(max_iter=1000).fit(features, labels)


class Typed(mlflow.pyfunc.PythonModel):
    """Answers with what it was given, as a frame: shows what the schema rules made of a request."""

    def predict(self, context, model_input, params=None):
        frame = pd.DataFrame(model_input)
        answer = pd.DataFrame({name: [str(one) for one in frame[name]] for name in frame.columns})
        answer["factor"] = float((params or {}).get("factor", 0))
        return answer


class Anything(mlflow.pyfunc.PythonModel):
    """Takes what comes: a model without a signature, as those for language are."""

    def predict(self, context, model_input, params=None):
        if isinstance(model_input, pd.DataFrame):
            return model_input
        if isinstance(model_input, dict) and "messages" in model_input:
            return {"choices": [{"message": {"content": model_input["messages"][-1]["content"].upper()}}]}
        return np.asarray(model_input)


def main():
    if "anything" in wanted:
        mlflow.pyfunc.save_model(at("anything"), python_model=Anything(), pip_requirements=PACKAGES)
    if "simple" in wanted:
        save_onnx("simple", simple())
    if "simple_int8" in wanted:
        save_onnx("simple_int8", summed(TensorProto.INT8))
    if "simple_string" in wanted:
        save_onnx("simple_string", summed(TensorProto.STRING))
    if "simple_identity" in wanted:
        save_onnx("simple_identity", identity(TensorProto.STRING))
    if "identity" in wanted:
        save_onnx("identity", identity(TensorProto.FLOAT))
    if "iris" in wanted:
        exported = to_onnx(iris, features[:1].to_numpy(np.float32), options={"zipmap": False}, target_opset=17)
        save_onnx("iris", exported, tensors_of(exported), features[:3].to_numpy(np.float32))
    if "iris-columns" in wanted:
        exported = to_onnx(iris, features[:1].to_numpy(np.float32), options={"zipmap": False}, target_opset=17)
        save_onnx("iris-columns", exported, infer_signature(features), features[:3])
    if "iris-sklearn" in wanted:
        mlflow.sklearn.save_model(
            iris, at("iris-sklearn"), signature=infer_signature(features, iris.predict(features)),
            input_example=features[:3], pip_requirements=PACKAGES,
        )
    if "typed" in wanted:
        columns = Schema([
            ColSpec("double", "a"), ColSpec("long", "b"), ColSpec("boolean", "c"), ColSpec("string", "d"),
            ColSpec("integer", "e", required=False),
        ])
        params = ParamSchema([ParamSpec("factor", "double", 1.0), ParamSpec("word", "string", "x")])
        outputs = Schema([ColSpec("string", name) for name in "abcd"] + [ColSpec("double", "factor")])
        mlflow.pyfunc.save_model(
            at("typed"), python_model=Typed(), pip_requirements=PACKAGES,
            signature=ModelSignature(inputs=columns, outputs=outputs, params=params),
        )


def tensors_of(exported):
    return ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, 4), exported.graph.input[0].name)]),
        outputs=Schema([
            TensorSpec(np.dtype(np.int64), (-1,), exported.graph.output[0].name),
            TensorSpec(np.dtype(np.float32), (-1, 3), exported.graph.output[1].name),
        ]),
    )


main()
