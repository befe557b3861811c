"""suggest_scheme: it imitates the test split, and says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.config import FoldsConfig
from stackkit.folds import make_folds, suggest_scheme

RNG = np.random.default_rng(0)


def dates(start: str, n: int) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=n, freq="D")


def test_classes_are_stratified_and_values_are_not(stand_in: Callable[..., Any]) -> None:
    train, test = {"x": RNG.normal(size=2000)}, {"x": RNG.normal(size=100)}
    config, reason = suggest_scheme(stand_in(train, test))
    assert config == FoldsConfig(scheme="kfold")
    assert reason.startswith("no datetime or group column tells test from train")
    config, reason = suggest_scheme(stand_in(train, test, y=np.arange(2000) % 3, task="multiclass"))
    assert config == FoldsConfig(scheme="stratified") and "within each class" in reason
    assert "splits" not in reason


def test_few_rows_get_ten_splits(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"x": range(300)}, y=np.arange(300) % 2, task="binary")
    assert suggest_scheme(rows)[1].endswith("(10 splits unless set, as 300 rows are few)")
    assert "no test set to imitate" in suggest_scheme(rows)[1]
    assert make_folds(rows).n_splits == 10


def test_rare_classes_lower_the_splits(stand_in: Callable[..., Any]) -> None:
    for rare, expected in ((3, ("stratified", 3)), (1, ("kfold", None))):
        y = np.r_[np.zeros(60, int), np.ones(rare, int)]
        rows = stand_in({"x": range(len(y))}, y=y, task="binary")
        config, reason = suggest_scheme(rows)
        assert (config.scheme, config.n_splits) == expected
        assert str(rare) in reason or "single row" in reason
        assert make_folds(rows).n_splits == (expected[1] or 10)


@pytest.mark.parametrize("rare", [1, 3])
def test_rare_classes_among_others_are_dealt_as_evenly_as_they_can(
    stand_in: Callable[..., Any], rare: int
) -> None:
    y = np.r_[np.arange(120) % 2, np.full(rare, 2)]
    rows = stand_in({"x": range(len(y))}, y=y, task="multiclass")
    assert suggest_scheme(rows)[0] == FoldsConfig(scheme="stratified")
    plan = make_folds(rows)
    assert plan.n_splits == 10
    assert f"a class is in some folds only, with {rare} row" in plan.reason
    for code in range(3):
        counts = np.bincount(plan.assignment[0][y == code], minlength=10)
        assert counts.max() - counts.min() <= 1


def test_test_after_train_is_forward_chaining(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"day": dates("2020-01-01", 200)}, {"day": dates("2020-08-01", 30)})
    config, reason = suggest_scheme(rows)
    assert config == FoldsConfig(scheme="time", time="day")
    assert "2020-08-01" in reason and "2020-07-18" in reason
    assert make_folds(rows).forward


def test_the_id_is_read_before_the_features(stand_in: Callable[..., Any]) -> None:
    def text(days: pd.DatetimeIndex) -> pd.Series:
        return pd.Series(days.strftime("%Y-%m-%d"), name="id")

    rows = stand_in(
        {"born": RNG.permutation(dates("1950-01-01", 200))},
        {"born": RNG.permutation(dates("1950-01-01", 200))[:30]},
        train_ids=text(dates("2020-01-01", 200)),
        test_ids=text(dates("2021-01-01", 30)),
    )
    assert suggest_scheme(rows)[0] == FoldsConfig(scheme="time", time="id")
    assert make_folds(rows).forward


def test_free_interleaving_in_time_is_random(stand_in: Callable[..., Any]) -> None:
    days = RNG.permutation(dates("2020-01-01", 1500))
    rows = stand_in({"day": days[:1200]}, {"day": days[1200:]})
    assert suggest_scheme(rows)[0].scheme == "kfold"
    shared = stand_in({"day": np.repeat(days, 2)}, {"day": days})
    assert suggest_scheme(shared)[0].scheme == "kfold"


def test_missing_datetimes_are_passed_over(stand_in: Callable[..., Any]) -> None:
    train = pd.Series(dates("2020-01-01", 200)).where(np.arange(200) > 1)
    rows = stand_in({"day": train}, {"day": dates("2021-01-01", 9)})
    assert suggest_scheme(rows)[0].scheme == "time"
    none = pd.Series([pd.NaT] * 9, dtype="datetime64[ns]")
    assert suggest_scheme(stand_in({"day": train}, {"day": none}))[0].scheme == "kfold"


@pytest.mark.parametrize("kind", ["categorical", "text", "numeric"])
def test_groups_that_test_does_not_share(stand_in: Callable[..., Any], kind: str) -> None:
    numbers = RNG.permutation(60)
    train, test = np.repeat(numbers[:40], 50), np.repeat(numbers[40:], 50)
    if kind != "numeric":
        train, test = [f"s{v}" for v in train], [f"s{v}" for v in test]
    rows = stand_in({"speaker": train}, {"speaker": test}, kinds={"speaker": kind})
    config, reason = suggest_scheme(rows)
    assert config == FoldsConfig(scheme="group", group="speaker")
    assert reason == (
        "none of the 20 values of 'speaker' in test is among the 40 in train: "
        "whole groups are held out"
    )


def test_the_coarsest_group_is_held_out(stand_in: Callable[..., Any]) -> None:
    def frame(first: int, n: int) -> dict[str, list[str]]:
        people = np.repeat(np.arange(first, first + n), 5)
        return {"person": [f"p{v}" for v in people], "clinic": [f"c{v // 10}" for v in people]}

    rows = stand_in(frame(0, 300), frame(300, 50))
    assert suggest_scheme(rows)[0].group == "clinic"


def test_few_groups_lower_the_splits(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"site": list("abcd") * 50}, {"site": ["e"] * 40})
    config, reason = suggest_scheme(rows)
    assert (config.group, config.n_splits) == ("site", 4) and "the 4 in train" in reason
    assert make_folds(rows).n_splits == 4


def test_what_is_no_group(stand_in: Callable[..., Any]) -> None:
    n = 2000
    pairs = {
        "unique ids": (np.arange(n), np.arange(n, n + 500)),
        "measures": (RNG.normal(size=n).round(3), RNG.normal(size=500).round(3) + 0.0005),
        "a shifted year": (RNG.integers(1990, 2010, n), RNG.integers(2010, 2020, 500)),
        "shared levels": ([f"k{v % 40}" for v in range(n)], [f"k{v % 50}" for v in range(500)]),
        "nearly unique": ([f"t{v // 2 if v < 900 else v}" for v in range(n)], ["u"] * 500),
        "text with a few copies": (
            [f"t{v // 2 if v < 40 else v}" for v in range(n)],
            [f"u{v}" for v in range(500)],
        ),
        "one constant": (["a"] * n, ["b"] * 500),
        "a rare level by chance": (
            [f"k{v % 300}" for v in range(n - 9)] + list("abcdefghi"),
            ["z"],
        ),
    }
    for what, (train, test) in pairs.items():
        rows = stand_in({"x": train}, {"x": test})
        assert suggest_scheme(rows)[0].scheme == "kfold", what


def test_missing_values_are_no_group(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"x": [*(list("abcd") * 50), None]}, {"x": ["e"] * 40})
    assert suggest_scheme(rows)[0].scheme == "kfold"


@pytest.mark.real_data
def test_bike_sharing_holds_out_whole_months(
    stand_in: Callable[..., Any], real_files: Callable[..., Any]
) -> None:
    train, test = real_files("bike-sharing-demand")
    rows = stand_in(
        train.drop(columns=["datetime", "count", "casual", "registered"]),
        test.drop(columns="datetime"),
        y=train["count"],
        train_ids=train["datetime"],
        test_ids=test["datetime"],
    )
    config, reason = suggest_scheme(rows)
    assert config == FoldsConfig(scheme="blocked", time="datetime", block="month")
    assert reason == (
        "test fills 24 gaps in train's 'datetime', each after a stretch of 19 days: "
        "whole months are held out"
    )
    folds = make_folds(rows)
    months = train["datetime"].str[:7].to_numpy()
    assert folds.n_splits == 5 and folds.scored.all() and not folds.forward
    for k in range(5):
        assert not set(months[folds.fit_rows(0, k)]) & set(months[folds.cell_rows(0, k)])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "id", "target", "task", "scheme", "n_splits"),
    [
        ("house-prices", "Id", "SalePrice", "regression", "kfold", 5),
        ("titanic", "PassengerId", "Survived", "binary", "stratified", 10),
    ],
)
def test_competitions_split_at_random(
    stand_in: Callable[..., Any],
    real_files: Callable[..., Any],
    name: str,
    id: str,
    target: str,
    task: str,
    scheme: str,
    n_splits: int,
) -> None:
    train, test = real_files(name)
    rows = stand_in(
        train.drop(columns=[id, target]),
        test.drop(columns=id),
        y=train[target],
        task=task,
        train_ids=train[id],
        test_ids=test[id],
    )
    config, _ = suggest_scheme(rows)
    assert config == FoldsConfig(scheme=scheme)
    assert make_folds(rows).n_splits == n_splits
