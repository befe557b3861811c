"""Checks of a frame before it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.errors import SubmissionError
from stackkit.submission import validate_submission, value_range, write_submission


@pytest.mark.parametrize(
    ("metric", "change", "words"),
    [
        ("rmse", lambda f: f.assign(y=np.nan), "no value is missing"),
        ("rmse", lambda f: f.assign(y="1"), "holds numbers"),
        ("rmse", lambda f: f.assign(y=1e6), "lies in"),
        ("auc", lambda f: f.assign(y=1.5), r"lies in \[0, 1\]"),
        ("accuracy", lambda f: f.assign(y=2), "labels of train"),
        ("accuracy", lambda f: f.assign(y="0"), "labels of train"),
        ("rmse", lambda f: f.iloc[::-1], "ids are those of the sample"),
        ("rmse", lambda f: f.head(2), "ids are those of the sample"),
        ("rmse", lambda f: f.head(0), "ids are those of the sample"),
        ("rmse", lambda f: f[["y", "id"]], "columns are"),
        ("rmse", lambda f: f.assign(z=1), "columns are"),
    ],
)
def test_a_frame_that_would_be_refused_is(
    metric: str, change: Any, words: str, made: Callable, frame_of: Callable
) -> None:
    competition = made(metric)
    frame = frame_of(competition)
    with pytest.raises(SubmissionError, match=words):
        validate_submission(competition, change(frame))


def test_the_range_is_wide_and_within_the_metric(made: Callable) -> None:
    assert value_range(made("rmse")) == (-100, 110)
    assert value_range(made("rmsle", labels=np.linspace(0, 10, 60))) == (0, 110)
    assert value_range(made("logloss")) == (0, 1)


def test_a_written_file_can_be_read_back_and_checked(
    tmp_path: Path, made: Callable, record: Callable
) -> None:
    for metric in ("rmse", "accuracy", "logloss"):
        competition = made(metric)
        path = write_submission(competition, record(competition), tmp_path / metric)
        validate_submission(competition, pd.read_csv(path))
