"""Recipe `linear`: columns filled, symmetric, bounded and centred, for linear models."""

from __future__ import annotations

import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT, Schema
from stackkit.features.categorical import Indicators, count_levels, frequent
from stackkit.features.centred import Scale, centred, deviation, fixed, largest
from stackkit.features.dates import CyclicParts, varying_parts
from stackkit.features.encoder import Encoder, FittedRecipe, fit_columns
from stackkit.features.numeric import (
    Equal,
    Missing,
    few_whole_numbers,
    shape,
    varies,
    zero_heavy,
)
from stackkit.features.target import Target
from stackkit.features.target_encoding import TargetMeans, many_levels
from stackkit.features.text import TextScores, TextVectors, text_columns

ONE_HOT = 40  # levels with a column of their own
COIN = 0.5  # scale of 0/1 columns: their own deviations would make rare ones large
VECTORS, ROWS = 24, 100  # most columns of a text, and the rows that allow each
LEAST = 10  # rows of a level with a column of its own


def fit_linear(frame: pd.DataFrame, schema: Schema, target: Target | None = None) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {NUMERIC: _numbers, CATEGORICAL: _categories, DATETIME: _dates, TEXT: _texts}
    fitted = fit_columns(frame, schema, target, encode)
    return FittedRecipe(
        tuple(centred(e, frame[e.column], target, _scale(e)) for e in fitted.encoders)
    )


def _scale(encoder: Encoder) -> Scale:
    if isinstance(encoder, Indicators | Equal | Missing):
        return fixed(COIN)
    return largest if isinstance(encoder, TargetMeans | TextScores | TextVectors) else deviation


def _numbers(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    if not varies(values):
        return []
    encoders: list[Encoder] = [Missing(column)] if values.isna().any() else []
    if values.nunique() < 2:
        return encoders
    encoders.append(shape(column, values))
    points = few_whole_numbers(values, LEAST)
    if points:
        encoders.append(Equal(column, points))
    elif values.nunique() > 2 and zero_heavy(values):
        encoders.append(Equal(column, (0.0,)))
    return encoders


def _categories(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    if not varies(values):
        return []
    counts = count_levels(values)
    kept = frequent(counts, ONE_HOT, LEAST)
    other, missing = len(kept) < len(counts), bool(values.isna().any())
    if len(kept) + other + missing == 2:
        kept = kept[1:]  # the other column of two says the same
    encoders: list[Encoder] = [Indicators(column, kept, other, missing)]
    return encoders if len(counts) <= ONE_HOT else [*encoders, *many_levels(column, values, target)]


def _dates(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    encoders: list[Encoder] = [Missing(column)] if values.isna().any() else []
    parts = varying_parts(values)
    return [*encoders, CyclicParts(column, parts, values.min())] if parts else encoders


def _texts(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    encoders: list[Encoder] = [Missing(column)] if values.isna().any() else []
    return [*encoders, *text_columns(column, values, target, min(VECTORS, len(values) // ROWS))]
