"""Formats: from the sample, or from ids and target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.errors import SubmissionError
from stackkit.submission import submission_format

N, M = 60, 6


def test_rows_come_in_the_order_of_the_sample(
    made: Callable, sampled: Callable, frame_of: Callable
) -> None:
    sample = sampled(y=0).iloc[[3, 0, 5, 1, 2, 4]]
    competition = made("rmse", sample)
    frame = frame_of(competition)
    assert list(frame.columns) == ["id", "y"]
    assert frame["id"].tolist() == sample["id"].tolist()
    assert frame["y"].tolist() == [1.5, 0.0, 2.5, 0.5, 1.0, 2.0]


def test_columns_come_in_the_order_of_the_sample_and_under_its_names(
    made: Callable, sampled: Callable, frame_of: Callable
) -> None:
    frame = frame_of(made("rmse", sampled(Price=0)[["Price", "id"]]))
    assert list(frame.columns) == ["Price", "id"]


@pytest.mark.parametrize("names", ["{}", "Status_{}", "p{}", "class-{}"])
def test_class_columns_are_found_by_name_or_suffix(
    names: str, made: Callable, sampled: Callable, record: Callable, frame_of: Callable
) -> None:
    columns = {names.format(c): 0.0 for c in "bca"}
    competition = made("logloss", sampled(**columns))
    found = record(competition)
    frame = frame_of(competition, found)
    assert list(frame.columns) == ["id", *columns]
    for j, c in enumerate("abc"):
        np.testing.assert_array_equal(frame[names.format(c)], found.test[:, j])


def test_numbered_classes_are_told_apart(
    made: Callable, sampled: Callable, record: Callable, frame_of: Callable
) -> None:
    labels = np.arange(N) % 12
    columns = {f"target_{c}": 0.0 for c in range(12)}
    competition = made("logloss", sampled(**columns), labels=labels, task="multiclass")
    found = record(competition)
    frame = frame_of(competition, found)
    np.testing.assert_array_equal(frame["target_1"], found.test[:, 1])
    np.testing.assert_array_equal(frame["target_11"], found.test[:, 11])


def test_two_classes_may_have_a_column_each(
    made: Callable, sampled: Callable, record: Callable, frame_of: Callable
) -> None:
    competition = made("logloss", sampled(no=0.5, yes=0.5), labels=np.array(["no", "yes"] * 30))
    found = record(competition)
    frame = frame_of(competition, found)
    np.testing.assert_array_equal(frame["yes"], found.test[:, 0])
    np.testing.assert_allclose(frame["no"] + frame["yes"], 1)


@pytest.mark.parametrize(
    ("metric", "header"),
    [("rmse", ["id", "y"]), ("auc", ["id", "y"]), ("logloss", ["id", "a", "b", "c"]),
     ("accuracy", ["id", "y"])],
)  # fmt: skip
def test_without_a_sample_it_is_id_and_target_or_classes(
    metric: str, header: list[str], made: Callable, frame_of: Callable
) -> None:
    frame = frame_of(made(metric))
    assert list(frame.columns) == header
    assert frame["id"].tolist() == [f"t{i}" for i in range(M)]


def test_without_ids_rows_are_numbered_or_named_by_the_sample(
    made: Callable, frame_of: Callable
) -> None:
    assert frame_of(made("rmse", id=None))["id"].tolist() == list(range(M))
    sample = pd.DataFrame({"row": range(10, 10 + M), "y": 0.0})
    assert frame_of(made("rmse", sample, id=None))["row"].tolist() == list(range(10, 10 + M))


@pytest.mark.parametrize(
    ("metric", "sample", "words"),
    [
        ("rmse", lambda sampled: sampled(y=0).head(3), "a row a test row"),
        ("rmse", lambda sampled: sampled(y=0).assign(id=range(M)), "ids of sample and test"),
        ("rmse", lambda sampled: sampled(y=0).assign(id="t1"), "ids of the sample are unique"),
        ("rmse", lambda sampled: sampled(y=0).rename(columns={"id": "ID"}), "has the id column"),
        ("rmse", lambda sampled: sampled(), "one column of 'y'"),
        ("rmse", lambda sampled: sampled(y=0, z=0), "one column of 'y'"),
        ("logloss", lambda sampled: sampled(y=0), "a column a class"),
        ("logloss", lambda sampled: sampled(a=0, b=0), "3 class columns"),
        ("logloss", lambda sampled: sampled(a=0, b=0, d=0), "each class has a column"),
        ("accuracy", lambda sampled: sampled(no=0, yes=0), "one column of 'y'"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(
    metric: str, sample: Callable, words: str, made: Callable, sampled: Callable
) -> None:
    with pytest.raises(SubmissionError, match=words):
        submission_format(made(metric, sample(sampled)))


def test_without_test_rows_there_is_no_submission() -> None:
    train = pd.DataFrame({"x": [1, 2], "y": [0, 1]})
    with pytest.raises(SubmissionError, match="predicts a test set"):
        submission_format(Competition.from_frames(train, target="y", metric="auc"))
