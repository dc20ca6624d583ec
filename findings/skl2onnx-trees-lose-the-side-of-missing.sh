#!/bin/sh
# A tree that was fitted on complete rows only still answers NaN, by the side most training rows took; its ONNX form sends NaN right.
# Versions: scikit-learn 1.9.1, skl2onnx 1.20.0, onnxruntime 1.30.0, protobuf 6.33.6, numpy 2.3.5 (Python 3.11).
# Behaviour: DecisionTreeClassifier fitted without one missing value predicts rows with NaN (tree_.missing_go_to_left says the side);
#   the converted graph's nodes_missing_value_tracks_true is 0 at every node, so half of them are answered otherwise. Complete rows agree.
# Meaning: a trial on complete rows proves nothing for rows with NaN, also where training had none.
# Seen: complete rows that differ: 0; rows with NaN that differ: 103 of 200; nodes that send NaN left: 0, in scikit-learn's tree: more than 0
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 skl2onnx==1.20.0 onnxruntime==1.30.0 protobuf==6.33.6 numpy==2.3.5
"$work/venv/bin/python" - <<'PY'
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.tree import DecisionTreeClassifier

rng = np.random.default_rng(0)
x = rng.normal(size=(500, 3)).astype(np.float32)
y = (x[:, 0] + x[:, 1] > 0.8).astype(np.int64)  # uneven, so that the greater side is often the left one
tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(x, y)
graph = to_onnx(tree, x[:1], options={id(tree): {"zipmap": False}})
session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])

def differ(rows):
    return int((session.run(None, {session.get_inputs()[0].name: rows})[0] != tree.predict(rows)).sum())

holes = rng.normal(size=(200, 3)).astype(np.float32)
holes[np.arange(200), rng.integers(0, 3, 200)] = np.nan
complete, missing = differ(x), differ(holes)
tracks = [sum(one.ints) for one in graph.graph.node[0].attribute if one.name == "nodes_missing_value_tracks_true"]
left = int(tree.tree_.missing_go_to_left[tree.tree_.children_left >= 0].sum())
print("complete rows that differ:", complete)
print("rows with NaN that differ:", missing, "of 200")
print("nodes that send NaN left: in the graph", tracks, "in scikit-learn's tree", left)
assert complete == 0 and missing > 0 and sum(tracks) == 0 and left > 0, (complete, missing, tracks, left)
PY
