"""Recipe `trees`: numbers as they are with NaN, categories as codes, dates as parts."""

from __future__ import annotations

import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, Schema
from stackkit.features.categorical import Codes, Counts, count_levels, frequent
from stackkit.features.dates import DateParts, varying_parts
from stackkit.features.encoder import Encoder, FittedRecipe, fit_columns
from stackkit.features.numeric import Raw, varies

CODES = 64  # levels kept apart; the rest share one code and are told apart by their counts
LEAST = 2  # rows of a level that is kept apart


def fit_trees(frame: pd.DataFrame, schema: Schema) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {NUMERIC: _numbers, CATEGORICAL: _categories, DATETIME: _dates}
    return fit_columns(frame, schema, encode)


def _numbers(column: str, values: pd.Series) -> list[Encoder]:
    return [Raw(column)] if varies(values) else []


def _categories(column: str, values: pd.Series) -> list[Encoder]:
    counts = count_levels(values)
    if not varies(values):
        return []
    codes: list[Encoder] = [Codes(column, frequent(counts, CODES, LEAST))]
    return codes if len(counts) <= CODES else [*codes, Counts(column, counts)]


def _dates(column: str, values: pd.Series) -> list[Encoder]:
    parts = varying_parts(values)
    return [DateParts(column, parts, values.min())] if parts else []
