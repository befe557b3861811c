"""Arguments of another type than a public function takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import stackkit
from stackkit.errors import ConfigError


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
    "a run of a number": (lambda parts: stackkit.run(3.5), "3.5"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_argument_of_another_type_is_a_clear_error(parts: dict, name: str) -> None:
    call, got = CASES[name]
    with pytest.raises(ConfigError) as caught:
        call(parts)
    assert got in str(caught.value.got)
    assert caught.value.hint
