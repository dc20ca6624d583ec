"""Trains the model, converts it to ONNX, proves that both answer alike, and logs all of it with plain MLflow calls.

    python train.py TRAIN.parquet MODEL_FOLDER --depth 6 --rate 0.1 --seed 7

It runs unchanged inside a Treadle step (which sets MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME and MLFLOW_RUN_ID) and against
any MLflow server. The same rows and parameters give the same bytes in MODEL_FOLDER.
"""

import argparse
import os

# One thread: the order in which numbers are added decides their last digits, and on a busy machine threads that wait for each
# other take three times as long as one alone.
os.environ["OMP_NUM_THREADS"] = "1"

import json
import warnings
from datetime import timedelta
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from matplotlib.figure import Figure
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score, roc_curve
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from convert import check_parity, to_onnx

# MLflow's remarks about its own plug-ins and about whole-number columns would fill the log of every run.
warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")

PLACES = ["origin", "destination", "route"]
NUMBERS = ["minute", "weekday", "distance"]
FEATURES = PLACES + NUMBERS
ROUNDS = 100
CHECK_DAYS = 5
CURVE_ROWS = 20_000


def main() -> None:
    options = arguments()
    rows = pq.read_table(options.train).to_pandas()
    # The last days of the training rows are for looking at the model while it grows; no tree sees them.
    split = rows["date"].max().normalize() - timedelta(days=CHECK_DAYS - 1)
    seen, later = rows[rows["date"] < split], rows[rows["date"] >= split]

    # A Treadle step names the experiment itself.
    if not os.environ.get("MLFLOW_RUN_ID"):
        mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "flight-delay"))
    with mlflow.start_run() as run:
        mlflow.log_params({"depth": options.depth, "rate": options.rate, "seed": options.seed, "rounds": ROUNDS})
        mlflow.log_input(mlflow.data.from_pandas(seen.head(1000), source=options.train, name="flights-train"), context="training")

        model = build(seen, options).fit(seen[FEATURES], seen["late"])
        log_curve(model, later.sample(min(CURVE_ROWS, len(later)), random_state=options.seed))

        chance = model.predict_proba(later[FEATURES])[:, 1]
        metrics = {"auc": roc_auc_score(later["late"], chance), "log_loss": log_loss(later["late"], chance)}
        mlflow.log_metrics(metrics)
        mlflow.log_figure(roc_figure(later["late"], chance, metrics["auc"]), "roc.png")

        onnx = to_onnx(model, FEATURES, PLACES)
        # Raises when the two models disagree: a wrong conversion must not become a model version.
        difference = check_parity(model, onnx, later[FEATURES])
        mlflow.log_metric("onnx_max_difference", difference)
        save(options.model, onnx, options)
        log_model(onnx, later[FEATURES].head(5))
        print(
            f"{len(seen):,} rows learned, AUC {metrics['auc']:.4f} on {len(later):,} later rows, "
            f"ONNX differs by at most {difference:.1e}, run {run.info.run_id}"
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", help="Parquet file of prepared rows")
    parser.add_argument("model", help="folder to write the model to")
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def build(rows: pd.DataFrame, options: argparse.Namespace) -> Pipeline:
    # A place becomes its rank by lateness: whole numbers, on which the trees cut at halves, so float32 loses nothing.
    ranked = OrdinalEncoder(
        categories=[by_lateness(rows, place) for place in PLACES],
        handle_unknown="use_encoded_value",
        unknown_value=-1,
        dtype=np.float32,
    )
    trees = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        max_depth=options.depth,
        max_leaf_nodes=63,
        learning_rate=options.rate,
        random_state=options.seed,
        early_stopping=False,
    )
    return Pipeline([("places", ColumnTransformer([("rank", ranked, PLACES)], remainder="passthrough")), ("trees", trees)])


def by_lateness(rows: pd.DataFrame, place: str, weight: int = 100) -> list[str]:
    """The places, least late first. Rare ones are drawn towards the mean, as if seen `weight` more times with the average share late."""
    groups = rows.groupby(place)["late"].agg(["sum", "count"])
    share = (groups["sum"] + weight * rows["late"].mean()) / (groups["count"] + weight)
    return share.sort_values(kind="stable").index.tolist()


def log_curve(model: Pipeline, rows: pd.DataFrame) -> None:
    ranked = model[:-1].transform(rows[FEATURES])
    for step, chances in enumerate(model[-1].staged_predict_proba(ranked), start=1):
        mlflow.log_metric("curve_auc", roc_auc_score(rows["late"], chances[:, 1]), step=step)


def roc_figure(truth: pd.Series, chance: np.ndarray, auc: float) -> Figure:
    false_alarms, found, _ = roc_curve(truth, chance)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(false_alarms, found)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(xlabel="share of punctual flights called late", ylabel="share of late flights found", title=f"AUC {auc:.4f}")
    return figure


def save(folder: str, onnx, options: argparse.Namespace) -> None:
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "model.onnx").write_bytes(onnx.SerializeToString(deterministic=True))
    about = {
        "format": "onnx",
        "model": "model.onnx",
        "inputs": [{"name": name, "type": "string" if name in PLACES else "float"} for name in FEATURES],
        "output": {"name": "late", "type": "float", "meaning": "chance of arriving 15 minutes late or more"},
        "params": {"depth": options.depth, "rate": options.rate, "seed": options.seed, "rounds": ROUNDS},
    }
    (path / "model.json").write_text(json.dumps(about, indent=2) + "\n")


def log_model(onnx, example: pd.DataFrame) -> None:
    import onnx as onnx_package
    import onnxruntime

    signature = mlflow.models.infer_signature(example, pd.DataFrame({"late": np.zeros(1, np.float32)}))
    # Naming the packages spares MLflow a search for them, which loads the model in a second process.
    packages = [f"onnx=={onnx_package.__version__}", f"onnxruntime=={onnxruntime.__version__}"]
    mlflow.onnx.log_model(
        onnx,
        name="model",
        signature=signature,
        pip_requirements=packages,
        onnx_execution_providers=["CPUExecutionProvider"],
    )


if __name__ == "__main__":
    main()
