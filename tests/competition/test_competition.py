"""Competition: columns, labels, refusals and the fingerprint of the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.config import FeaturesConfig
from stackkit.errors import ConfigError, DataError, MetricError, StackkitError

N, M = 12, 5


def test_columns_have_their_places(frames: Callable, made: Callable) -> None:
    train, test = frames(w=1.0, leak=5)
    found = made((train, test), weight="w")
    assert dict(found.kinds) == {"x": "numeric", "k": "categorical"}
    assert list(found.auxiliary.columns) == ["leak"]
    assert found.train_ids.tolist() == list(range(N))
    assert found.test_ids.tolist() == list(range(N, N + M))
    np.testing.assert_array_equal(found.weight, np.ones(N))
    assert (found.n_rows, found.n_test, found.width) == (N, M, 1)


def test_a_column_is_found_wherever_it_is_kept(frames: Callable, made: Callable) -> None:
    found = made(frames(leak=range(N)))
    assert found.column("leak").tolist() == list(range(N))
    assert found.column("id").tolist() == list(range(N))
    assert found.test_column("id").tolist() == list(range(N, N + M))
    assert found.test_column("leak") is None
    with pytest.raises(DataError, match="no column 'leek'") as caught:
        found.column("leek")
    assert "leak" in caught.value.hint


def test_dropped_columns_are_no_features_and_the_id_is_one_on_demand(made: Callable) -> None:
    features = FeaturesConfig(drop=("k",), keep_id=True)
    assert list(made(features=features).kinds) == ["id", "x"]


def test_a_datetime_id_is_also_a_feature(frames: Callable, made: Callable) -> None:
    train, test = frames()
    train["id"] = pd.date_range("2024-01-01", periods=N).astype(str)
    test["id"] = pd.date_range("2024-02-01", periods=M).astype(str)
    assert made((train, test)).kinds["id"] == "datetime"


def test_a_column_that_only_test_has_is_passed_over_with_a_note(
    frames: Callable, made: Callable
) -> None:
    train, test = frames()
    test["usage"] = "Private"
    found = made((train, test))
    assert list(found.kinds) == ["x", "k"]
    assert found.notes == ("columns that only test has, not used: usage",)
    assert made((train, test), features=FeaturesConfig(drop=("usage",))).notes == ()


def test_a_target_in_test_is_passed_over(frames: Callable, made: Callable) -> None:
    train, test = frames()
    found = made((train, test.assign(y=np.nan)))
    assert list(found.kinds) == ["x", "k"]
    assert "also a column of test" in found.notes[0]


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [(["no", "yes"], "O"), ([0, 1], "i"), ([3, 7], "i"), ([False, True], "b"), ([0.0, 1.0], "f")],
)
def test_labels_come_back_as_they_came(
    labels: list, dtype: str, frames: Callable, made: Callable
) -> None:
    found = made(frames(y=labels * 6))
    assert found.task == "binary"
    assert found.y.tolist() == [0, 1] * 6
    back = found.labels(found.y)
    assert back.tolist() == labels * 6
    assert back.dtype.kind == dtype


@pytest.mark.parametrize(
    ("labels", "positive"), [(["no", "yes"], "no"), ([0, 1], 0), ([False, True], False)]
)
def test_the_positive_class_is_last(
    labels: list, positive: object, frames: Callable, made: Callable
) -> None:
    found = made(frames(y=labels * 6), positive=positive)
    assert found.classes.tolist() == [labels[1], labels[0]]
    assert found.y.tolist() == [1, 0] * 6
    assert found.fingerprint != made(frames(y=labels * 6)).fingerprint


def test_classes_are_sorted_and_a_prediction_has_a_column_each(
    frames: Callable, made: Callable
) -> None:
    found = made(frames(y=["b", "c", "a"] * 4), metric="logloss")
    assert (found.task, found.width) == ("multiclass", 3)
    assert found.classes.tolist() == ["a", "b", "c"]
    assert found.y.tolist() == [1, 2, 0] * 4


@pytest.mark.parametrize(
    ("metric", "labels", "task"),
    [
        ("rmse", [0, 1], "regression"),
        ("auc", [0, 1], "binary"),
        ("accuracy", [0, 1, 2, 3], "multiclass"),
        ("qwk", [1, 2, 3, 4], "regression"),
        ("qwk", ["a", "b", "c", "d"], "multiclass"),
        ("qwk", [True, False], "binary"),
    ],
)
def test_the_task_follows_from_metric_and_target(
    metric: str, labels: list, task: str, frames: Callable, made: Callable
) -> None:
    assert made(frames(y=(labels * N)[:N]), metric=metric).task == task


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, {"target": "z"}, "has the target column 'z'"),
        ({}, {"id": "ID"}, "has the id column 'ID'"),
        ({}, {"weight": "w"}, "has the weight column 'w'"),
        ({"id": [0, *range(N - 1)]}, {}, "ids of train are unique"),
        ({"id": [None, *range(N - 1)]}, {}, "every row of train has an id"),
        ({"y": [0, 1] * 5 + [0, None]}, {}, "every train row has a target"),
        ({"y": 1}, {}, "at least two values"),
        ({"y": [0, 1, 2] * 4}, {"task": "binary"}, "two classes"),
        ({"y": ["a", 1] * 6}, {}, "labels are of one type"),
        ({"y": ["a", "b"] * 6}, {"metric": "rmse"}, "numeric target"),
        ({"y": [0.5, np.inf] * 6}, {"metric": "rmse"}, "target is finite"),
        ({"y": [0.5, -2] * 6}, {"metric": "rmsle"}, "targets from 0"),
        ({"x": [np.inf, *range(N - 1)]}, {}, "numbers of train are finite"),
        ({"w": -1.0}, {"weight": "w"}, "row weights are finite"),
        ({"w": 0.0}, {"weight": "w"}, "row weights are finite"),
        ({"w": "heavy"}, {"weight": "w"}, "row weights are finite"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used_are_refused(
    change: dict, options: dict, words: str, frames: Callable, made: Callable
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        made(frames(**change), **options)
    assert caught.value.got is not None


def test_infinite_values_and_twin_ids_of_test_are_refused(frames: Callable, made: Callable) -> None:
    train, test = frames()
    with pytest.raises(DataError, match="numbers of test are finite"):
        made((train, test.assign(x=np.inf)))
    with pytest.raises(DataError, match="ids of test are unique"):
        made((train, test.assign(id=1)))
    with pytest.raises(DataError, match="test has the id column"):
        made((train, test.drop(columns="id")))


def test_twin_columns_and_empty_frames_are_refused(frames: Callable, made: Callable) -> None:
    train, test = frames()
    twins = pd.concat([train, train[["x"]]], axis=1)
    with pytest.raises(DataError, match="column names of train are unique"):
        made((twins, test))
    with pytest.raises(DataError, match="train has rows"):
        made((train.head(0), test))
    with pytest.raises(DataError, match="test has the columns of train"):
        made((train, test[["id"]]))
    with pytest.raises(DataError, match="at least one feature"):
        made((train[["id", "y"]], test[["id"]]))


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"positive": "maybe"}, ConfigError, "positive is one of two classes"),
        ({"positive": 1, "metric": "rmse"}, ConfigError, "positive belongs to a binary task"),
        ({"weigth": "w"}, ConfigError, "weigth"),
        ({"features": {"drop": ["q"]}}, ConfigError, "drop names columns of .* got 'q'"),
        ({"folds": {"n_split": 3}}, ConfigError, "n_split"),
        ({"name": "No Name"}, ConfigError, "matches"),
        ({"metric": "acc"}, MetricError, "metric must be known"),
        ({"task": "regression"}, MetricError, "auc scores"),
        ({"task": "guessing"}, MetricError, "task must be known"),
    ],
)
def test_options_are_checked_like_the_file(
    options: dict, kind: type[StackkitError], words: str, made: Callable
) -> None:
    with pytest.raises(kind, match=words):
        made(**options)


def test_tables_of_the_file_may_be_given_as_mappings(made: Callable) -> None:
    found = made(folds={"n_splits": 3}, features={"drop": ["k"]})
    assert found.config.folds.n_splits == 3
    assert list(found.kinds) == ["x"]


def test_new_rows_are_checked(frames: Callable, made: Callable) -> None:
    _, test = frames()
    made().check_new_rows(test)
    with pytest.raises(DataError, match="the new file has every feature column"):
        made().check_new_rows(test.drop(columns="k"))
    with pytest.raises(DataError, match="numbers of the new file are finite"):
        made().check_new_rows(test.assign(x=-np.inf))


@pytest.mark.parametrize(
    ("options", "rule", "got"),
    [
        ({"data": {"extra_train": "e.csv"}}, "extra_train is not yet available", "e.csv"),
        ({"features": {"hook": "h.py"}}, "hook stands in a competition.toml", "h.py"),
        ({"features": {"extra_files": ["a"]}}, "extra_files stands in", "('a',)"),
        ({"sample_submission": "s.csv"}, "sample_submission comes as a frame", "s.csv"),
        ({"test_file": "test.csv"}, "unknown key 'test_file'", None),
    ],
)
def test_options_that_nothing_would_read_are_refused(
    options: dict[str, Any], rule: str, got: str | None, made: Callable
) -> None:
    with pytest.raises(ConfigError, match=rule) as caught:
        made(**options)
    assert caught.value.hint and (got is None or got in caught.value.got)


@pytest.mark.parametrize(
    "beside",
    [{"id": "id"}, {"folds": {"n_splits": 3}}, {"nonsense": 1}, {"target": "x"},
     {"metric": "logloss"}, {"name": "another"}],
)  # fmt: skip
def test_nothing_beside_a_configuration_contradicts_it(
    beside: dict[str, Any], frames: Callable, made: Callable
) -> None:
    train, test = frames()
    config = made().config
    given = {"target": "y", "metric": "auc", "config": config}
    assert Competition.from_frames(train, test, **given).id == "id"
    assert Competition.from_frames(train, test, **given, name="competition").id == "id"
    (key,) = beside
    with pytest.raises(ConfigError, match="given whole") as caught:
        Competition.from_frames(train, test, **{**given, **beside})
    assert caught.value.got.startswith(f"{key} = ")
