"""Reads cases as JSON on stdin and answers with scikit-learn's figures: the reference of metrics/scikit-learn.slow.test.ts."""
import json
import sys
import warnings

import numpy as np
from sklearn import metrics as m

warnings.filterwarnings("ignore")


def binary(case):
    y = np.array(case["label"])
    said = np.array(case["said"])
    found = {
        "accuracy": m.accuracy_score(y, said),
        "precision": m.precision_score(y, said),
        "mcc": m.matthews_corrcoef(y, said),
    }
    if y.max() == 1:
        found["recall"] = m.recall_score(y, said)
    if y.min() == 0:
        found["specificity"] = m.recall_score(y, said, pos_label=0)
    if y.max() == 1 or said.max() == 1:
        found["f1"] = m.f1_score(y, said)
    if y.min() != y.max():
        found["balanced_accuracy"] = m.balanced_accuracy_score(y, said)
    score = np.array(case["score"], dtype=float)
    if y.min() != y.max():
        found["auc"] = m.roc_auc_score(y, score)
    if y.max() == 1:
        found["average_precision"] = m.average_precision_score(y, score)
    if case["probable"]:
        found["log_loss"] = m.log_loss(y, score, labels=[0, 1])
        found["brier"] = m.brier_score_loss(y, score, pos_label=1)
    return found


def multiclass(case):
    y = np.array(case["label"])
    said = np.array(case["said"])
    k = case["classes"]
    p = np.array(case["probabilities"], dtype=float).reshape(-1, k)
    found = {
        "accuracy": m.accuracy_score(y, said),
        "balanced_accuracy": m.balanced_accuracy_score(y, said),
        "mcc": m.matthews_corrcoef(y, said),
        "kappa": m.cohen_kappa_score(y, said),
        "log_loss": m.log_loss(y, p, labels=list(range(k))),
    }
    for kind in ("macro", "weighted"):
        found[kind + "_f1"] = m.f1_score(y, said, average=kind)
        found[kind + "_precision"] = m.precision_score(y, said, average=kind)
        found[kind + "_recall"] = m.recall_score(y, said, average=kind)
    if len(set(y.tolist())) == k:
        found["auc"] = m.roc_auc_score(y, p, multi_class="ovr", average="macro")
    return found


def regression(case):
    y = np.array(case["label"], dtype=float)
    said = np.array(case["said"], dtype=float)
    found = {
        "mae": m.mean_absolute_error(y, said),
        "mse": m.mean_squared_error(y, said),
        "rmse": m.root_mean_squared_error(y, said),
        "mape": m.mean_absolute_percentage_error(y, said),
        "median_ae": m.median_absolute_error(y, said),
        "max_error": m.max_error(y, said),
    }
    if y.min() != y.max():
        found["r2"] = m.r2_score(y, said)
    return found


TASKS = {"binary": binary, "multiclass": multiclass, "regression": regression}
answers = [
    {name: float(value) for name, value in TASKS[case["task"]](case).items() if np.isfinite(value)}
    for case in json.load(sys.stdin)
]
json.dump(answers, sys.stdout)
