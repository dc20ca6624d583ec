"""Makes the data and the models of the validation journeys.

make.py data FOLDER           tables: what training reads, unseen rows, and the same with a leak or a fault planted
make.py train FOLDER URL …    a run for each named model, which reads flights@v1 and registers the next version of `late`;
                              `child` reads flights@v2 and the model before it
"""
import json
import os
import sys
from importlib.metadata import version as version_of

import numpy as np
import pandas as pd


def installed(*names):
    """Said, since MLflow otherwise loads each model once more in a process of its own, to see what it imports."""
    return [f"{name}=={version_of(name)}" for name in names]


def flights(n, seed, first):
    r = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "flight": np.arange(first, first + n, dtype="int64"),
            "day": (pd.Timestamp("2001-01-01") + pd.to_timedelta(np.arange(first, first + n) // 100, unit="D")).strftime("%Y-%m-%d"),
            "origin": r.choice(["ATL", "DEN", "JFK", "SEA"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "hour": r.integers(5, 24, n).astype("int64"),
            "distance": np.round(r.gamma(3.0, 250.0, n), 3),
        }
    )
    z = -2.2 + 0.14 * (frame.hour - 12) + 0.5 * (frame.origin == "JFK") + 0.0004 * frame.distance
    frame["late"] = (r.random(n) < 1 / (1 + np.exp(-z))).astype("int64")
    frame["delay"] = np.round(12 * z + 15 * r.standard_normal(n), 3)
    pull = np.stack([np.zeros(n), z + 0.5, 0.002 * frame.distance - 1.0], axis=1) + r.gumbel(size=(n, 3))
    frame["cause"] = np.array(["none", "crew", "weather"])[pull.argmax(axis=1)]
    return frame


def data(folder):
    train = flights(8000, 1, 0)
    newer = flights(5000, 3, 20_000)
    unseen = flights(6000, 2, 10_000)
    for part in ("v1", "v2", "gate"):
        os.makedirs(f"{folder}/{part}", exist_ok=True)
    train.to_parquet(f"{folder}/v1/train.parquet", index=False)
    newer.to_parquet(f"{folder}/v2/train.parquet", index=False)

    def write(name, frame):
        frame.to_parquet(f"{folder}/gate/{name}.parquet", index=False)

    write("clean", unseen)
    leak = train.sample(100, random_state=5)
    write("leak", pd.concat([unseen, leak]).sample(frac=1, random_state=6))
    # The same rows with columns in another order, floats printed anew, in another format.
    mixed = pd.concat([unseen, leak])[["late", "distance", "hour", "cause", "origin", "delay", "day", "flight"]]
    mixed.to_csv(f"{folder}/gate/leak.csv", index=False, float_format="%.6f")
    write("few", unseen.head(40))
    write("empty", unseen.head(0))
    write("one-class", unseen[unseen.late == 0])
    gaps = unseen.astype({"late": "float64"})
    gaps.loc[17, "late"] = np.nan
    write("gaps", gaps)
    write("no-column", unseen.drop(columns=["distance"]))
    write("text", unseen.astype({"distance": "str"}).assign(distance=lambda f: f.distance + " miles"))
    write("words", unseen.assign(late=np.where(unseen.late == 1, "late", "on time")))


LABELS = {"minutes": "delay", "cause": "cause"}


def figures(name, model, unseen, columns):
    """What scikit-learn says of a model on the unseen rows."""
    from sklearn import metrics as m

    y, said = unseen[LABELS.get(name, "late")], model.predict(unseen[columns])
    if name == "minutes":
        return {
            "mae": m.mean_absolute_error(y, said),
            "rmse": m.root_mean_squared_error(y, said),
            "r2": m.r2_score(y, said),
            "median_ae": m.median_absolute_error(y, said),
        }
    chances = model.predict_proba(unseen[columns])
    if name == "cause":
        return {
            "auc": m.roc_auc_score(y, chances, multi_class="ovr"),
            "log_loss": m.log_loss(y, chances),
            "accuracy": m.accuracy_score(y, said),
            "macro_f1": m.f1_score(y, said, average="macro"),
            "kappa": m.cohen_kappa_score(y, said),
        }
    chance = chances[:, 1]
    return {
        "auc": m.roc_auc_score(y, chance),
        "average_precision": m.average_precision_score(y, chance),
        "log_loss": m.log_loss(y, chance),
        "brier": m.brier_score_loss(y, chance),
        "accuracy": m.accuracy_score(y, said),
        "f1": m.f1_score(y, said),
        "mcc": m.matthews_corrcoef(y, said),
    }


def train(folder, url, names):
    import mlflow
    from mlflow.entities import LoggedModelInput
    from mlflow.models import infer_signature
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    mlflow.set_tracking_uri(url)
    mlflow.set_experiment("late")
    unseen = pd.read_parquet(f"{folder}/gate/clean.parquet")
    found = {}
    before = None
    for name in names:
        version = "v2" if name == "child" else "v1"
        frame = pd.read_parquet(f"{folder}/{version}/train.parquet")
        x, y = frame[["origin", "hour", "distance"]], frame[LABELS.get(name, "late")]
        columns = ["distance"] if name == "worse" else ["origin", "hour", "distance"]
        numbers = [c for c in columns if c != "origin"]
        parts = [("numbers", StandardScaler(), numbers)]
        if "origin" in columns:
            parts.append(("words", OneHotEncoder(handle_unknown="ignore"), ["origin"]))
        end = LinearRegression() if name == "minutes" else LogisticRegression(max_iter=500)
        model = make_pipeline(ColumnTransformer(parts), end).fit(x[columns], y)
        example = x[columns].head(3)
        signature = infer_signature(example, model.predict(example)) if name in LABELS else infer_signature(example, model.predict_proba(example))
        with mlflow.start_run(run_name=name) as run:
            # By the name of the version, and once by the address that its file has here.
            said = {"name": f"flights@{version}"}
            if name == "child":
                said = {"source": f"{url}/api/v1/datasets/flights/versions/{version}/content?path=train.parquet"}
                mlflow.MlflowClient().log_inputs(run.info.run_id, models=[LoggedModelInput(before)])
            mlflow.log_input(mlflow.data.from_pandas(frame, **said), context="training")
            if name.startswith("sklearn"):
                pyfunc = "predict_proba" if name == "sklearn-chances" else "predict"
                logged = mlflow.sklearn.log_model(
                    model, name="model", registered_model_name="late", pyfunc_predict_fn=pyfunc, input_example=example,
                    pip_requirements=installed("mlflow-skinny", "numpy", "pandas", "scikit-learn", "skops"),
                )
            else:
                kinds = {"origin": StringTensorType([None, 1]), "hour": Int64TensorType([None, 1]), "distance": FloatTensorType([None, 1])}
                options = None if name == "minutes" else {id(end): {"zipmap": False}}
                onnx = to_onnx(model, initial_types=[(c, kinds[c]) for c in columns], options=options, target_opset=17)
                logged = mlflow.onnx.log_model(
                    onnx, name="model", registered_model_name="late", signature=signature, input_example=example,
                    pip_requirements=installed("mlflow", "onnx", "onnxruntime"),
                )
        before = logged.model_id
        found[name] = figures(name, model, unseen, columns)
    print("REPORT" + json.dumps(found))


if sys.argv[1] == "data":
    data(sys.argv[2])
else:
    train(sys.argv[2], sys.argv[3], sys.argv[4:])
