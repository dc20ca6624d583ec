"""Fits and converts scikit-learn models of many kinds, and answers for each of them: python sklearn-kinds.py FOLDER CONVERT.PY"""

import importlib.util
import json
import os
import sys
import warnings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
warnings.filterwarnings("ignore")
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import Model, infer_signature  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.compose import ColumnTransformer, make_column_transformer  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor,
    IsolationForest, RandomForestClassifier, RandomForestRegressor, VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.model_selection import TunedThresholdClassifierCV  # noqa: E402
from sklearn.naive_bayes import GaussianNB  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: E402

random = np.random.default_rng(11)
N = 300
X = pd.DataFrame({"a": random.normal(0, 1, N), "b": random.normal(10, 4, N), "c": random.gamma(2, 3, N)})
two = (X.a + (X.b - 10) / 4 + random.normal(0, 0.3, N) > 0).astype("int64")
three = pd.Series(np.digitize(X.a + (X.b - 10) / 4, [-0.7, 0.7]).astype("int64"))
real = X.a * 3 - X.b / 2 + random.normal(0, 0.2, N)
positive = np.exp(X.a / 2) + X.c / 10
holed = X.mask(random.random(X.shape) < 0.2)
# Whether a value is missing says something: trees learn a side for it.
told = (two.astype(bool) | holed.c.isna()).astype("int64")
coded = pd.DataFrame({"kind": random.integers(0, 8, N).astype("float64"), "a": X.a})
by_code = (coded.kind.isin([1, 4, 6]) ^ (coded.a > 0.8)).astype("int64")
words = pd.DataFrame({"carrier": random.choice(["AA", "DL", "Ünited"], N), "home": random.choice(["AA", "north", "süd"], N), "a": X.a})
by_word = ((words.carrier == "DL") | (words.a > 0.5)).astype("int64")
SAID = ["good fast friendly", "bad slow", "café is good", "I am not sure", "slow slow slow bad", "friendly staff, good food", "a b c fast", "don't go bad"]
texts = pd.DataFrame({"text": random.choice(SAID, N)})
liked = texts.text.str.contains("good|fast").astype("int64")

encoded = lambda encoder: make_column_transformer((encoder, ["carrier", "home"]), remainder="passthrough")
document = lambda vectorizer: ColumnTransformer([("text", vectorizer, "text")])

KINDS = {
    "logistic": lambda: (LogisticRegression(), X, two, "predict"),
    "logistic-proba": lambda: (make_pipeline(StandardScaler(), LogisticRegression()), X, three, "predict_proba"),
    "logistic-imputed": lambda: (make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), X, two, "predict_proba"),
    "linear": lambda: (LinearRegression(), X, real, "predict"),
    "ridge-float32": lambda: (Ridge(), X.astype("float32"), real, "predict"),
    "float-labels": lambda: (LogisticRegression(), X, two.astype("float64"), "predict"),
    "naive-bayes": lambda: (GaussianNB(), X, three, "predict_proba"),
    "svc": lambda: (SVC(), X, three, "predict"),
    "mlp": lambda: (make_pipeline(StandardScaler(), MLPClassifier(max_iter=60, random_state=1)), X, three, "predict_proba"),
    "tree": lambda: (DecisionTreeClassifier(random_state=1), X, three, "predict"),
    "tree-missing": lambda: (DecisionTreeClassifier(max_depth=6, random_state=1), holed, told, "predict"),
    "tree-regressor": lambda: (DecisionTreeRegressor(max_depth=6, random_state=1), X, real, "predict"),
    "forest": lambda: (RandomForestClassifier(20, max_depth=6, random_state=1), X, three, "predict_proba"),
    "forest-missing": lambda: (RandomForestClassifier(20, max_depth=6, random_state=1), holed, told, "predict_proba"),
    "forest-regressor": lambda: (RandomForestRegressor(20, max_depth=6, random_state=1), X, real, "predict"),
    "forest-scaled": lambda: (make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=1)), X, three, "predict"),
    "boosted": lambda: (GradientBoostingClassifier(n_estimators=20, random_state=1), X, two, "predict_proba"),
    "boosted-regressor": lambda: (GradientBoostingRegressor(n_estimators=20, random_state=1), X.astype("float32"), real, "predict"),
    "hist": lambda: (HistGradientBoostingClassifier(max_iter=20, random_state=1), X, two, "predict_proba"),
    "hist-float32": lambda: (HistGradientBoostingClassifier(max_iter=20, random_state=1), X.astype("float32"), two, "predict_proba"),
    "hist-categories": lambda: (HistGradientBoostingClassifier(max_iter=20, categorical_features=[0], random_state=1), coded, by_code, "predict"),
    "hist-poisson": lambda: (HistGradientBoostingRegressor(max_iter=20, loss="poisson", random_state=1), X, positive, "predict"),
    "isolation": lambda: (IsolationForest(n_estimators=20, random_state=1), X, None, "predict"),
    "knn": lambda: (KNeighborsClassifier(5), X, three, "predict"),
    "knn-distance": lambda: (KNeighborsRegressor(5, weights="distance"), X, real, "predict"),
    "isotonic": lambda: (CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=3), X, two, "predict_proba"),
    "modified-huber": lambda: (SGDClassifier(loss="modified_huber", random_state=1), X, three, "predict"),
    "tuned-threshold": lambda: (TunedThresholdClassifierCV(LogisticRegression(), scoring="recall", random_state=1), X, (two & (X.c > 4)).astype("int64"), "predict"),
    "bins": lambda: (make_pipeline(KBinsDiscretizer(5, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf"), Ridge()), X, real, "predict"),
    "voting-hard": lambda: (VotingClassifier([("l", LogisticRegression()), ("n", GaussianNB())]), X, two, "predict"),
    "one-hot": lambda: (make_pipeline(encoded(OneHotEncoder(handle_unknown="ignore")), LogisticRegression()), words, by_word, "predict_proba"),
    "one-hot-strict": lambda: (make_pipeline(encoded(OneHotEncoder()), LogisticRegression()), words, by_word, "predict"),
    "one-hot-rare": lambda: (make_pipeline(encoded(OneHotEncoder(min_frequency=30)), LogisticRegression()), words, by_word, "predict"),
    "ordinal-strict": lambda: (make_pipeline(encoded(OrdinalEncoder()), RandomForestClassifier(10, random_state=1)), words, by_word, "predict"),
    "tfidf": lambda: (make_pipeline(document(TfidfVectorizer()), LogisticRegression()), texts, liked, "predict_proba"),
    "tfidf-sublinear": lambda: (make_pipeline(document(TfidfVectorizer(sublinear_tf=True)), LogisticRegression()), texts, liked, "predict_proba"),
    "bigrams": lambda: (make_pipeline(document(CountVectorizer(ngram_range=(1, 2))), LogisticRegression()), texts, liked, "predict_proba"),
}


def package(folder, name, convert):
    """What MLflow would write beside the model, as far as its ONNX form needs it; the graphs, and where the model changes its answer."""
    model, table, label, predict = KINDS[name]()
    model.fit(table) if label is None else model.fit(table, label)
    answers = getattr(model, predict)(table)
    flavors = {"sklearn": {}, "python_function": {"loader_module": "mlflow.sklearn", "predict_fn": predict}}
    out = {}
    for numbers in ("float", "double"):
        at = os.path.join(folder, name, numbers)
        os.makedirs(at)
        Model(signature=infer_signature(table, answers), flavors=flavors).save(os.path.join(at, "MLmodel"))
        with open(os.path.join(at, "serving_input_example.json"), "w") as file:
            json.dump({"dataframe_split": table.dropna().head(4).to_dict(orient="split")}, file)
        out[numbers] = os.path.join(at, "treadle-converted.onnx")
    inputs = [{"name": one, "datatype": {"f8": "FP64", "f4": "FP32", "O": "BYTES"}[table[one].dtype.str.strip("<|")],
               "column": {"f8": "double", "f4": "float", "O": "string"}[table[one].dtype.str.strip("<|")]} for one in table.columns]
    asked = {"facts": os.path.join(folder, name, "facts.json"), "out": out, "inputs": inputs, "predict_fn": predict,
             "flat": np.ndim(answers) == 1, "outputs": ["output-0"]}
    return table.dtypes, getattr(model, predict), convert.make(model, asked)


def ask(dtypes, predict, columns):
    table = {name: pd.Series(values, dtype=object).astype(dtypes[name]) for name, values in columns.items()}
    try:
        answer = np.asarray(predict(pd.DataFrame(table)))
    except Exception as error:
        return {"refused": "%s: %s" % (type(error).__name__, error)}
    kind = {"f": "FP64", "i": "INT64", "b": "BOOL"}.get(answer.dtype.kind, "BYTES")
    return {"datatype": kind, "shape": list(answer.shape), "data": [str(one) for one in answer.reshape(-1).tolist()]}


def main(folder, program):
    """One JSON object a line: ``{"make": kind}``, or ``{"ask": kind, "columns": {name: [text of each value]}}``."""
    spec = importlib.util.spec_from_file_location("convert", program)
    convert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(convert)
    made = {}
    for line in sys.stdin:
        told = json.loads(line)
        if "make" in told:
            *made[told["make"]], problems = package(folder, told["make"], convert)
            reply = {"problems": problems}
        else:
            reply = ask(*made[told["ask"]], told["columns"])
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
