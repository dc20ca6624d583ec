"""Writes event files with TensorBoard's own writer and with tensorboardX (whose writer is torch's), and says what it wrote."""

import json
import math
import os
import sys

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.util import tensor_util
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboardX import SummaryWriter

root = sys.argv[1]
report = {"points": {}, "params": {}}


def native(run, steps):
    writer = EventFileWriter(os.path.join(root, run))
    points = []

    def add(summary, step, wall):
        writer.add_event(Event(wall_time=wall, step=step, summary=summary))

    for step in range(steps):
        wall = 1_600_000_000.5 + step
        value = np.float32(1 / (step + 1))
        add(scalar_pb("loss", value), step, wall)
        points.append(["loss", float(value), wall, step])
        add(Summary(value=[Summary.Value(tag="old", simple_value=step / 3)]), step, wall)
        points.append(["old", float(np.float32(step / 3)), wall, step])
    for step, value in [(1, math.nan), (2, math.inf), (3, -math.inf)]:
        add(Summary(value=[Summary.Value(tag="odd (x)", simple_value=value)]), step, 1_600_000_000 + step)
        points.append(["odd (x)", value, 1_600_000_000 + step, step])
    add(histogram_pb("weights", np.arange(100.0), buckets=10), 3, 1_600_000_003)
    add(text_pb("words", np.array(["# one", "zwei ü"])), 3, 1_600_000_003)
    # As tf.summary.image writes it: width, height, then each picture.
    picture = tensor_util.make_tensor_proto([b"5", b"4", b"\x89PNG first", b"\x89PNG second"], dtype=None)
    metadata = image_metadata.create_summary_metadata(display_name=None, description="", converted_to_tensor=True)
    add(Summary(value=[Summary.Value(tag="picture/in", tensor=picture, metadata=metadata)]), 3, 1_600_000_003)
    writer.close()
    report["points"][run] = points


def torch_like():
    where = os.path.join(root, "torch")
    writer = SummaryWriter(where)
    points = []
    for step in range(50):
        writer.add_scalar("acc/train", step / 50, step, walltime=1_600_000_100 + step)
        points.append(["acc/train", float(np.float32(step / 50)), 1_600_000_100 + step, step])
    writer.add_histogram("grad", np.arange(10.0), 1, walltime=1_600_000_100)
    writer.add_audio("tone", np.sin(np.arange(800) / 5).reshape(-1, 1).astype("float32"), 2, sample_rate=8000, walltime=1_600_000_100)
    writer.add_image("img", np.ones((3, 4, 4), dtype="float32"), 2, walltime=1_600_000_100)
    writer.add_pr_curve("pr", np.array([1, 0, 1]), np.array([0.9, 0.2, 0.6]), 2, num_thresholds=5, walltime=1_600_000_100)
    writer.add_text("note", "hello **you**", 2, walltime=1_600_000_100)
    writer.add_hparams({"lr": 0.1, "layers": 3, "opt": "adam", "flag": True}, {"final": 0.75}, name="trial", global_step=1)
    writer.close()
    report["points"]["torch"] = points
    report["params"]["torch/trial"] = {"lr": "0.1", "layers": "3", "opt": "adam", "flag": "True"}


def restarted():
    where = os.path.join(root, "restarted")
    points = []
    for part, (first, last, begins) in enumerate([(0, 10, False), (6, 14, True), (12, 16, False)]):
        writer = EventFileWriter(where, filename_suffix=f".{part}")
        if begins:
            writer.add_event(
                Event(wall_time=1_600_000_000, step=first, session_log=SessionLog(status=SessionLog.START))
            )
            points = [one for one in points if one[3] < first]
        for step in range(first, last):
            wall = 1_600_000_000 + part * 100 + step
            writer.add_event(Event(wall_time=wall, step=step, summary=Summary(value=[Summary.Value(tag="loss", simple_value=part)])))
            points.append(["loss", float(part), wall, step])
        writer.close()
    report["points"]["restarted"] = points


def ended():
    data = plugin_data_pb2.HParamsPluginData(
        session_end_info=plugin_data_pb2.SessionEndInfo(status=2, end_time_secs=1_600_000_060), version=0
    )
    return hparams._summary_pb("_hparams_/session_end_info", data)


def session():
    writer = EventFileWriter(os.path.join(root, "session"))
    writer.add_event(Event(wall_time=1_600_000_000, summary=hparams.hparams_pb({"rate": 0.25, "name": "x"}, trial_id="g1")))
    writer.add_event(
        Event(wall_time=1_600_000_050, summary=ended())
    )
    writer.close()
    report["params"]["session"] = {"rate": "0.25", "name": "x"}
    report["points"]["session"] = []


native("native", 300)
torch_like()
restarted()
session()
print("REPORT" + json.dumps(report, allow_nan=True).replace("NaN", '"nan"').replace("-Infinity", '"-inf"').replace("Infinity", '"inf"'))
