#!/usr/bin/env python3
"""Reads a run's event file with TensorBoard's own reader and holds it against metrics.jsonl.

    tests/tensorboard/read_events.py RUN_DIR...        (needs the package tensorboard)

Every number of every epoch must come back as float32 holds it, every list of counts as a histogram of the same
buckets.
"""

import json
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def check(run):
    events = EventAccumulator(str(run), size_guidance={"scalars": 0, "histograms": 0}).Reload()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    scalars = {tag: {e.step: e.value for e in events.Scalars(tag)} for tag in events.Tags()["scalars"]}
    histograms = {tag: {e.step: e.histogram_value for e in events.Histograms(tag)}
                  for tag in events.Tags()["histograms"]}
    values = 0
    for line in lines:
        step = line.pop("epoch")
        for key, value in line.items():
            if isinstance(value, list):
                read = histograms[key][step]
                assert read.bucket == value and read.num == sum(value), (run, step, key)
                assert np.allclose(read.bucket_limit, np.linspace(-15, 15, len(value) + 1)[1:]), (run, step, key)
            else:
                assert np.float32(scalars[key][step]) == np.float32(value), (run, step, key)
            values += 1
    read = sum(map(len, scalars.values())) + sum(map(len, histograms.values()))
    assert read == values, f"{run}: {read} values in the event file, {values} in metrics.jsonl"
    print(f"{run}: {len(lines)} epochs, {len(scalars)} scalars, {len(histograms)} histograms, all equal")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for folder in sys.argv[1:]:
        check(Path(folder))
