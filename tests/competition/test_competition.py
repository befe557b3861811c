"""Competition: columns, labels, refusals and the fingerprint of the data."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.config import FeaturesConfig
from stackkit.errors import ConfigError, DataError, MetricError, StackkitError

N, M = 12, 5


def frames(**columns: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test with id, x, k and y; `columns` replace or add columns of train."""
    rng = np.random.default_rng(0)
    train = pd.DataFrame({
        "id": range(N), "x": rng.normal(size=N), "k": list("aab") * 4, "y": [0, 1] * 6,
    })  # fmt: skip
    test = pd.DataFrame({"id": range(N, N + M), "x": rng.normal(size=M), "k": list("abcab")})
    return train.assign(**columns), test


def made(
    pair: tuple[pd.DataFrame, pd.DataFrame | None] | None = None, **options: Any
) -> Competition:
    train, test = pair or frames()
    return Competition.from_frames(
        train, test, **{"target": "y", "metric": "auc", "id": "id", **options}
    )


def test_columns_have_their_places() -> None:
    train, test = frames(w=1.0, leak=5)
    found = made((train, test), weight="w")
    assert dict(found.kinds) == {"x": "numeric", "k": "categorical"}
    assert list(found.auxiliary.columns) == ["leak"]
    assert found.train_ids.tolist() == list(range(N))
    assert found.test_ids.tolist() == list(range(N, N + M))
    np.testing.assert_array_equal(found.weight, np.ones(N))
    assert (found.n_rows, found.n_test, found.width) == (N, M, 1)


def test_a_column_is_found_wherever_it_is_kept() -> None:
    found = made(frames(leak=range(N)))
    assert found.column("leak").tolist() == list(range(N))
    assert found.column("id").tolist() == list(range(N))
    assert found.test_column("id").tolist() == list(range(N, N + M))
    assert found.test_column("leak") is None
    with pytest.raises(DataError, match="no column 'leek'") as caught:
        found.column("leek")
    assert "leak" in caught.value.hint


def test_dropped_columns_are_no_features_and_the_id_is_one_on_demand() -> None:
    features = FeaturesConfig(drop=("k",), keep_id=True)
    assert list(made(features=features).kinds) == ["id", "x"]


def test_a_datetime_id_is_also_a_feature() -> None:
    train, test = frames()
    train["id"] = pd.date_range("2024-01-01", periods=N).astype(str)
    test["id"] = pd.date_range("2024-02-01", periods=M).astype(str)
    assert made((train, test)).kinds["id"] == "datetime"


def test_a_column_that_only_test_has_is_refused_until_it_is_dropped() -> None:
    train, test = frames()
    test["usage"] = "Private"
    with pytest.raises(DataError, match="every column of test") as caught:
        made((train, test))
    assert "drop" in caught.value.hint
    assert "usage" not in made((train, test), features=FeaturesConfig(drop=("usage",))).kinds


def test_a_target_in_test_is_passed_over() -> None:
    train, test = frames()
    assert list(made((train, test.assign(y=np.nan))).kinds) == ["x", "k"]


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [(["no", "yes"], "O"), ([0, 1], "i"), ([3, 7], "i"), ([False, True], "b"), ([0.0, 1.0], "f")],
)
def test_labels_come_back_as_they_came(labels: list, dtype: str) -> None:
    found = made(frames(y=labels * 6))
    assert found.task == "binary"
    assert found.y.tolist() == [0, 1] * 6
    back = found.labels(found.y)
    assert back.tolist() == labels * 6
    assert back.dtype.kind == dtype


@pytest.mark.parametrize(
    ("labels", "positive"), [(["no", "yes"], "no"), ([0, 1], 0), ([False, True], False)]
)
def test_the_positive_class_is_last(labels: list, positive: object) -> None:
    found = made(frames(y=labels * 6), positive=positive)
    assert found.classes.tolist() == [labels[1], labels[0]]
    assert found.y.tolist() == [1, 0] * 6
    assert found.fingerprint != made(frames(y=labels * 6)).fingerprint


def test_classes_are_sorted_and_a_prediction_has_a_column_each() -> None:
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
def test_the_task_follows_from_metric_and_target(metric: str, labels: list, task: str) -> None:
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
def test_data_that_cannot_be_used_are_refused(change: dict, options: dict, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        made(frames(**change), **options)
    assert caught.value.got is not None


def test_infinite_values_and_twin_ids_of_test_are_refused() -> None:
    train, test = frames()
    with pytest.raises(DataError, match="numbers of test are finite"):
        made((train, test.assign(x=np.inf)))
    with pytest.raises(DataError, match="ids of test are unique"):
        made((train, test.assign(id=1)))
    with pytest.raises(DataError, match="test has the id column"):
        made((train, test.drop(columns="id")))


def test_twin_columns_and_empty_frames_are_refused() -> None:
    train, test = frames()
    twins = pd.concat([train, train[["x"]]], axis=1)
    with pytest.raises(DataError, match="column names of train are unique"):
        made((twins, test))
    with pytest.raises(DataError, match="train has rows"):
        made((train.head(0), test))
    with pytest.raises(DataError, match="at least one feature"):
        made((train, test[["id"]]))


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"positive": "maybe"}, ConfigError, "positive is one of two classes"),
        ({"positive": 1, "metric": "rmse"}, ConfigError, "positive belongs to a binary task"),
        ({"weigth": "w"}, ConfigError, "weigth"),
        ({"features": {"drop": ["q"]}}, ConfigError, "names no column 'q'"),
        ({"folds": {"n_split": 3}}, ConfigError, "n_split"),
        ({"name": "No Name"}, ConfigError, "matches"),
        ({"metric": "acc"}, MetricError, "metric must be known"),
        ({"task": "regression"}, MetricError, "auc scores"),
        ({"task": "guessing"}, MetricError, "task must be known"),
    ],
)
def test_options_are_checked_like_the_file(
    options: dict, kind: type[StackkitError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        made(**options)


def test_tables_of_the_file_may_be_given_as_mappings() -> None:
    found = made(folds={"n_splits": 3}, features={"drop": ["k"]})
    assert found.config.folds.n_splits == 3
    assert list(found.kinds) == ["x"]


def test_new_rows_are_checked() -> None:
    _, test = frames()
    made().check_new_rows(test)
    with pytest.raises(DataError, match="the new file has every feature column"):
        made().check_new_rows(test.drop(columns="k"))
    with pytest.raises(DataError, match="numbers of the new file are finite"):
        made().check_new_rows(test.assign(x=-np.inf))


# The fingerprint of the data.


def mark(train: pd.DataFrame, test: pd.DataFrame | None = None, **options: Any) -> str:
    return made((train, frames()[1] if test is None else test), **options).fingerprint


def test_equal_values_have_one_fingerprint_however_they_are_held() -> None:
    train, test = frames(n=range(N), b=[True, False] * 6)
    test = test.assign(n=0, b=True)
    whole = mark(train, test)
    others = [
        train.astype({"n": "int8", "y": "int32"}),
        train.astype({"n": "float64", "b": "int64"}),
        train.astype({"n": "Int64", "b": "boolean"}),
        train.astype({"k": "category"}),
        train.astype({"k": object}),
        pd.concat([train.iloc[:5], train.iloc[5:]]),
        train.set_axis(range(100, 100 + N)),
    ]
    assert {mark(other, test) for other in others} == {whole}


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(x=t.x.where(t.id > 0, 9.0)),
        lambda t: t.assign(x=t.x.where(t.id > 0)),
        lambda t: t.assign(k=t.k.where(t.id > 0, "z")),
        lambda t: t.assign(k=t.k.where(t.id > 0)),
        lambda t: t.assign(y=1 - t.y),
        lambda t: t.iloc[::-1],
        lambda t: t.iloc[:-2],
        lambda t: t.rename(columns={"k": "K"}),
        lambda t: t[["id", "k", "x", "y"]],
    ],
)
def test_another_value_row_order_or_name_has_another(change: Any) -> None:
    train, test = frames()
    assert mark(change(train), test.rename(columns={"k": "K"}) if "K" in change(train) else test) \
        != mark(train, test)  # fmt: skip


def test_test_weights_and_kind_enter_the_fingerprint() -> None:
    train, test = frames(w=1.0)
    whole = mark(train, test)
    assert mark(train, test.iloc[::-1]) != whole
    assert mark(train, test, weight="w") != whole
    numbers, words = train.assign(k=range(N)), train.assign(k=[f"{i}" for i in range(N)])
    assert mark(numbers, test.assign(k=0)) != mark(words, test.assign(k="0"))


def test_ids_do_not_enter_the_fingerprint() -> None:
    train, test = frames()
    assert mark(train.assign(id=train.id + 100), test) == mark(train, test)


def test_negative_zero_is_zero_and_every_missing_value_is_one() -> None:
    train, test = frames()
    zero, minus = (train.assign(x=np.full(N, z)) for z in (0.0, -0.0))
    assert mark(zero, test) == mark(minus, test)
    payload = np.array([0x7FF8000000000001] * N, dtype=np.uint64).view(np.float64)
    assert mark(train.assign(x=np.nan), test) == mark(train.assign(x=payload), test)
    none, nan = (
        train.assign(k=train.k.astype(object).where(train.id > 3, v)) for v in (None, np.nan)
    )
    assert mark(none, test) == mark(nan, test)


def test_integers_beyond_floats_are_told_apart() -> None:
    train, test = frames()
    big = 2**53 + np.arange(N, dtype=np.int64)
    test = test.assign(big=1)
    assert mark(train.assign(big=big), test) != mark(train.assign(big=big // 2 * 2), test)


def test_neighbouring_text_is_told_apart() -> None:
    train, test = frames()
    one, other = (train.assign(k=levels * 6) for levels in (["ab", "c"], ["a", "bc"]))
    assert mark(one, test) != mark(other, test)


SCRIPT = """
import pandas as pd
from stackkit.competition import Competition
train = pd.DataFrame({"x": [0.5, None, 2.0], "k": ["b", "a", None], "y": ["u", "v", "u"]})
print(Competition.from_frames(train, train[["x", "k"]], target="y", metric="auc").fingerprint)
"""


def test_another_process_makes_the_same_fingerprint() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop().strip()) == 64
