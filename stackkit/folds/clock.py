"""Times of rows, durations, and the distance kept between scored and fitted rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from stackkit.errors import FoldError

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|min|s)")
_DATE = re.compile(r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}")
CALENDAR = ("month", "week", "day")


@dataclass(frozen=True)
class Times:
    """When each row happened.

    Parameters
    ----------
    values : (n,) int64 microseconds since 1970 in UTC where `is_datetime`, else the column's own
        numbers.
    is_datetime : whether durations and calendar periods mean anything here.
    """

    values: npt.NDArray[np.generic]
    is_datetime: bool


@dataclass(frozen=True)
class Gap:
    """Rows this near to a scored block are not fitted on, in rows or in microseconds.

    `before` counts from the block's first row, `after` from its last one, both ends included: with
    one row a day, 7 rows and "7d" drop the same rows.
    """

    before: int
    after: int
    in_rows: bool

    def reach(self, ordered: npt.NDArray[np.generic], first: int, last: int) -> tuple[int, int]:
        """Positions [low, high) around a block at positions first..last of the ordered times."""
        if self.in_rows:
            return max(first - self.before, 0), min(last + 1 + self.after, len(ordered))
        low = np.searchsorted(ordered, ordered[first] - self.before, side="left")
        high = np.searchsorted(ordered, ordered[last] + self.after, side="right")
        return min(int(low), first), max(int(high), last + 1)


def read_times(column: pd.Series) -> Times:
    """The times of a datetime column, of text in ISO form, or of plain numbers."""
    if pd.api.types.is_bool_dtype(column):
        raise FoldError("a time column holds datetimes or numbers", f"{column.name!r}: booleans")
    numeric = pd.api.types.is_numeric_dtype(column)
    times = column if numeric else _datetimes(column)
    missing = int(times.isna().sum())
    if missing:
        raise FoldError(
            f"every row of {column.name!r} has a time: a datetime in ISO form or a number",
            f"{missing} of {len(column)} rows without",
            "fill them, or use another column or scheme",
        )
    return Times(times.to_numpy() if numeric else _microseconds(times), not numeric)


def holds_dates(column: pd.Series) -> bool:
    """Whether a column is of a datetime dtype or text of which 99 % are ISO dates."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    if not (pd.api.types.is_string_dtype(column) or column.dtype == object):
        return False
    text = column.dropna().astype(str)
    return len(text) > 0 and float(text.str.match(_DATE.pattern).mean()) >= 0.99


def known_times(column: pd.Series) -> npt.NDArray[np.int64]:
    """The sorted distinct microseconds of a datetime column, missing ones left out."""
    return np.unique(_microseconds(_datetimes(column).dropna()))


def read_duration(text: str) -> int | None:
    """Microseconds of "7d", "12h", "30min", "2w" or "45s"; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    return round(float(match[1]) * _UNITS[match[2]] * 1_000_000) if match else None


def write_duration(microseconds: int) -> str:
    """The text of a duration in its largest whole unit, at least one second."""
    seconds = max(round(microseconds / 1_000_000), 1)
    unit = next(u for u in ("d", "h", "min", "s") if seconds % _UNITS[u] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def read_gap(purge: int | str, embargo: int | str, times: Times) -> Gap:
    """Purge on both sides of a block, and the embargo beyond it on the later side.

    Source: M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7.
    """
    first, first_rows = _distance("purge", purge, times)
    second, second_rows = _distance("embargo", embargo, times)
    if first and second and first_rows != second_rows:
        raise FoldError(
            "purge and embargo are both rows or both durations",
            f"purge {purge!r}, embargo {embargo!r}",
            "state both in the same unit",
        )
    return Gap(first, first + second, first_rows if first else second_rows)


def block_numbers(times: Times, block: str) -> npt.NDArray[np.int64]:
    """(n,) the number of the calendar period, or of the stretch of that duration, of each row.

    Weeks begin on Monday; durations count from the earliest row.
    """
    if not times.is_datetime:
        raise FoldError(
            "blocks of time need a datetime column",
            "a column of numbers",
            'scheme = "group" on a column that numbers the blocks',
        )
    micro = times.values.astype(np.int64)
    if block == "month":
        return micro.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    days = micro // 86_400_000_000
    if block in ("week", "day"):
        return (days + 3) // 7 if block == "week" else days  # 1970-01-01 was a Thursday
    length = read_duration(block)
    if not length:
        raise FoldError("block is month, week, day or a duration", repr(block), '"month" or "14d"')
    return (micro - micro.min()) // length


def _distance(key: str, value: int | str, times: Times) -> tuple[int, bool]:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value, True
    duration = read_duration(value) if isinstance(value, str) else None
    if duration is None:
        rule = f"{key} is a number of rows or a duration in w, d, h, min or s"
        raise FoldError(rule, repr(value), f'{key} = 100 or {key} = "7d"')
    if duration and not times.is_datetime:
        rule = f"{key} as a duration needs a datetime column"
        raise FoldError(rule, f"{value!r} with a column of numbers", f"{key} in rows")
    return duration, False


def _datetimes(column: pd.Series) -> pd.Series:
    """A column as UTC datetimes; what cannot be read becomes missing."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        column = column.astype(str).where(column.notna())
    parsed = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    return parsed.dt.tz_localize(None)


def _microseconds(times: pd.Series) -> npt.NDArray[np.int64]:
    return times.to_numpy().astype("datetime64[us]").astype(np.int64)
