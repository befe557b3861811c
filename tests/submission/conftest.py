"""Small competitions with samples and records, and their submissions as frames."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.predictions import Predictions
from stackkit.submission import final_decision, submission_frame, validate_submission

N, M = 60, 6
TARGETS: dict[str, Any] = {
    "rmse": np.linspace(0, 10, N),
    "auc": np.arange(N) % 2,
    "logloss": np.array(list("cab"))[np.arange(N) % 3],
    "qwk": np.arange(N) % 5,
}


def made(metric: str, sample: pd.DataFrame | None = None, **options: Any) -> Competition:
    target = options.pop("labels", TARGETS[metric] if metric in TARGETS else np.arange(N) % 2)
    train = pd.DataFrame({"id": range(N), "x": 1.0 * np.arange(N), "y": target})
    test = pd.DataFrame({"id": [f"t{i}" for i in range(M)], "x": 0.5})
    train["id"] = [f"n{i}" for i in range(N)]
    named = {"id": "id", "name": "shop", **options}
    if named["id"] is None:
        train, test = train.drop(columns="id"), test.drop(columns="id")
    return Competition.from_frames(train, test, target="y", metric=metric, sample=sample, **named)


def sampled(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"id": [f"t{i}" for i in range(M)], **columns})


def record(competition: Competition, test: Any = None, **fields: Any) -> Predictions:
    rng = np.random.default_rng(0)
    if competition.task == "regression":
        oof = competition.y[:, None] + rng.normal(scale=0.1, size=(N, 1))
        given = np.arange(M)[:, None] * 0.5
    else:
        classes = len(competition.classes)
        oof = 0.6 * np.eye(classes)[competition.y] + 0.4 / classes
        given = rng.dirichlet(np.ones(classes), size=M)
        oof, given = (a[:, 1:] if classes == 2 else a for a in (oof, given))
    scores = {"cv": 0.5, "fold_mean": 0.51, "fold_sd": 0.1, "greater_is_better": True}
    test = given if test is None else np.asarray(test, float).reshape(M, -1)
    settings = {"key": "ab" * 32, "target": "y", "scores": scores, **fields}
    return Predictions(
        name="blend",
        oof=oof.astype(np.float32),
        test=test.astype(np.float32),
        output="value" if competition.task == "regression" else "proba",
        **settings,
    )


def frame_of(competition: Competition, found: Predictions | None = None) -> pd.DataFrame:
    found = found or record(competition)
    frame = submission_frame(competition, found, final_decision(competition, found))
    validate_submission(competition, frame)
    return frame


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "ledger.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session", name="made")
def made_fixture() -> Callable[..., Any]:
    """`made(metric, sample, **options)`: a competition; `labels` replaces its target."""
    return made


@pytest.fixture(scope="session", name="sampled")
def sampled_fixture() -> Callable[..., Any]:
    """`sampled(**columns)`: a sample submission with the ids of test."""
    return sampled


@pytest.fixture(scope="session", name="record")
def record_fixture() -> Callable[..., Any]:
    """`record(competition, test, **fields)`: a record with these test predictions."""
    return record


@pytest.fixture(scope="session", name="frame_of")
def frame_of_fixture() -> Callable[..., Any]:
    """`frame_of(competition, record)`: its submission, checked."""
    return frame_of


@pytest.fixture(scope="session", name="rows_of")
def rows_of_fixture() -> Callable[..., Any]:
    """`rows_of(folder)`: the rows of the ledger there."""
    return rows_of
