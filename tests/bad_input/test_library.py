"""Arguments of another type than a public function takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import stackkit
from stackkit.errors import ConfigError
from stackkit.predictions import Predictions
from stackkit.submission import submission_frame, write_submission


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    """What a right call would take."""
    competition = stackkit.load_competition("wine")
    return {
        "competition": competition,
        "folds": stackkit.make_folds(competition),
        "cache": stackkit.NoCache(),
        "spec": stackkit.get_model("ridge"),
    }


RECORD = Predictions(
    name="meta", key="ab" * 32, oof=np.zeros((4, 1), dtype=np.float32), test=None, target="y",
    output="value", scores={"cv": 0.5, "folds": {"r0f0": 0.5}, "greater_is_better": True},
)  # fmt: skip


def crossed(**wrong: Any) -> Callable[[dict], object]:
    return lambda parts: stackkit.cross_fit(**{**parts, **wrong})


CASES: dict[str, tuple[Callable[[dict], object], str]] = {
    "load a number": (lambda parts: stackkit.load_competition(123), "123"),
    "load nothing": (lambda parts: stackkit.load_competition(None), "None"),
    "load a frame": (lambda parts: stackkit.load_competition(pd.DataFrame()), "DataFrame"),
    "folds of a mapping": (lambda parts: stackkit.make_folds({"y": [0, 1]}), "{'y'"),
    "folds of a name": (lambda parts: stackkit.make_folds("wine"), "'wine'"),
    "folds by a name": (
        lambda parts: stackkit.make_folds(parts["competition"], "kfold"), "'kfold'",
    ),
    "a suggestion of a name": (lambda parts: stackkit.suggest_scheme("wine"), "'wine'"),
    "a spec by name": (crossed(spec="ridge"), "'ridge'"),
    "a competition by name": (crossed(competition="wine"), "'wine'"),
    "folds by number": (crossed(folds=5), "5"),
    "a cache by path": (crossed(cache="oof_cache"), "'oof_cache'"),
    "a cache by Path": (crossed(cache=Path("oof_cache")), "oof_cache"),
    "a source by name": (crossed(source="ridge"), "'ridge'"),
    "a source of names": (crossed(source=["ridge"]), "'ridge'"),
    "records for a base model": (crossed(source=[RECORD]), "records as its source"),
    "a record for a base model": (crossed(source=RECORD), "records as its source"),
    "half a job": (crossed(jobs=0.5), "0.5"),
    "no job": (crossed(jobs=0), "0"),
    "train as a list": (
        lambda parts: stackkit.Competition.from_frames([[1]], target="y", metric="rmse"), "[[1]]",
    ),
    "test as a path": (
        lambda parts: stackkit.Competition.from_frames(
            pd.DataFrame({"x": [1, 2], "y": [0, 1]}), "test.csv", target="y", metric="rmse"
        ),
        "'test.csv'",
    ),
    "a target by position": (
        lambda parts: stackkit.Competition.from_frames(
            pd.DataFrame({0: [1, 2], 1: [0, 1]}), target=1, metric="rmse"
        ),
        "1",
    ),
    "a gate of names": (lambda parts: stackkit.gate(["x"], RECORD), "'x'"),
    "a gate of a name": (lambda parts: stackkit.gate("meta", RECORD), "'meta'"),
    "a gate around nothing": (lambda parts: stackkit.gate([], None), "None"),
    "a leaderboard of a name": (lambda parts: stackkit.leaderboard("ridge"), "'ridge'"),
    "a leaderboard of a number": (lambda parts: stackkit.leaderboard(3), "3"),
    "a leaderboard of names": (lambda parts: stackkit.leaderboard(["ridge"]), "'ridge'"),
    "a submission of a name": (
        lambda parts: submission_frame(parts["competition"], "x", None), "'x'",
    ),
    "a submission to a name": (
        lambda parts: submission_frame("wine", RECORD, None), "'wine'",
    ),
    "a submission of nothing": (
        lambda parts: write_submission(parts["competition"], None, Path("nowhere")), "None",
    ),
    "a run of a number": (lambda parts: stackkit.run(3.5), "3.5"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_argument_of_another_type_is_a_clear_error(parts: dict, name: str) -> None:
    call, got = CASES[name]
    with pytest.raises(ConfigError) as caught:
        call(parts)
    assert got in str(caught.value.got)
    assert caught.value.hint


def test_a_single_record_is_a_list_of_one() -> None:
    assert stackkit.leaderboard(RECORD)["name"].tolist() == ["meta"]
    other = RECORD.with_(name="simplex", key="cd" * 32)
    assert set(stackkit.gate(RECORD.with_(depth=1), other).gains) == {"meta"}
