"""What columns hold: numbers, and labels as they came."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.submission import final_decision

N = 60


def test_zeros_in_the_sample_do_not_make_a_regression_whole(
    made: Callable, sampled: Callable, frame_of: Callable
) -> None:
    assert frame_of(made("rmse", sampled(y=0)))["y"].dtype.kind == "f"


@pytest.mark.parametrize(
    ("labels", "kind"), [(["no", "yes"], "O"), ([3, 7], "i"), ([False, True], "b")]
)
def test_label_columns_have_the_dtype_of_the_labels(
    labels: list, kind: str, made: Callable, sampled: Callable, record: Callable, frame_of: Callable
) -> None:
    competition = made("accuracy", sampled(y=labels[0]), labels=np.array(labels * 30, object))
    if kind != "O":
        competition = made("accuracy", sampled(y=labels[0]), labels=np.array(labels * 30))
    frame = frame_of(competition, record(competition, [0.1, 0.9, 0.2, 0.8, 0.4, 0.6]))
    assert frame["y"].tolist() == [labels[i] for i in (0, 1, 0, 1, 0, 1)]
    assert isinstance(frame["y"].tolist()[0], type(labels[0]))


def test_cut_points_make_whole_labels(made: Callable, record: Callable, frame_of: Callable) -> None:
    competition = made("qwk")
    assert competition.task == "regression"
    found = record(competition, [0.1, 0.9, 2.2, 3.4, 4.2, 9.0])
    decision = final_decision(competition, found)
    assert decision.kind == "cutpoints"
    frame = frame_of(competition, found)
    assert frame["y"].dtype.kind == "i"
    assert frame["y"].tolist() == [0, 1, 2, 3, 4, 4]


def test_cut_points_keep_halves(made: Callable, record: Callable, frame_of: Callable) -> None:
    competition = made("qwk", labels=(np.arange(N) % 5) / 2)
    frame = frame_of(competition, record(competition, [0.1, 0.5, 1.1, 1.4, 2.0, 9.0]))
    assert frame["y"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0]


def test_probabilities_need_no_decision(made: Callable, record: Callable) -> None:
    competition = made("auc")
    assert final_decision(competition, record(competition)) is None
