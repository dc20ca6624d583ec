"""Turns a scikit-learn model that MLflow has packaged into ONNX.

Started as ``python -I convert.py`` in the model's own environment plus the packages of convert.lock; reads one JSON object from
stdin: ``{"folder", "out": {"float": file, "double": file}, "facts": file, "inputs": [{name, datatype, column}], "predict_fn", "flat",
"outputs": [names]}``. Writes a graph of each precision, to ``facts`` where the fitted model is likely to change its answer, and one
JSON line to stdout: ``{"tools": {name: version}, "problems": {precision: why it was not made}}``.
"""

import json
import math
import sys
import traceback

# Most values that are told of one input, and most rows.
MOST_VALUES = 48
MOST_WORDS = 64
MOST_ROWS = 24


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

    if any(not math.isfinite(value) for trees in trees_of(model) for one in trees for value in one.tree_.threshold):
        # skl2onnx looks for the float32 beside such a threshold for ever.
        raise ValueError("a tree splits on whether a value is missing at all, which has no ONNX form")
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


def keep_missing_sides(graph, model):
    """Trees know a side for missing values at every node, which skl2onnx leaves out. Node numbers are the same in both."""
    ensembles = list(trees_of(model))
    nodes = [one for one in graph.node if one.op_type in ("TreeEnsembleClassifier", "TreeEnsembleRegressor")]
    if len(ensembles) != len(nodes):
        return
    for node, trees in zip(nodes, ensembles):
        known = {one.name: one for one in node.attribute}
        tracks = known.get("nodes_missing_value_tracks_true")
        tree, number, mode = known["nodes_treeids"].ints, known["nodes_nodeids"].ints, known["nodes_modes"].strings
        if tracks is None or len(tracks.ints) != len(tree) or max(tree) >= len(trees):
            continue
        for i in range(len(tree)):
            sides = getattr(trees[tree[i]].tree_, "missing_go_to_left", ())
            if mode[i] == b"BRANCH_LEQ" and number[i] < len(sides):
                tracks.ints[i] = int(sides[number[i]])


def trees_of(part):
    """The trees of each ensemble, in the order of the model's parts."""
    if hasattr(part, "tree_"):
        yield [part]
        return
    estimators = list(flat(getattr(part, "estimators_", [])))
    if estimators and all(hasattr(one, "tree_") for one in estimators):
        yield estimators
        return
    inner = [one for _, one in getattr(part, "steps", [])] + [one[1] for one in getattr(part, "transformers_", [])]
    for one in inner + estimators:
        yield from trees_of(one)


# ---- where the model is likely to change its answer

class Facts:
    """Values, words and rows of the fitted model, told by the position of the model's inputs.

    A feature of a part of the model is ``(position of the input, way back)``, or None where it is made of several inputs.
    """

    def __init__(self, width):
        self.values = [set() for _ in range(width)]
        self.words = [[] for _ in range(width)]
        self.rows = []
        self.width = width

    def value(self, feature, value):
        if feature is None:
            return
        try:
            number = float(feature[1](float(value)))
        except (TypeError, ValueError):
            return
        if math.isfinite(number):
            self.values[feature[0]].add(number)

    def category(self, feature, value):
        if feature is None:
            return
        if isinstance(value, str):
            self.words[feature[0]].append(value)
        elif isinstance(value, (int, float)) or hasattr(value, "item"):
            self.value(feature, value)

    def training(self, matrix, features):
        """Rows that the model keeps: only where each of them is a whole row of inputs."""
        matrix = matrix.toarray() if hasattr(matrix, "toarray") else matrix
        if len(features) != self.width or any(one is None for one in features) or getattr(matrix, "ndim", 0) != 2:
            return
        for at in spread(range(len(matrix)), MOST_ROWS):
            row = [None] * self.width
            for feature, value in zip(features, matrix[at]):
                row[feature[0]] = float(feature[1](float(value)))
            if all(one is not None and math.isfinite(one) for one in row):
                self.rows.append(row)

    def told(self):
        return {"values": [spread(sorted(one), MOST_VALUES) for one in self.values],
                "words": [spread(list(dict.fromkeys(one)), MOST_WORDS) for one in self.words],
                "rows": self.rows[:MOST_ROWS]}


def spread(items, most):
    """At most so many of them, evenly from the first to the last."""
    items = list(items)
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def look(part, features, facts, depth=0):
    """Walks a fitted model and tells `facts` what it finds."""
    import numpy as np

    if depth > 8 or part is None or isinstance(part, str):
        return
    inner = lambda one, seen: look(one, seen, facts, depth + 1)
    if hasattr(part, "steps"):
        for _, step in part.steps:
            inner(step, features)
            features = after(step, features)
        return
    if hasattr(part, "transformers_"):
        for _, one, columns in part.transformers_:
            inner(one, chosen(part, columns, features))
        return
    for _, one in getattr(part, "transformer_list", []):
        inner(one, features)
    for name in ("best_estimator_", "estimator_", "regressor_", "final_estimator_"):
        # A final estimator is asked with the answers of others.
        inner(getattr(part, name, None), [] if name.startswith("final") else features)
    for one in getattr(part, "calibrated_classifiers_", []):
        inner(one.estimator, features)
    own = getattr(part, "estimators_features_", None)
    for i, one in enumerate(flat(getattr(part, "estimators_", []))):
        inner(one, features if own is None else [at(features, int(j)) for j in own[i]])
    if hasattr(part, "tree_"):
        for feature, value in zip(part.tree_.feature, part.tree_.threshold):
            if feature >= 0:
                facts.value(at(features, feature), value)
    if hasattr(part, "_bin_mapper"):
        encoder = getattr(part, "_preprocessor", None)
        if encoder is not None:  # categories come first, as their codes
            categorical = np.asarray(part.is_categorical_)
            order = [i for i, one in enumerate(categorical) if one]
            for i, known in zip(order, encoder.named_transformers_["encoder"].categories_):
                for one in known:
                    facts.category(at(features, i), one)
            plain = [i for i, one in enumerate(categorical) if not one]
            features = [None] * len(order) + [at(features, i) for i in plain]
        for feature, edges in enumerate(part._bin_mapper.bin_thresholds_):
            for value in edges:
                facts.value(at(features, feature), value)
    for name in ("bin_edges_", "categories_"):
        for feature, values in enumerate(getattr(part, name, [])):
            for value in np.asarray(values).tolist():
                facts.category(at(features, feature), value)
    for value in getattr(part, "X_thresholds_", []):
        facts.value(at(features, 0), value)
    for feature, values in enumerate(np.asarray(getattr(part, "quantiles_", np.empty((0, 0)))).T):
        for value in values:
            facts.value(at(features, feature), value)
    for name in ("threshold", "missing_values"):  # Binarizer, imputers
        value = getattr(part, name, None)
        if isinstance(value, (int, float)) and hasattr(part, "n_features_in_"):
            for feature in features:
                facts.value(feature, value)
    for name in ("_fit_X", "X_train_", "support_vectors_", "cluster_centers_"):
        if getattr(part, name, None) is not None:
            facts.training(getattr(part, name), features)
    if hasattr(part, "vocabulary_"):
        for word in part.vocabulary_:
            facts.category(at(features, 0), word)


def flat(many):
    import numpy as np

    for one in np.asarray(many, dtype=object).reshape(-1):
        yield one


def at(features, index):
    return features[index] if 0 <= index < len(features) else None


def chosen(part, columns, features):
    """The features that a ColumnTransformer hands to one of its parts."""
    import numpy as np

    if callable(columns):
        return []
    if isinstance(columns, (str, int, np.integer)):
        columns = [columns]
    if isinstance(columns, slice):
        columns = list(range(len(features)))[columns] if not isinstance(columns.start or columns.stop, str) else []
    columns = list(columns)
    if columns and all(isinstance(one, (bool, np.bool_)) for one in columns):
        columns = [i for i, one in enumerate(columns) if one]
    names = list(getattr(part, "feature_names_in_", []))
    places = [names.index(one) if isinstance(one, str) and one in names else one for one in columns]
    return [at(features, int(one)) if not isinstance(one, str) else None for one in places]


EACH_ITS_OWN = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")
AS_THEY_ARE = ("SimpleImputer", "KNNImputer", "IterativeImputer")


def after(step, features):
    """What the features are called behind a step."""
    import numpy as np

    if step is None or step == "passthrough":
        return features
    name = type(step).__name__
    if name in EACH_ITS_OWN:
        def back(index, before):
            def undo(value):
                row = np.zeros((1, len(features)))
                row[0, index] = value
                return before(step.inverse_transform(row)[0, index])
            return undo
        return [one and (one[0], back(i, one[1])) for i, one in enumerate(features)]
    # What ColumnTransformer passes through is a FunctionTransformer without a function.
    if name in AS_THEY_ARE or (name == "FunctionTransformer" and step.func is None):
        return features
    if hasattr(step, "output_indices_"):
        made = [None] * max((one.stop for one in step.output_indices_.values()), default=0)
        for label, one, columns in step.transformers_:
            place = step.output_indices_.get(label)
            inside = after(one, chosen(step, columns, features)) if one != "drop" else []
            if place is not None and place.stop - place.start == len(inside):
                made[place] = inside
        return made
    if hasattr(step, "steps"):
        for _, one in step.steps:
            features = after(one, features)
        return features
    return []


def facts_of(model, inputs):
    tensor = len(inputs) == 1 and inputs[0].get("column") is None
    width = inputs[0]["shape"][1] if tensor else len(inputs)
    facts = Facts(width)
    try:
        look(model, [(i, lambda value: value) for i in range(width)], facts)
    except Exception:  # a part that we do not know: what was found so far is asked
        traceback.print_exc()
    return facts.told()


def tools():
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": sys.version.split()[0]}
    for name in ("skl2onnx", "onnx", "protobuf", "ml_dtypes", "numpy", "scipy", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def problem_of(error):
    lines = [one for one in str(error).split("\n") if one.strip()]
    # The first line says what, the last ones why.
    text = lines if len(lines) <= 6 else [lines[0], "…", *lines[-4:]]
    return "%s: %s" % (type(error).__name__, " / ".join(text)[:1500])


def make(model, asked):
    """Writes facts and graphs; why a precision was not made."""
    import onnx

    with open(asked["facts"], "w") as file:
        json.dump(facts_of(model, asked["inputs"]), file)
    problems = {}
    for numbers, out in asked["out"].items():
        try:
            graph = convert(model, asked["inputs"], numbers, asked["predict_fn"])
            keep_missing_sides(graph.graph, model)
            keep_answer(graph.graph, model, asked["predict_fn"], asked["flat"], asked["outputs"])
            onnx.checker.check_model(graph)
            with open(out, "wb") as file:
                file.write(graph.SerializeToString())
        except Exception as error:
            problems[numbers] = problem_of(error)
    return problems


def main():
    asked = json.load(sys.stdin)
    try:
        import mlflow.sklearn

        model = mlflow.sklearn.load_model(asked["folder"])
        reply = {"tools": tools(), "problems": make(model, asked)}
    except Exception as error:
        reply = {"tools": tools(), "problems": dict.fromkeys(asked["out"], problem_of(error))}
    print(json.dumps(reply))


if __name__ == "__main__":
    main()
