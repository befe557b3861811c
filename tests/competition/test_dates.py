"""Dates in another format are refused, in test and in new rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from stackkit.errors import DataError

DAYS = [f"2022-12-{day:02}" for day in range(10, 22)]


def pair(frames: Callable, days: list[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    train, test = frames(signup=DAYS)
    return train, test.assign(signup=days)


def test_test_dates_in_another_format_are_refused(frames: Callable, made: Callable) -> None:
    other = [f"{day}/12/2022" for day in range(23, 28)]
    with pytest.raises(DataError, match=r"'signup' of test .*'23/12/2022', 5 of 5.*'2022-12-10'"):
        made(pair(frames, other))


@pytest.mark.parametrize(
    "days", [["27/12/2022"] * 5, [20221227] * 5, [*DAYS[:4], "soon"], ["2022-13-45"] * 5]
)
def test_new_rows_with_other_dates_are_refused(
    days: list[Any], frames: Callable, made: Callable
) -> None:
    competition = made(pair(frames, DAYS[:5]))
    new = pair(frames, days)[1]
    with pytest.raises(DataError, match=r"dates in column 'signup' of the new file"):
        competition.check_new_rows(new)


@pytest.mark.parametrize(
    "days",
    [DAYS[:5], [None] * 5, [None, *DAYS[:4]], ["2023/1/2"] * 5, pd.to_datetime(DAYS[:5]),
     ["2022-12-27T10:00:00"] * 5],
)  # fmt: skip
def test_dates_that_can_be_read_pass(days: list[Any], frames: Callable, made: Callable) -> None:
    made(pair(frames, DAYS[:5])).check_new_rows(pair(frames, days)[1])
    assert made(pair(frames, days)).kinds["signup"] == "datetime"


def test_one_unreadable_date_in_a_hundred_is_a_missing_value(
    frames: Callable, made: Callable
) -> None:
    competition = made(pair(frames, DAYS[:5]))
    new = pd.concat([pair(frames, DAYS[:5])[1]] * 20, ignore_index=True)
    new.loc[3, "signup"] = "soon"
    competition.check_new_rows(new)
    new.loc[4, "signup"] = "never"
    with pytest.raises(DataError, match="2 of 100"):
        competition.check_new_rows(new)
