"""Times, durations, calendar blocks and the gap around a scored block."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackkit.errors import FoldError
from stackkit.folds.clock import (
    Gap,
    Times,
    block_numbers,
    holds_dates,
    known_times,
    read_duration,
    read_gap,
    read_times,
    write_duration,
)

DAY = 86_400_000_000
TEXT = ["2021-03-01 00:00:00", "2021-03-01 12:30:00", "1969-12-31 23:59:59"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(TEXT),
        pd.Series(TEXT, dtype=object),
        pd.Series(pd.to_datetime(TEXT)),
        pd.Series(pd.to_datetime(TEXT).astype("datetime64[s]")),
        pd.Series(pd.to_datetime(TEXT, utc=True).tz_convert("Europe/Madrid")),
        pd.Series([datetime.fromisoformat(t) for t in TEXT], dtype=object),
    ],
    ids=["text", "object", "datetime", "seconds", "zone", "python"],
)
def test_every_form_of_a_datetime_is_the_same_time(column: pd.Series) -> None:
    times = read_times(column)
    expected = [
        round((datetime.fromisoformat(t) - datetime(1970, 1, 1)).total_seconds()) for t in TEXT
    ]
    assert times.is_datetime
    assert times.values.tolist() == [s * 1_000_000 for s in expected]
    assert holds_dates(column) or column.dtype == object


def test_numbers_are_times_too() -> None:
    times = read_times(pd.Series([3, 1, 2]))
    assert not times.is_datetime and times.values.tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    ("column", "got"),
    [
        (pd.Series(["2021-01-01", None, "soon"], name="when"), "2 of 3"),
        (pd.Series([1.0, np.nan], name="when"), "1 of 2"),
        (pd.Series(pd.to_datetime(["2021-01-01", None]), name="when"), "1 of 2"),
        (pd.Series([True, False], name="when"), "booleans"),
    ],
)
def test_rows_without_a_time_are_an_error(column: pd.Series, got: str) -> None:
    with pytest.raises(FoldError, match=f"'when'.*{got}"):
        read_times(column)


@pytest.mark.parametrize(
    "values", [["2021", "2022"], [20210101, 20210102], ["a", "b"], [], [None, None], [True, False]]
)
def test_what_is_no_date(values: list[object]) -> None:
    assert not holds_dates(pd.Series(values, dtype=None if values else object))


def test_known_times_are_sorted_and_distinct() -> None:
    column = pd.Series(["1970-01-02", None, "1970-01-01", "1970-01-02", "soon"])
    assert known_times(column).tolist() == [0, DAY]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 604_800), ("2w", 1_209_600), ("12h", 43_200), ("30min", 1_800), ("1.5 d", 129_600)],
)
def test_durations(text: str, seconds: int) -> None:
    assert read_duration(text) == seconds * 1_000_000


@pytest.mark.parametrize("text", ["", "7", "d", "7 days", "-7d", "1m", "7d 3h"])
def test_no_durations(text: str) -> None:
    assert read_duration(text) is None


@given(st.integers(1, 10**8))
def test_durations_survive_writing(seconds: int) -> None:
    assert read_duration(write_duration(seconds * 1_000_000)) == seconds * 1_000_000


@given(st.lists(st.datetimes(datetime(1969, 12, 1), datetime(1970, 3, 1)), min_size=1, max_size=20))
def test_calendar_blocks_against_the_calendar(when: list[datetime]) -> None:
    times = read_times(pd.Series(when, dtype="datetime64[us]"))
    named = {
        "month": [(d.year, d.month) for d in when],
        "week": [d.isocalendar()[:2] for d in when],
        "day": [d.date() for d in when],
        "36h": [(d - min(when)).total_seconds() // (36 * 3600) for d in when],
    }
    for block, names in named.items():
        numbers = block_numbers(times, block)
        for i in range(len(when)):
            for j in range(len(when)):
                assert (numbers[i] == numbers[j]) == (names[i] == names[j])
                assert not (when[i] < when[j] and numbers[i] > numbers[j])


def test_block_errors() -> None:
    times = read_times(pd.Series(["2021-01-01"]))
    for block in ("year", "7", "0d"):
        with pytest.raises(FoldError, match="month, week, day or a duration"):
            block_numbers(times, block)
    with pytest.raises(FoldError, match="datetime column"):
        block_numbers(Times(np.arange(3), is_datetime=False), "month")


def test_gap_adds_the_embargo_after_the_purge() -> None:
    times = Times(np.arange(5) * DAY, is_datetime=True)
    assert read_gap(0, 0, times) == Gap(0, 0, True)
    assert read_gap(2, 3, times) == Gap(2, 5, True)
    assert read_gap("2d", "1d", times) == Gap(2 * DAY, 3 * DAY, False)
    assert read_gap(0, "1d", times) == Gap(0, DAY, False)
    assert read_gap("0d", 2, times) == Gap(0, 2, True)


@pytest.mark.parametrize("value", [-1, True, "7", "soon", 1.5])
def test_gap_refuses_what_is_no_distance(value: object) -> None:
    times = Times(np.arange(5), is_datetime=True)
    with pytest.raises(FoldError, match="purge is a number of rows or a duration"):
        read_gap(value, 0, times)
    with pytest.raises(FoldError, match="embargo is a number of rows or a duration"):
        read_gap(0, value, times)


def test_gap_refuses_mixed_units_and_durations_of_numbers() -> None:
    with pytest.raises(FoldError, match="both rows or both durations"):
        read_gap(3, "7d", Times(np.arange(5), is_datetime=True))
    with pytest.raises(FoldError, match="needs a datetime column"):
        read_gap("7d", 0, Times(np.arange(5), is_datetime=False))


def test_seven_rows_and_seven_days_are_the_same_on_daily_rows() -> None:
    ordered = np.arange(40) * DAY
    assert Gap(7, 9, True).reach(ordered, 20, 24) == (13, 34)
    assert Gap(7 * DAY, 9 * DAY, False).reach(ordered, 20, 24) == (13, 34)
    assert Gap(0, 0, False).reach(ordered, 20, 24) == (20, 25)
    assert Gap(99, 99, True).reach(ordered, 20, 24) == (0, 40)
