"""What the time axis alone says: after, gaps, or neither."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stackkit.folds.clock import known_times
from stackkit.folds.suggest_time import suggest_by_time


def split(hours: pd.DatetimeIndex, is_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    when = pd.Series(hours)
    return known_times(when[~is_test]), known_times(when[is_test])


HOURS = pd.date_range("2021-01-04", "2021-12-31", freq="h")  # from a Monday


@pytest.mark.parametrize(
    ("is_test", "block", "words"),
    [
        (HOURS.day > 19, "month", "12 gaps in train's 't', each after a stretch of 19 days"),
        (HOURS.day_of_week > 4, "week", "51 gaps in train's 't', each after a stretch of 5 days"),
        (HOURS.hour > 17, "day", "361 gaps in train's 't', each after a stretch of 17 hours"),
        (
            HOURS.day_of_year % 10 < 3,
            "10d",
            "36 gaps in train's 't', each after a stretch of 7 days",
        ),
    ],
    ids=["months", "weeks", "days", "ten days"],
)
def test_gaps_after_every_stretch(is_test: np.ndarray, block: str, words: str) -> None:
    found = suggest_by_time("t", *split(HOURS, np.asarray(is_test)), 5)
    assert found is not None
    config, reason = found
    assert (config.scheme, config.time, config.block) == ("blocked", "t", block)
    assert config.n_splits is None and words in reason
    what = f"whole {block}s" if block != "10d" else "blocks of 10d"
    assert reason.endswith(f"{what} are held out")


def test_one_gap_gives_blocks_of_its_length() -> None:
    days = pd.date_range("2020-01-01", periods=300, freq="D")
    is_test = (np.arange(300) >= 100) & (np.arange(300) < 129)
    found = suggest_by_time("t", *split(days, is_test), 5)
    assert found is not None
    assert (found[0].scheme, found[0].block, found[0].n_splits) == ("blocked", "30d", None)
    assert "1 gap in train's 't', of 30d" in found[1]
    few = suggest_by_time("t", *split(days[:200], is_test[:200] | (np.arange(200) == 150)), 20)
    assert few is not None and few[0].n_splits is not None and few[0].n_splits < 20


def test_lengths_are_rounded_to_be_read() -> None:
    days = pd.date_range("2020-01-01", periods=300, freq="D") + pd.Timedelta("7s")
    is_test = (np.arange(300) >= 100) & (np.arange(300) < 129)
    shaken = days + pd.to_timedelta(np.where(np.arange(300) == 129, 4567, 0), unit="s")
    found = suggest_by_time("t", *split(shaken, is_test), 5)
    assert found is not None and found[0].block == "30d"


def test_few_times_lower_the_folds() -> None:
    years = pd.to_datetime([f"{y}-06-30" for y in range(2010, 2016)])
    found = suggest_by_time("t", *split(years, years.year > 2013), 10)
    assert found is not None
    assert (found[0].scheme, found[0].n_splits) == ("time", 3)


def test_a_few_stray_rows_do_not_hide_that_test_comes_after() -> None:
    is_test = np.arange(len(HOURS)) > 6000
    is_test[10], is_test[-10] = True, False
    found = suggest_by_time("t", *split(HOURS, is_test), 5)
    assert found is not None
    assert found[0].scheme == "time" and "all but a few rows" in found[1]


def test_neither() -> None:
    rng = np.random.default_rng(1)
    is_test = rng.random(len(HOURS)) < 0.3
    assert suggest_by_time("t", *split(HOURS, is_test), 5) is None
    train, test = split(HOURS, np.arange(len(HOURS)) > 6000)
    assert suggest_by_time("t", test, train, 5) is None  # test lies before train
    assert suggest_by_time("t", np.r_[train, test], test, 5) is None  # every time is shared
    train, test = split(HOURS, np.asarray(HOURS.day > 19))
    assert suggest_by_time("t", train, np.union1d(test, train[::50]), 5) is None  # some are shared
    assert suggest_by_time("t", np.union1d(train, test[:9]), test, 5) is not None
    assert suggest_by_time("t", train[:2], test, 5) is None  # too few times for a fold
