"""Makes small packaged models for tests: python packaged-models.py FOLDER NAME..."""

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema  # noqa: E402

random = np.random.default_rng(7)


def iris():
    from sklearn.datasets import load_iris

    data = load_iris(as_frame=True)
    return data.data, data.target


def frame():
    """Numbers, text and whole numbers, with what depends on them."""
    rows = 400
    table = pd.DataFrame({
        "distance": random.uniform(50, 3000, rows).round(1),
        "carrier": random.choice(["AA", "DL", "Ünited"], rows),
        "stops": random.integers(0, 3, rows),
    })
    late = (table["distance"] / 3000 + (table["carrier"] == "DL") + random.normal(0, 0.4, rows) > 0.9).astype("int64")
    return table, late


def save_sklearn(path, model, inputs, outputs, **more):
    mlflow.sklearn.save_model(
        model, path, signature=infer_signature(inputs, outputs), input_example=inputs[:3], serialization_format="cloudpickle",
        pip_requirements=REQUIREMENTS + installed("scikit-learn", "scipy"), **more
    )


def sklearn_iris(path):
    from sklearn.linear_model import LogisticRegression

    X, y = iris()
    model = LogisticRegression(max_iter=500).fit(X, y)
    save_sklearn(path, model, X, model.predict(X))


def sklearn_proba(path):
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    X, y = frame()
    columns = ColumnTransformer([
        ("text", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["carrier"]),
        # Not scaled: on its own thresholds a scaled tree is answered otherwise by its ONNX form, which is then not kept.
        ("numbers", "passthrough", ["distance", "stops"]),
    ])
    model = make_pipeline(columns, GradientBoostingClassifier(n_estimators=20, random_state=1)).fit(X, y)
    save_sklearn(path, model, X, model.predict_proba(X), pyfunc_predict_fn="predict_proba")


def sklearn_regressor(path):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, _ = iris()
    model = make_pipeline(StandardScaler(), Ridge()).fit(X.iloc[:, :3], X.iloc[:, 3])
    save_sklearn(path, model, X.iloc[:, :3], model.predict(X.iloc[:, :3]))


def sklearn_odd(path):
    """A step that has no ONNX form."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    X, _ = iris()
    model = make_pipeline(FunctionTransformer(np.log1p), Ridge()).fit(X.iloc[:, :3], X.iloc[:, 3])
    save_sklearn(path, model, X.iloc[:, :3], model.predict(X.iloc[:, :3]))


def onnx_iris(path, example=True):
    """The graph's own tensors as signature."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    X, y = iris()
    values = X.to_numpy("float32")
    graph = to_onnx(LogisticRegression(max_iter=500).fit(values, y), values[:1], options={"zipmap": False})
    mlflow.onnx.save_model(
        graph, path, signature=infer_signature({"X": values}), input_example={"X": values[:3]} if example else None,
        pip_requirements=ONNX,
    )


def onnx_columns(path):
    """One table of numbers behind four named columns."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    X, y = iris()
    values = X.to_numpy("float32")
    graph = to_onnx(LogisticRegression(max_iter=500).fit(values, y), values[:1], options={"zipmap": False})
    mlflow.onnx.save_model(graph, path, signature=infer_signature(X), input_example=X[:2], pip_requirements=ONNX)


def onnx_types(path):
    """Each kind of element goes through as it is; text and numbers side by side."""
    from onnx import TensorProto, helper

    kinds = {"text": TensorProto.STRING, "whole": TensorProto.INT64, "yes": TensorProto.BOOL, "half": TensorProto.FLOAT16,
             "real": TensorProto.DOUBLE, "byte": TensorProto.UINT8}
    inputs = [helper.make_tensor_value_info(name, kind, ["n"]) for name, kind in kinds.items()]
    outputs = [helper.make_tensor_value_info(name + "_out", kind, ["n"]) for name, kind in kinds.items()]
    nodes = [helper.make_node("Identity", [name], [name + "_out"]) for name in kinds]
    graph = helper.make_graph(nodes, "types", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    Path(path).mkdir(parents=True)
    (Path(path) / "model.onnx").write_bytes(model.SerializeToString())


def onnx_mlp(path):
    """Slow enough for a thread of its own."""
    from onnx import TensorProto, helper, numpy_helper

    shapes = [(784, 2048), (2048, 2048), (2048, 10)]
    weights = [numpy_helper.from_array(random.normal(0, 0.02, shape).astype("float32"), f"w{i}") for i, shape in enumerate(shapes)]
    nodes, last = [], "x"
    for i in range(len(shapes)):
        nodes += [helper.make_node("MatMul", [last, f"w{i}"], [f"m{i}"]), helper.make_node("Relu", [f"m{i}"], [f"r{i}"])]
        last = f"r{i}"
    graph = helper.make_graph(
        nodes, "mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 784])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", 10])], weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    Path(path).mkdir(parents=True)
    (Path(path) / "model.onnx").write_bytes(model.SerializeToString())


# ---- custom code

class Echo(mlflow.pyfunc.PythonModel):
    """Says of each row what it saw; what it does besides is told by the text."""

    def predict(self, context, model_input, params=None):
        for word in model_input["word"]:
            if word == "raise":
                raise ValueError("this row is not liked")
            if word == "print":
                print("a model speaks")
            if word == "exit":
                print("going now", flush=True)
                os._exit(3)
            if word == "sleep":
                time.sleep(60)
            if word == "leak":
                self.kept = bytearray(1 << 30)
                time.sleep(60)
        # A column that the caller left out is not there, as under MLflow.
        numbers = model_input["number"] if "number" in model_input else [None] * len(model_input)
        seen = [
            "%s|%s|%s|%s" % (word, type(word).__name__, "none" if pd.isna(number) else number, when.isoformat())
            for word, number, when in zip(model_input["word"], numbers, model_input["when"])
        ]
        return pd.DataFrame({"seen": seen, "length": model_input["word"].str.len().to_numpy("int64")})


ECHO = pd.DataFrame({"word": ["a", "bé"], "number": [1.5, 2.5], "when": pd.to_datetime(["2001-01-02", "2001-02-03T04:05:06"], format="ISO8601")})


def echo_signature(**more):
    inputs = Schema([ColSpec("string", "word"), ColSpec("double", "number", required=False), ColSpec("datetime", "when")])
    return mlflow.models.ModelSignature(inputs=inputs, outputs=Schema([ColSpec("string", "seen"), ColSpec("long", "length")]), **more)


def custom_echo(path):
    mlflow.pyfunc.save_model(path, python_model=Echo(), signature=echo_signature(), input_example=ECHO, pip_requirements=REQUIREMENTS)


class Params(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["x"].to_numpy() * (params or {}).get("times", 1.0)


def custom_params(path):
    signature = mlflow.models.ModelSignature(
        inputs=Schema([ColSpec("double", "x")]), params=ParamSchema([ParamSpec("times", "double", 1.0)])
    )
    mlflow.pyfunc.save_model(path, python_model=Params(), signature=signature, pip_requirements=REQUIREMENTS)


class Json(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return {"shape": list(np.shape(model_input)), "kind": type(model_input).__name__, "nan": float("nan")}


def custom_json(path):
    """No signature: any JSON in, any JSON out."""
    mlflow.pyfunc.save_model(path, python_model=Json(), pip_requirements=REQUIREMENTS)


class Kinds(mlflow.pyfunc.PythonModel):
    """Gives what the text asks for."""

    def predict(self, context, model_input, params=None):
        rows = len(model_input)
        kind = model_input["kind"].iloc[0]
        numbers = np.arange(rows * 2, dtype="float32").reshape(rows, 2)
        return {
            "dict": {"a": numbers, "b": ["x"] * rows},
            "series": pd.Series([1.5] * rows),
            "list": ["ä"] * rows,
            "lists": [[1, 2]] * rows,
            "ragged": [[1], [1, 2]][:rows],
            "missing": pd.DataFrame({"n": [None] * rows, "t": pd.to_datetime(["2001-02-03"] * rows)}),
            "scalar": 7,
            "bool": np.ones(rows, dtype=bool),
            "big": numbers.astype(">f8"),
            "sparse": __import__("scipy.sparse", fromlist=["x"]).csr_matrix(numbers),
            "turned": np.asfortranarray(numbers),
        }[kind]


def custom_kinds(path):
    """Named tensors of numbers, without an output signature."""
    mlflow.pyfunc.save_model(
        path, python_model=Kinds(), signature=mlflow.models.ModelSignature(inputs=Schema([ColSpec("string", "kind")])),
        pip_requirements=REQUIREMENTS,
    )


class Batch(mlflow.pyfunc.PythonModel):
    """Looks at its whole batch: rows must not be joined."""

    def predict(self, context, model_input, params=None):
        return model_input["x"].to_numpy() - model_input["x"].mean()


def custom_batch(path):
    x = pd.DataFrame({"x": [1.0, 2.0]})
    mlflow.pyfunc.save_model(path, python_model=Batch(), signature=infer_signature(x, x["x"].to_numpy()), input_example=x, pip_requirements=REQUIREMENTS)


class Whole(mlflow.pyfunc.PythonModel):
    """What models do to one row by the others of its batch, and what they do to each row by itself."""

    def __init__(self, how):
        self.how, self.seen = how, 0

    def predict(self, context, model_input, params=None):
        x, word, when = model_input["x"], model_input["word"], model_input["when"]
        self.seen += 1
        return {
            "rowwise": lambda: pd.DataFrame({"y": x * 3 + word.str.len(), "w": word.str.upper(), "t": when + pd.Timedelta("1h")}),
            "centred": lambda: x - x.mean(),
            "imputed": lambda: x.fillna(x.mean()).fillna(0.0),
            "codes": lambda: word.astype("category").cat.codes.to_numpy("int64"),
            "quantised": lambda: (x / max(x.abs().max(), 1.0) * 127).round() / 127,
            "ranked": lambda: x.rank().to_numpy(),
            "since": lambda: (when - when.min()).dt.total_seconds().to_numpy(),
            "integers": lambda: x if x.isna().any() else x.round().clip(-1e9, 1e9).astype("int64"),
            "dropped": lambda: x.dropna().to_numpy(),
            "summed": lambda: np.array([x.sum()]),
            "random": lambda: np.random.default_rng().normal(size=len(x)),
            "counting": lambda: np.full(len(x), self.seen),
            "strict": lambda: x.map(self.refuse).to_numpy(),
        }[self.how]()

    def refuse(self, value):
        if not -1e5 < value < 1e5:
            raise ValueError("%r is not a number that this model takes" % value)
        return value * 2


def whole(how):
    table = pd.DataFrame({"x": [1.5], "word": ["b"], "when": pd.to_datetime(["2001-02-03T04:05:06"])})
    return lambda path: mlflow.pyfunc.save_model(
        path, python_model=Whole(how), signature=infer_signature(table), input_example=table, pip_requirements=REQUIREMENTS
    )


def onnx_whole(how):
    """Graphs whose first dimension is open, and whose nodes look along it or do not."""
    from onnx import TensorProto, helper, numpy_helper

    scale = [numpy_helper.from_array(np.full(3, value, "float32"), name) for name, value in (("s", 1.0), ("b", 0.0), ("m", 0.5), ("v", 2.0))]
    nodes, more = {
        "mean": ([helper.make_node("ReduceMean", ["x"], ["a"], axes=[0], keepdims=1), helper.make_node("Sub", ["x", "a"], ["y"])], []),
        "norm": ([helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y", "m2", "v2"], training_mode=1)], scale),
        "normed": ([helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"])], scale),
        "softmax": ([helper.make_node("Softmax", ["x"], ["y"], axis=0)], []),
        "quantised": ([helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]), helper.make_node("DequantizeLinear", ["q", "qs", "qz"], ["y"])], []),
        "noise": ([helper.make_node("RandomUniformLike", ["x"], ["r"]), helper.make_node("Add", ["x", "r"], ["y"])], []),
    }[how]
    graph = helper.make_graph(
        nodes, how, [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])], more
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    example = {"x": np.array([[1, 2, 3]], "float32")}
    return lambda path: mlflow.onnx.save_model(
        model, path, signature=infer_signature(example), input_example=example, pip_requirements=ONNX
    )


class Loads(mlflow.pyfunc.PythonModel):
    def __init__(self, how):
        self.how = how

    def load_context(self, context):
        if self.how == "sleeps":
            time.sleep(3600)
        if self.how == "dies":
            print("no further", flush=True)
            os._exit(9)
        if self.how == "raises":
            raise RuntimeError("the weights are not here")

    def predict(self, context, model_input, params=None):
        return model_input["x"].to_numpy()


def save_loads(how):
    x = pd.DataFrame({"x": [1.0, 2.0]})
    return lambda path: mlflow.pyfunc.save_model(
        path, python_model=Loads(how), signature=infer_signature(x, x["x"].to_numpy()), pip_requirements=REQUIREMENTS
    )


def installed(*names):
    return [f"{name}=={version(name)}" for name in names]


# Said, since MLflow otherwise loads each model once more in a process of its own, to see what it imports.
REQUIREMENTS = installed("mlflow", "pandas", "numpy", "cloudpickle")
ONNX = installed("mlflow", "onnx", "onnxruntime")
MAKERS = {
    "sklearn-iris": sklearn_iris, "sklearn-proba": sklearn_proba, "sklearn-regressor": sklearn_regressor,
    "sklearn-odd": sklearn_odd,
    "onnx-iris": onnx_iris, "onnx-bare-example": lambda path: onnx_iris(path, example=False), "onnx-columns": onnx_columns,
    "onnx-types": onnx_types, "onnx-mlp": onnx_mlp,
    "custom-echo": custom_echo, "custom-params": custom_params, "custom-json": custom_json, "custom-batch": custom_batch, "custom-kinds": custom_kinds,
    **{"whole-" + how: whole(how) for how in (
        "rowwise", "centred", "imputed", "codes", "quantised", "ranked", "since", "integers", "dropped", "summed", "random", "counting", "strict",
    )},
    **{"whole-onnx-" + how: lambda path, how=how: onnx_whole(how)(path) for how in ("mean", "norm", "normed", "softmax", "quantised", "noise")},
    "loads-sleeps": save_loads("sleeps"), "loads-dies": save_loads("dies"), "loads-raises": save_loads("raises"),
}

if __name__ == "__main__":
    for name in sys.argv[2:]:
        random = np.random.default_rng(7)  # a model is the same whatever is made before it
        MAKERS[name](os.path.join(sys.argv[1], name))
