"""Recipe `nets`: numbers of robust scale, few levels one-hot, many as codes to be embedded.

The scaling and the limit of nine levels are those of RealMLP (Holzmueller, Grinsztajn and
Steinwart, 2024). Columns with `levels[j]` > 0 hold codes 0..levels−1; nothing is missing.
"""

from __future__ import annotations

import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT, Schema
from stackkit.features.categorical import (
    Embedded,
    Indicators,
    Sign,
    count_levels,
    frequent,
)
from stackkit.features.centred import centred, deviation, largest
from stackkit.features.dates import ELAPSED, DateParts, Waves, varying_parts
from stackkit.features.encoder import Encoder, FittedRecipe, fit_columns
from stackkit.features.numeric import Missing, clipped, varies
from stackkit.features.target import Target
from stackkit.features.target_encoding import TargetMeans, many_levels
from stackkit.features.text import TextScores, TextVectors, text_columns

ONE_HOT = 9  # levels with a column each
ENCODED = 40  # levels above which their rows and target means are columns too
LEAST = 3  # rows of a level with a code of its own
MOST = 50_000  # levels with a code of their own
VECTORS, ROWS = 24, 100  # most columns of a text, and the rows that allow each


def fit_nets(frame: pd.DataFrame, schema: Schema, target: Target | None = None) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {NUMERIC: _numbers, CATEGORICAL: _categories, DATETIME: _dates, TEXT: _texts}
    return fit_columns(frame, schema, target, encode)


def _numbers(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    if not varies(values):
        return []
    encoders: list[Encoder] = [clipped(column, values)] if values.nunique() > 1 else []
    return [*encoders, *_missing(column, values)]


def _missing(column: str, values: pd.Series) -> list[Encoder]:
    return [Missing(column)] if values.isna().any() and values.notna().any() else []


def _categories(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    if not varies(values):
        return []
    counts, missing = count_levels(values), bool(values.isna().any())
    if len(counts) <= ONE_HOT:
        levels = tuple(counts)
        if len(levels) == 2:
            return [Sign(column, levels)]
        return [Indicators(column, levels, other=False, missing=missing and len(levels) > 1)]
    codes: list[Encoder] = [Embedded(column, frequent(counts, MOST, LEAST), missing)]
    if len(counts) <= ENCODED:
        return codes
    return [*codes, *_scaled(many_levels(column, values, target), values, target)]


def _dates(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    parts, origin = varying_parts(values), values.min()
    if not parts:
        return _missing(column, values)
    plain = DateParts(column, tuple(p for p in parts if p != ELAPSED), origin)
    made = [e for e in (Waves(column, parts, origin), plain) if e.names]
    return [*_scaled(made, values, target), *_missing(column, values)]


def _texts(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    made = text_columns(column, values, target, min(VECTORS, len(values) // ROWS))
    return [*_scaled(made, values, target), *_missing(column, values)]


def _scaled(made: list[Encoder], values: pd.Series, target: Target | None) -> list[Encoder]:
    blocks = TargetMeans | TextScores | TextVectors
    scale = {True: largest, False: deviation}
    return [centred(e, values, target, scale[isinstance(e, blocks)]) for e in made]
