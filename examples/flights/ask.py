"""Asks an endpoint about real flights of a later day, one request a flight, and says how well it knew.

    python ask.py URL SOURCE.parquet --day 2001-03-01 --flights 300

URL is that of the endpoint, such as http://127.0.0.1:5001/v2/models/flight-delay. Plain Open Inference Protocol: any client of it
would do. Prints one JSON object: the answers with their prediction ids, how quick they were, and the AUC over these flights.
"""

import argparse
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.client import HTTPConnection
from threading import local
from urllib.parse import urlsplit

import pyarrow.compute as pc
import pyarrow.parquet as pq

LATE_FROM_MINUTES = 15
AT_ONCE = 4


def main() -> None:
    options = arguments()
    url = urlsplit(options.url)
    connections = local()

    def ask(flight: dict) -> dict:
        connection = getattr(connections, "one", None)
        if connection is None:
            connection = connections.one = HTTPConnection(url.hostname, url.port, timeout=30)
        body = json.dumps(question(flight))
        began = time.perf_counter()
        connection.request("POST", f"{url.path}/infer", body, headers())
        response = connection.getresponse()
        answer = json.loads(response.read())
        took = (time.perf_counter() - began) * 1000
        if response.status != 200:
            raise SystemExit(f"{options.url} answered {response.status}: {answer.get('error', answer)}")
        return {
            "prediction": response.headers["X-Treadle-Prediction"],
            "revision": int(response.headers["X-Treadle-Revision"]),
            "version": int(response.headers["X-Treadle-Model-Version"]),
            "chance": answer["outputs"][0]["data"][0],
            "flight": f"{flight['origin']} → {flight['destination']}, {flight['date']:%d %B %Y at %H:%M}",
            "late": flight["delay"] >= LATE_FROM_MINUTES,
            "ms": round(took, 3),
        }

    flights = of_day(options.source, options.day, options.flights)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, flights))
    times = sorted(answer["ms"] for answer in answers)
    print(
        json.dumps(
            {
                "flights": len(answers),
                "auc": auc([a["chance"] for a in answers], [a["late"] for a in answers]),
                "p50_ms": times[len(times) // 2],
                "p99_ms": times[int(len(times) * 0.99)],
                "answers": answers,
            }
        )
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of the endpoint")
    parser.add_argument("source", help="Parquet file of all flights")
    parser.add_argument("--day", default="2001-03-01", type=datetime.fromisoformat)
    parser.add_argument("--flights", default=300, type=int)
    return parser.parse_args()


def headers() -> dict[str, str]:
    token = os.environ.get("TREADLE_TOKEN")
    return {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}


def of_day(source: str, day: datetime, most: int) -> list[dict]:
    """Flights of one day, spread evenly over it."""
    table = pq.read_table(source, filters=(pc.field("date") >= day) & (pc.field("date") < day + timedelta(days=1)))
    table = table.sort_by([("date", "ascending"), ("origin", "ascending"), ("destination", "ascending")])
    step = max(1, table.num_rows // most)
    return table.take(list(range(0, table.num_rows, step))[:most]).to_pylist()


def question(flight: dict) -> dict:
    """The columns of prep.py, as one row."""
    origin, destination, date = flight["origin"], flight["destination"], flight["date"]
    columns = [
        ("origin", "BYTES", origin),
        ("destination", "BYTES", destination),
        ("route", "BYTES", f"{origin}-{destination}"),
        ("minute", "FP32", date.hour * 60 + date.minute),
        ("weekday", "FP32", date.weekday()),
        ("distance", "FP32", flight["distance"]),
    ]
    return {"inputs": [{"name": name, "datatype": kind, "shape": [1], "data": [value]} for name, kind, value in columns]}


def auc(chances: list[float], late: list[bool]) -> float:
    """How often a late flight was called more likely late than a punctual one."""
    yes = [chance for chance, was in zip(chances, late, strict=True) if was]
    no = [chance for chance, was in zip(chances, late, strict=True) if not was]
    if not yes or not no:
        return float("nan")
    return sum((a > b) + (a == b) / 2 for a in yes for b in no) / (len(yes) * len(no))


if __name__ == "__main__":
    main()
