"""Recipe `linear`: columns filled, symmetric, bounded and centred, for linear models and nets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, Schema
from stackkit.features.categorical import Counts, Indicators, count_levels, frequent
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

ONE_HOT = 40  # levels with a column of their own
COIN = 0.5  # scale of 0/1 columns: their own deviations would make rare ones large
LEAST = 10  # rows of a level with a column of its own


@dataclass(frozen=True)
class Centred:
    """The columns of `encoder` less their means, over their scales; missing becomes 0."""

    encoder: Encoder
    mean: np.ndarray
    scale: np.ndarray

    @property
    def column(self) -> str:
        return self.encoder.column

    @property
    def names(self) -> tuple[str, ...]:
        return self.encoder.names

    @property
    def levels(self) -> tuple[int, ...]:
        return self.encoder.levels

    def transform(self, values: pd.Series) -> np.ndarray:
        z = (self.encoder.transform(values) - self.mean) / self.scale
        return np.where(np.isnan(z), 0.0, z)


def fit_linear(frame: pd.DataFrame, schema: Schema) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {NUMERIC: _numbers, CATEGORICAL: _categories, DATETIME: _dates}
    fitted = fit_columns(frame, schema, encode)
    centred = [_centre(e, frame[e.column]) for e in fitted.encoders]
    return FittedRecipe(tuple(e for e in centred if e.names))


def _centre(encoder: Encoder, values: pd.Series) -> Centred:
    made = encoder.transform(values)
    present = np.maximum((~np.isnan(made)).sum(axis=0), 1)
    mean = np.nansum(made, axis=0) / present
    if isinstance(encoder, Indicators | Equal | Missing):
        return Centred(encoder, mean, np.full(len(mean), COIN))
    scale = np.sqrt(np.nansum((made - mean) ** 2, axis=0) / present)
    return Centred(encoder, mean, np.where(scale > 1e-9, scale, 1.0))


def _numbers(column: str, values: pd.Series) -> list[Encoder]:
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


def _categories(column: str, values: pd.Series) -> list[Encoder]:
    if not varies(values):
        return []
    counts = count_levels(values)
    kept = frequent(counts, ONE_HOT, LEAST)
    other, missing = len(kept) < len(counts), bool(values.isna().any())
    if len(kept) + other + missing == 2:
        kept = kept[1:]  # the other column of two says the same
    encoders: list[Encoder] = [Indicators(column, kept, other, missing)]
    return encoders if len(counts) <= ONE_HOT else [*encoders, Counts(column, counts)]


def _dates(column: str, values: pd.Series) -> list[Encoder]:
    encoders: list[Encoder] = [Missing(column)] if values.isna().any() else []
    parts = varying_parts(values)
    return [*encoders, CyclicParts(column, parts, values.min())] if parts else encoders
