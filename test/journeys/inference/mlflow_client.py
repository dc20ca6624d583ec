"""MLflow's own scoring client against an endpoint, unchanged; it only knows /invocations of a host and a port."""
import json
import sys

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from sklearn.datasets import load_iris

host, port = sys.argv[1].split(":")
client = ScoringServerClient(host, int(port))
client.wait_server_ready(timeout=240)
client.ping()
assert client.get_version().startswith("3.")

features, labels = load_iris(return_X_y=True, as_frame=True)
features.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
answer = client.invoke(features).get_predictions()
assert isinstance(answer, pd.DataFrame) and len(answer) == 150, answer
right = int((answer[0].to_numpy() == labels.to_numpy()).sum())
assert right > 140, right
turned = client.invoke(features[features.columns[::-1]]).get_predictions()
assert (turned == answer).all().all()
text = client.invoke(json.dumps({"dataframe_records": features[:3].to_dict(orient="records")})).get_predictions()
assert list(text[0]) == list(answer[0][:3])
try:
    client.invoke(features.drop(columns=["sepal_width"]))
    raise AssertionError("it was not refused")
except Exception as error:
    assert "400" in str(error) and "sepal_width" in str(error), error
try:
    client.invoke(np.zeros((2, 3)))
    raise AssertionError("it was not refused")
except Exception as error:
    assert "400" in str(error), error
print("REPORT" + json.dumps({"right": right, "dtype": str(answer[0].dtype)}))
