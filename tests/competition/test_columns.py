"""Columns by use: spellings, ids that nobody named, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.competition.columns import check_columns, sort_columns
from stackkit.config import parse_config
from stackkit.errors import ConfigError, DataError

N, M = 40, 20


def table(**columns: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test with x and y; `columns` (N + M values each) are added to both."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=N + M), **columns})
    return frame[:N].assign(y=[0, 1] * (N // 2)), frame[N:].reset_index(drop=True)


def config(**keys: Any) -> Any:
    return parse_config({"name": "c", "train": "", "target": "y", "metric": "auc", **keys})


def kept(frames: tuple[pd.DataFrame, pd.DataFrame], **keys: Any) -> list[str]:
    return sort_columns(*frames, config(**keys)).features


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Id", range(5, N + M + 5)),
        ("PassengerId", range(1, N + M + 1)),
        ("customerID", [f"c{i * 7}" for i in range(N + M)]),
        ("row_id", [i * i for i in range(N + M)]),
        ("Unnamed: 0", range(N + M)),
        ("counter", np.random.default_rng(0).permutation(N + M)),
    ],
)
def test_what_only_tells_rows_apart_is_no_feature(name: str, values: Any) -> None:
    frames = table(**{name: list(values)})
    assert kept(frames) == ["x"]
    assert kept(frames, features={"keep_id": True}) == ["x", name]
    assert kept(frames, folds={"group": name}) == ["x", name]
    (note,) = sort_columns(*frames, config()).notes
    assert repr(name) in note and "keep_id" in note


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("grid", [(i * 7919) % 10007 for i in range(N + M)]),  # distinct, but no counting
        ("year", range(1900, 1900 + N + M)),
        ("store_id", [i % 30 for i in range(N + M)]),
        ("ratio", np.linspace(0, 1, N + M)),
        ("counter", np.arange(N + M, dtype=float)),
        ("date_id", pd.date_range("2024-01-01", periods=N + M).astype(str)),
        ("user_id", [None, *(f"u{i}" for i in range(N + M - 1))]),
        ("paid", [f"p{i}" for i in range(N + M)]),
    ],
)
def test_what_may_say_more_stays(name: str, values: Any) -> None:
    assert kept(table(**{name: list(values)})) == ["x", name]


def test_an_id_stays_where_nothing_else_is_left_or_rows_are_few() -> None:
    train, test = table(k=list(range(N + M)))
    assert kept((train[["k", "y"]], test[["k"]])) == ["k"]
    assert kept((train[:10], test)) == ["x", "k"]


def test_other_spellings_are_named_and_majorities_missed() -> None:
    train, test = table(Fare=1.0, Cabin="a")
    with pytest.raises(DataError, match="none named 'Fare'; try: did you mean 'fare'"):
        kept((train, test.rename(columns={"Fare": "fare"})))
    with pytest.raises(DataError, match="no 'Fare', 'Cabin': 2 missing, 1 there"):
        kept((train, test[["x"]]))
    found = sort_columns(train, test[["x", "Cabin"]].assign(usage="Private"), config())
    assert (found.features, found.auxiliary) == (["x", "Cabin"], ["Fare"])
    assert found.notes == ("columns that only test has, not used: usage",)


@pytest.mark.parametrize("keys", [{"id": "y"}, {"weight": "y"}, {"id": "x", "weight": "x"}])
def test_one_column_is_not_two_things(keys: dict) -> None:
    with pytest.raises(ConfigError, match="columns of their own"):
        check_columns(*table(), config(**keys))


def test_a_dropped_column_that_is_none_is_told_the_nearest(
    frames: Callable, made: Callable
) -> None:
    with pytest.raises(ConfigError) as caught:
        made(frames(age=1.0), features={"drop": ["agee"]})
    said = "[features] drop names columns of train or test; got 'agee'; try: did you mean 'age'?"
    assert str(caught.value) == said
