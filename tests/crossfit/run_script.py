"""A user's plain script: no guard, a learner of its own; prints digests of its arrays as JSON."""

import hashlib
import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.crossfit import cross_fit
from stackkit.folds import Folds
from stackkit.spec import ModelSpec

signal.signal(signal.SIGINT, signal.default_int_handler)  # also as a shell's background job
FOLDER, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
with (FOLDER / "imports.txt").open("a") as file:
    file.write("once\n")


@dataclass(frozen=True)
class Slow:
    kind: ClassVar[str] = "slow"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "full"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    reads_names: ClassVar[bool] = False
    queries: ClassVar[str] = "mean"
    threads: int = 1

    def build(self, objective, seed):
        return SlowFit(seed)


class SlowFit:
    def __init__(self, seed):
        self.seed = seed

    def fit(self, X, y, weight=None):
        time.sleep(SECONDS)
        print("a model that talks")
        self.mean = y.mean()
        return self

    def predict(self, X):
        return self.mean + np.random.default_rng(self.seed).normal(size=len(X))


x = np.arange(50.0)
train = pd.DataFrame({"x": x, "y": np.sqrt(x)})
test = pd.DataFrame({"x": x + 0.5})
competition = Competition.from_frames(train, test, target="y", metric="rmse", name="tiny")
folds = Folds((np.arange(50) % 6).astype(np.int16)[None])
spec = ModelSpec("slow", Slow(), family="toy")
record = cross_fit(spec, competition, folds, OOFCache(FOLDER / "cache"), jobs=2)
print(json.dumps({n: hashlib.sha256(a.tobytes()).hexdigest() for n, a in record.arrays.items()}))
