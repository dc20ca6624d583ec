"""Trains the model, converts it to ONNX, proves that both answer alike, and logs all of it with plain MLflow calls.

    python train.py TRAIN.parquet MODEL_FOLDER --depth 6 --rate 0.2 --seed 7

It runs unchanged inside a Treadle step (which sets MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME and MLFLOW_RUN_ID) and against
any MLflow server. The same rows and parameters give the same bytes in MODEL_FOLDER.
"""

import argparse
import os
import shutil

# One thread: the order in which numbers are added decides their last digits, and on a busy machine threads that wait for each
# other take three times as long as one alone.
os.environ["OMP_NUM_THREADS"] = "1"

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
ROUNDS = 50
CHECK_DAYS = 5
CURVE_ROWS = 10_000


def main() -> None:
    options = arguments()
    rows = pq.read_table(options.train).to_pandas()
    # The last days of the training rows are for looking at the model while it grows; no tree sees them.
    split = rows["date"].max().normalize() - timedelta(days=CHECK_DAYS - 1)
    seen, later = rows[rows["date"] < split], rows[rows["date"] >= split]

    # A Treadle step names the experiment itself, and knows what it read to the byte.
    alone = not os.environ.get("MLFLOW_RUN_ID")
    if alone:
        mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "flight-delay"))
    with mlflow.start_run() as run:
        mlflow.log_params({"depth": options.depth, "rate": options.rate, "seed": options.seed, "rounds": ROUNDS})
        if alone:
            mlflow.log_input(mlflow.data.from_pandas(seen.head(1000), source=options.train, name="flights-train"), context="training")

        features = FEATURES + [name for name in options.also.split(",") if name != "none"]
        model = build(seen, options).fit(seen[features], seen["late"])
        log_curve(model, later.sample(min(CURVE_ROWS, len(later)), random_state=options.seed)[[*features, "late"]])

        chance = model.predict_proba(later[features])[:, 1]
        metrics = {"auc": roc_auc_score(later["late"], chance), "log_loss": log_loss(later["late"], chance)}
        mlflow.log_metrics(metrics)
        mlflow.log_figure(roc_figure(later["late"], chance, metrics["auc"]), "roc.png")

        onnx = to_onnx(model, features, PLACES)
        # Raises when the two models disagree: a wrong conversion must not become a model version.
        difference = check_parity(model, onnx, later[features])
        mlflow.log_metric("onnx_max_difference", difference)
        package = packaged(later[features].head(5))
        save(options.model, onnx, package)
        mlflow.onnx.log_model(onnx, name="model", **package)
        print(
            f"{len(seen):,} rows learned, AUC {metrics['auc']:.4f} on {len(later):,} later rows, "
            f"ONNX differs by at most {difference:.1e}, run {run.info.run_id}"
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", help="Parquet file of prepared rows")
    parser.add_argument("model", help="folder to write the model to")
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--also", default="none", help="further columns of numbers to learn from, with commas between: hour")
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
    ranked = model[:-1].transform(rows.drop(columns="late"))
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


def packaged(example: pd.DataFrame) -> dict:
    """What MLflow writes beside the weights, wherever the model is kept."""
    import onnx as onnx_package
    import onnxruntime

    return {
        "signature": mlflow.models.infer_signature(example, pd.DataFrame({"late": np.zeros(1, np.float32)})),
        # The server warms the model with it, and a package proves with it that the model answers elsewhere as it did here.
        "input_example": example,
        # Naming the packages spares MLflow a search for them, which loads the model in a second process.
        "pip_requirements": [f"onnx=={onnx_package.__version__}", f"onnxruntime=={onnxruntime.__version__}"],
        "onnx_execution_providers": ["CPUExecutionProvider"],
    }


def save(folder: str, onnx, package: dict) -> None:
    """The model as a folder that any MLflow client loads; equal models are equal bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    mlflow.onnx.save_model(onnx, folder, **package)
    Path(folder, "model.onnx").write_bytes(onnx.SerializeToString(deterministic=True))
    card = Path(folder, "MLmodel")
    # When and under which random id it was saved says nothing of the model.
    kept = [line for line in card.read_text().splitlines() if not line.startswith(("utc_time_created:", "model_uuid:"))]
    card.write_text("\n".join(kept) + "\n")


if __name__ == "__main__":
    main()
