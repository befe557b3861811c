"""Recipe `kernel`: few columns of comparable size, for models that measure distances.

A number differs by its standard deviations, two categories by about one, a block of columns that
say one thing together (a text, the encodings of many levels) weighs as one number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT, Schema
from stackkit.features.categorical import Indicators, count_levels, frequent
from stackkit.features.centred import Scale, centred, deviation, fixed, together
from stackkit.features.dates import Waves, varying_parts
from stackkit.features.encoder import Encoder, FittedRecipe, fit_columns
from stackkit.features.numeric import Missing, Shaped, shape, varies
from stackkit.features.target import Target
from stackkit.features.target_encoding import TargetMeans, target_means
from stackkit.features.text import TextScores, TextVectors, text_columns

ONE_HOT = 16  # levels up to which each has a column; more are encoded by the target
LEAST = 5  # rows of a level with a column of its own
HOLES = 0.05  # least share of missing values, and of others, for an indicator
VECTORS, ROWS = 8, 100  # most columns of a text, and the rows that allow each
PAIR = float(np.sqrt(2))  # scale of 0/1 columns of which two differ between levels


def fit_kernel(frame: pd.DataFrame, schema: Schema, target: Target | None = None) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {NUMERIC: _numbers, CATEGORICAL: _categories, DATETIME: _dates, TEXT: _texts}
    fitted = fit_columns(frame, schema, target, encode)
    return FittedRecipe(
        tuple(centred(e, frame[e.column], target, _scale(e)) for e in fitted.encoders)
    )


def _scale(encoder: Encoder) -> Scale:
    if isinstance(encoder, Indicators | Missing):
        return fixed(1.0 if len(encoder.names) == 1 else PAIR)
    if isinstance(encoder, TargetMeans | TextScores | TextVectors):
        return together
    return _spread if isinstance(encoder, Shaped) else deviation


def _spread(made: np.ndarray) -> np.ndarray:
    """The standard deviation; of two values their distance, as for a pair of categories."""
    pair = ((made == made.min()) | (made == made.max())).all()
    return np.ptp(made, axis=0) if pair else deviation(made)


def _numbers(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    if not varies(values):
        return []
    encoders: list[Encoder] = [shape(column, values)] if values.nunique() > 1 else []
    return [*encoders, *_holes(column, values)]


def _holes(column: str, values: pd.Series) -> list[Encoder]:
    share = values.isna().mean()
    return [Missing(column)] if HOLES <= share <= 1 - HOLES else []


def _categories(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    counts = count_levels(values)
    if not varies(values):
        return []
    if len(counts) > ONE_HOT and target is not None:
        return [target_means(column, values, target)]
    kept = frequent(counts, ONE_HOT, LEAST)
    other, missing = len(kept) < len(counts), bool(values.isna().any())
    if len(kept) + other + missing == 2:
        kept, other = (kept[1:], other) if kept else (kept, False)
    return [Indicators(column, kept, other, missing)]


def _dates(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    parts = varying_parts(values)
    return [Waves(column, parts, values.min())] if parts else _holes(column, values)


def _texts(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    return [
        *text_columns(column, values, target, min(VECTORS, len(values) // ROWS)),
        *_holes(column, values),
    ]
