"""Every metric from fits to a file: cross_fit, score, decision, submission."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.crossfit import cross_fit
from stackkit.datasets.embedded import load_embedded
from stackkit.folds import Folds
from stackkit.level0 import get_model
from stackkit.metrics import get_metric
from stackkit.metrics.built_in import BUILT_IN
from stackkit.submission import final_decision, validate_submission, write_submission

NAMES = [*BUILT_IN, "map@2", "pinball@0.9"]
CASES = [(name, task) for name in NAMES for task in get_metric(name).tasks]
SOURCES = {"binary": "breast-cancer", "multiclass": "wine", "regression": "diabetes"}
ROWS = 90


@cache
def frames(task: str, ordinal: bool) -> tuple[pd.DataFrame, pd.DataFrame, str, str]:
    """Train, test, id and target of a task; ordinal targets take six values."""
    found = load_embedded(SOURCES[task])
    train = found.train.head(ROWS).copy()
    if ordinal and task == "regression":
        train[found.target] = pd.qcut(train[found.target], 6, labels=False)
    return train, found.test.head(20), found.id, found.target


def made(name: str, task: str) -> Competition:
    train, test, id, target = frames(task, get_metric(name).reads == "label")
    return Competition.from_frames(train, test, target=target, id=id, metric=name, task=task)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> OOFCache:
    """One cache: metrics with one objective share their fits."""
    return OOFCache(tmp_path_factory.mktemp("chain") / "cache")


@pytest.mark.parametrize(("name", "task"), CASES)
def test_each_metric_ends_in_a_file_that_would_be_taken(
    name: str, task: str, shelf: OOFCache, tmp_path: Path, pool: object
) -> None:
    competition = made(name, task)
    metric = competition.metric
    folds = Folds((np.arange(ROWS) % 3).astype(np.int16)[None])
    prior, ridge = (
        cross_fit(get_model(m), competition, folds, shelf, jobs=2) for m in ("prior", "ridge")
    )
    assert ridge.scores["metric"] == name
    assert math.isfinite(ridge.cv)
    assert all(math.isfinite(score) for score in ridge.scores["folds"].values())
    if name != "pinball@0.9":
        assert metric.better(ridge.cv, prior.cv)

    decision = final_decision(competition, ridge)
    assert (None if decision is None else decision.kind) == metric.decision_for(task)
    path = write_submission(competition, ridge, tmp_path, decision)
    frame = pd.read_csv(path)
    validate_submission(competition, frame)
    assert len(frame) == 20
    written = frame.drop(columns=competition.id)
    if metric.top:
        assert written.iloc[:, 0].str.split().str.len().eq(metric.top).all()
    elif metric.reads == "label":
        assert written.shape[1] == 1
        known = competition.classes if task != "regression" else competition.y
        assert set(written.iloc[:, 0]) <= set(known.tolist())
    else:
        expected = ridge.test if ridge.test.shape[1] > 1 else ridge.test[:, :1]
        assert written.to_numpy() == pytest.approx(expected, rel=1e-5)
