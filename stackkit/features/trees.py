"""Recipe `trees`: numbers as they are with NaN, categories as codes, dates as parts."""

from __future__ import annotations

import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT, Schema
from stackkit.features.categorical import Codes, count_levels, frequent
from stackkit.features.dates import DateParts, varying_parts
from stackkit.features.encoder import Encoder, FittedRecipe, fit_columns
from stackkit.features.numeric import Raw, varies
from stackkit.features.target import Target
from stackkit.features.target_encoding import many_levels
from stackkit.features.text import text_columns

VECTORS, ROWS = 16, 1000  # most columns of a text, and the rows that allow each
CODES = 64  # levels kept apart; the rest share one code and are told apart by their counts
LEAST = 2  # rows of a level that is kept apart


def fit_trees(frame: pd.DataFrame, schema: Schema, target: Target | None = None) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {
        NUMERIC: as_they_are,
        CATEGORICAL: _codes,
        DATETIME: date_parts,
        TEXT: text_parts,
    }
    return fit_columns(frame, schema, target, encode)


def as_they_are(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    """A number with its missing values, unless it is constant."""
    return [Raw(column)] if varies(values) else []


def _codes(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    counts = count_levels(values)
    if not varies(values):
        return []
    codes: list[Encoder] = [Codes(column, frequent(counts, CODES, LEAST))]
    return codes if len(counts) <= CODES else [*codes, *many_levels(column, values, target)]


def date_parts(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    """The parts of a date that vary."""
    parts = varying_parts(values)
    return [DateParts(column, parts, values.min())] if parts else []


def text_parts(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    """Vectors, sizes and recurrence of a text."""
    return text_columns(column, values, target, min(VECTORS, len(values) // ROWS))
