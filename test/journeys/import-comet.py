"""Logs offline with Comet's own package, and says what it logged."""

import json
import math
import os
import sys

root = sys.argv[1]
os.makedirs(root, exist_ok=True)
os.environ["COMET_DISABLE_AUTO_LOGGING"] = "1"

import comet_ml  # noqa: E402

experiment = comet_ml.OfflineExperiment(project_name="moving", workspace="ws", offline_directory=root, log_code=False)
experiment.set_name("first")
points = []
for step in range(1200):
    experiment.log_metric("loss", 1 / (step + 1), step=step, epoch=1 + step // 100)
    points.append(["loss", 1 / (step + 1), step])
experiment.log_metric("odd", math.nan, step=1)
experiment.log_metric("odd", math.inf, step=2)
points += [["odd", math.nan, 1], ["odd", math.inf, 2]]
experiment.log_parameter("lr", 0.1)
experiment.log_parameters({"deep": {"x": 1}, "s": "ü"})
experiment.log_other("note", "hi")
experiment.add_tag("t1")
experiment.log_text("some text", step=2)
file = os.path.join(root, "w.bin")
with open(file, "wb") as made:
    made.write(b"w" * 100_000)
experiment.log_asset(file, file_name="weights/w.bin", step=3)
experiment.end()
os.remove(file)
report = {"points": points, "params": {"lr": "0.1", "deep_x": "1", "s": "ü"}}
print("\nREPORT" + json.dumps(report).replace("NaN", '"nan"').replace("Infinity", '"inf"'))
