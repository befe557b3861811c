"""What the time axis says about how test was split from train."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stackkit.config import FoldsConfig
from stackkit.folds.clock import CALENDAR, Times, block_numbers, write_duration

Micro = npt.NDArray[np.int64]

SHARED = 0.01  # test times that train has too, above which both interleave
APART = 0.01  # rows at the ends that may lie on the wrong side of "after"
RUNS = 0.25  # runs of train and test along time, against those of a random split


@dataclass(frozen=True)
class Stretches:
    """Train and test as runs along time.

    Parameters
    ----------
    starts, ends : (s,) first and last time of each train run.
    gaps : (g,) from the last train time before each test run to the next train time after it, or
        to the run's own last time where train has ended.
    n_test : test runs.
    """

    starts: Micro
    ends: Micro
    gaps: Micro
    n_test: int


def suggest_by_time(
    name: str, train: Micro, test: Micro, n_splits: int
) -> tuple[FoldsConfig, str] | None:
    """Forward chaining, blocks, or None where train and test interleave freely.

    Parameters
    ----------
    name : the datetime column.
    train, test : its sorted distinct microseconds.
    n_splits : the default number of folds, lowered where there are fewer stretches of time.
    """
    if _is_after(train, test) and len(train) > 2:
        return _after(name, train, test, n_splits)
    if np.isin(test, train).mean() > SHARED:
        return None
    found = _stretches(train, np.setdiff1d(test, train))
    expected = 2 * len(train) * len(test) / (len(train) + len(test)) + 1
    if len(found.starts) < 2 or len(found.starts) + found.n_test > RUNS * expected:
        return None
    return _blocks(name, train, found, n_splits)


def _is_after(train: Micro, test: Micro) -> bool:
    """Whether nearly all test times lie after nearly all train times."""
    last = np.quantile(train, 1 - APART, method="lower")
    return bool(np.quantile(test, APART, method="higher") > last and test[-1] > train[-1])


def _after(name: str, train: Micro, test: Micro, n_splits: int) -> tuple[FoldsConfig, str]:
    overlap = "" if test[0] > train[-1] else ", all but a few rows"
    reason = (
        f"test begins at {_date(test[0])} in {name!r}, train ends at {_date(train[-1])}{overlap}: "
        "each fold is predicted from earlier rows only"
    )
    return FoldsConfig(
        scheme="time", time=name, n_splits=_lowered(n_splits, len(train) - 1)
    ), reason


def _stretches(train: Micro, test: Micro) -> Stretches:
    """The runs of two sorted, disjoint sets of times."""
    times = np.concatenate([train, test])
    order = np.argsort(times, kind="stable")
    is_test, times = order >= len(train), times[order]
    first = np.flatnonzero(np.r_[True, is_test[1:] != is_test[:-1]])
    last = np.r_[first[1:], len(times)] - 1
    of_test = is_test[first]
    before = times[np.maximum(first - 1, 0)]
    after = times[np.minimum(last + 1, len(times) - 1)]
    return Stretches(
        times[first[~of_test]], times[last[~of_test]], (after - before)[of_test], int(of_test.sum())
    )


def _blocks(
    name: str, train: Micro, found: Stretches, n_splits: int
) -> tuple[FoldsConfig, str] | None:
    """Whole stretches of train where there are enough of them, else stretches as long as a gap."""
    whole = len(found.starts) >= n_splits
    block = _period(found) if whole else _about(found.gaps)
    n_blocks = len(np.unique(block_numbers(Times(train, True), block)))
    if n_blocks < 2:
        return None
    stretch = _write_span(int(np.median(found.ends - found.starts)))
    what = f"whole {block}s" if block in CALENDAR else f"blocks of {block}"
    gaps = "1 gap" if found.n_test == 1 else f"{found.n_test} gaps"
    each = f"each after a stretch of {stretch}" if whole else f"of {block} on the median"
    reason = f"test fills {gaps} in train's {name!r}, {each}: {what} are held out"
    return FoldsConfig(
        scheme="blocked", time=name, block=block, n_splits=_lowered(n_splits, n_blocks)
    ), reason


def _period(found: Stretches) -> str:
    """The calendar period that holds one whole stretch each, else the usual distance of starts."""
    for period in CALENDAR:
        starts = block_numbers(Times(found.starts, True), period)
        ends = block_numbers(Times(found.ends, True), period)
        if (starts == ends).all() and len(np.unique(starts)) == len(starts):
            return period
    return _about(np.diff(found.starts))


def _about(lengths: Micro) -> str:
    """The median length as a duration: whole days from 10 days on, whole hours from 10 hours on."""
    length = int(np.median(lengths))
    for seconds in (86_400, 3_600, 60):
        unit = seconds * 1_000_000
        if length >= 10 * unit:
            return write_duration(round(length / unit) * unit)
    return write_duration(length)


def _write_span(microseconds: int) -> str:
    """A length of time for a sentence: "19 days", "17 hours", "40 minutes"."""
    for unit, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        number = microseconds / (seconds * 1_000_000)
        if number >= 1.5:
            return f"{number:.0f} {unit}"
    return "a minute or less"


def _lowered(n_splits: int, most: int) -> int | None:
    """None where the default can be had."""
    return None if most >= n_splits else most


def _date(microseconds: int) -> str:
    return str(np.datetime64(int(microseconds), "us").astype("datetime64[s]")).replace("T", " ")
