"""Logs offline with W&B's own package, and says what it logged."""

import json
import math
import os
import sys

import numpy as np

root = sys.argv[1]
os.makedirs(root, exist_ok=True)
os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=root, WANDB_DATA_DIR=root, WANDB_CACHE_DIR=root)

import wandb  # noqa: E402

report = {"points": {}, "params": {}, "ids": {}}


def first():
    run = wandb.init(
        project="moving in",
        name="first",
        group="g",
        job_type="train",
        notes="about it",
        tags=["a", "b"],
        config={"lr": 0.1, "deep": {"layers": [1, 2], "name": "ü"}, "flag": True, "none": None, "nan": math.nan},
    )
    run.define_metric("acc", summary="max")
    points = []
    for step in range(200):
        run.log({"loss": 1 / (step + 1), "nested": {"acc": step / 200}})
        points += [["loss", 1 / (step + 1), step], ["nested.acc", step / 200, step]]
    run.log({"odd": math.nan, "whole": 3, "yes": True, "word": "hello"}, step=300)
    points += [["odd", math.nan, 300], ["whole", 3, 300]]
    run.log({"odd": math.inf, "odd name (x)": -1.5}, step=301)
    points += [["odd", math.inf, 301], ["odd name (x)", -1.5, 301]]
    run.log({"hist": wandb.Histogram(np.arange(10.0)), "img": wandb.Image(np.zeros((4, 4, 3), dtype=np.uint8))}, step=302)
    run.log({"table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])}, step=303)
    run.config.update({"late": 5, "lr": 0.2}, allow_val_change=True)
    run.summary["best"] = 0.99
    print("a line of output")
    with open(os.path.join(root, "weights.bin"), "wb") as file:
        file.write(b"w" * 1000)
    artifact = wandb.Artifact("weights", type="model", description="of it", metadata={"k": 1})
    artifact.add_file(os.path.join(root, "weights.bin"))
    run.log_artifact(artifact)
    report["ids"]["first"] = run.id
    report["points"]["first"] = points
    report["params"]["first"] = {
        "lr": "0.2",
        "deep.layers": "[1,2]",
        "deep.name": "ü",
        "flag": "true",
        "late": "5",
        "none": "null",
    }
    run.finish()


def failed():
    run = wandb.init(project="moving in", name="failed", config={"lr": 1})
    run.log({"loss": 2.5})
    report["ids"]["failed"] = run.id
    report["points"]["failed"] = [["loss", 2.5, 0]]
    report["params"]["failed"] = {"lr": "1"}
    run.finish(exit_code=1)


first()
failed()
print("REPORT" + json.dumps(report).replace("NaN", '"nan"').replace("-Infinity", '"-inf"').replace("Infinity", '"inf"'))
