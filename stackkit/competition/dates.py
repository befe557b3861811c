"""Dates of other rows are written as in train: one that cannot be read is no missing value."""

from __future__ import annotations

import pandas as pd
from pandas.api import types

from stackkit.competition.schema import DATETIME_SHARE, is_datetime_text, parse_datetime
from stackkit.errors import DataError


def refuse_other_dates(train: pd.DataFrame, frame: pd.DataFrame, what: str) -> None:
    """DataError where train has dates in a column and more than 1 % of a frame's are unreadable.

    Missing values do not count; `what` names the frame. Columns that it lacks are passed over.
    """
    for name in train.columns:
        if name in frame.columns and _holds_dates(train[name]):
            _refuse_unreadable(train[name], frame[name], what)


def _holds_dates(values: pd.Series) -> bool:
    if types.is_datetime64_any_dtype(values.dtype):
        return True
    return not types.is_numeric_dtype(values.dtype) and is_datetime_text(values.dropna())


def _refuse_unreadable(dates: pd.Series, values: pd.Series, what: str) -> None:
    present = values.dropna()
    unread = present[parse_datetime(present).isna()] if len(present) else present
    if len(unread) > (1 - DATETIME_SHARE) * len(present):
        raise DataError(
            f"dates in column {values.name!r} of {what} are written as in train, year first",
            f"{unread.iloc[0]!r}, {len(unread)} of {len(present)} that cannot be read",
            f"write them as train does: {_example(dates)!r}",
        )


def _example(dates: pd.Series) -> str:
    first = dates.dropna().iloc[0]
    plain = isinstance(first, pd.Timestamp) and first == first.normalize()
    return str(first.date()) if plain else str(first)
