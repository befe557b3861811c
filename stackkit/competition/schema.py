"""Columns and their kinds: how a raw frame becomes typed features, for train, test and replay.

Kinds: "numeric" (numbers and booleans), "datetime" (a datetime dtype, or text of which at least
99 % parse in one ISO-like format with separators), "text" (more than 50 levels, more than half of
the values distinct) and "categorical" (everything else).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from stackkit.errors import DataError

NUMERIC, DATETIME, TEXT, CATEGORICAL = "numeric", "datetime", "text", "categorical"
TEXT_LEVELS = 50
DATETIME_SHARE = 0.99
SAMPLE = 200
EARLIEST, LATEST = pd.Timestamp.min.ceil("s"), pd.Timestamp.max.floor("s")
_DATE = r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
_ISO_LIKE = re.compile(_DATE + r"([T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")


@dataclass(frozen=True)
class Schema:
    """The feature columns, in order, with their kinds."""

    kinds: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """Names in order."""
        return list(self.kinds)

    def of_kind(self, kind: str) -> list[str]:
        """The columns of one kind, in order."""
        return [name for name, k in self.kinds.items() if k == kind]

    def apply(self, frame: pd.DataFrame, what: str = "the frame") -> pd.DataFrame:
        """The feature columns of `frame`, typed; DataError where one is missing or unlike."""
        missing = [c for c in self.columns if c not in frame.columns]
        if missing:
            raise DataError(
                f"{what} has every feature column",
                f"no {', '.join(map(repr, missing[:5]))}",
                "name it in [features] drop, or add it to the file",
            )
        typed = {c: _typed(frame[c], kind, what) for c, kind in self.kinds.items()}
        return pd.DataFrame(typed, columns=self.columns).reset_index(drop=True)


def infer_schema(train: pd.DataFrame, test: pd.DataFrame | None, columns: list[str]) -> Schema:
    """The kinds of `columns`, read off train and test together."""
    kinds = {}
    for name in columns:
        parts = [train[name]] if test is None else [train[name], test[name]]
        kinds[name] = _joint_kind(name, parts)
    return Schema(kinds)


def _joint_kind(name: str, parts: list[pd.Series]) -> str:
    numbers = [is_number(p) or p.isna().all() for p in parts]
    if all(numbers):
        return NUMERIC
    if any(is_number(p) and not p.isna().all() for p in parts):
        raise DataError(
            f"column {name!r} is of one kind in train and test",
            f"{parts[0].dtype} in train, {parts[1].dtype} in test",
            "name its marker of missing values in [data] na_values, or drop it",
        )
    return column_kind(pd.concat([p.astype(object) for p in parts], ignore_index=True))


def is_number(values: pd.Series) -> bool:
    """Whether a column holds numbers or booleans, missing ones among them or not."""
    return types.is_numeric_dtype(values.dtype) or is_boolean(values)


def is_boolean(values: pd.Series) -> bool:
    """Whether a column holds booleans; beside missing values they come as objects."""
    if types.is_bool_dtype(values.dtype):
        return True
    return values.dtype == object and types.infer_dtype(values, skipna=True) == "boolean"


def column_kind(values: pd.Series) -> str:
    """The kind of one column."""
    if is_number(values):
        return NUMERIC
    if types.is_datetime64_any_dtype(values.dtype):
        return DATETIME
    present = values.dropna()
    if is_datetime_text(present):
        return DATETIME
    levels = present.astype(str).nunique()
    return TEXT if levels > TEXT_LEVELS and levels > len(present) / 2 else CATEGORICAL


def is_datetime_text(present: pd.Series) -> bool:
    """Whether at least 99 % of values, none of them missing, parse in one ISO-like format."""
    if not len(present):
        return False
    sample = present.iloc[:: -(-len(present) // SAMPLE)].astype(str)
    if not sample.str.fullmatch(_ISO_LIKE).mean() > 0.9:
        return False
    return parse_datetime(present).notna().mean() >= DATETIME_SHARE


def parse_datetime(values: pd.Series) -> pd.Series:
    """Datetimes without a zone, NaT where a value is not ISO-like; each value on its own.

    Sentinels such as 9999-12-31 become the last second that nanoseconds can hold.
    """
    if types.is_datetime64_any_dtype(values.dtype):
        parsed = values
    else:
        text = values.astype("str").where(values.notna())
        dashed = text.where(text.str.fullmatch(_ISO_LIKE)).str.replace(
            _ISO_LIKE, _with_dashes, regex=True
        )
        parsed = pd.to_datetime(dashed, format="ISO8601", errors="coerce", utc=True)
    if getattr(parsed.dt, "tz", None) is not None:
        parsed = parsed.dt.tz_convert("UTC").dt.tz_localize(None)
    return parsed.clip(EARLIEST, LATEST).astype("datetime64[ns]")


def _with_dashes(found: re.Match[str]) -> str:
    year, _, month, day, rest = found.groups(default="")
    return f"{year}-{month:0>2}-{day:0>2}{rest}"


def _typed(values: pd.Series, kind: str, what: str) -> pd.Series:
    if kind == NUMERIC:
        return _numeric(values, what)
    if kind == DATETIME:
        return parse_datetime(values)
    return values.astype(object).where(values.notna(), None).map(_as_text).astype(object)


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


def _numeric(values: pd.Series, what: str) -> pd.Series:
    try:
        numbers = pd.to_numeric(values)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {values.name!r} of {what} holds numbers", str(error)) from None
    if types.is_integer_dtype(numbers.dtype) and not types.is_extension_array_dtype(numbers.dtype):
        return numbers
    return numbers.astype("float64")
