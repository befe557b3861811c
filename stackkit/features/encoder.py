"""The parts of a fitted recipe: encoders, each of one column, and what joins them into a Matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema
from stackkit.features.matrix import Matrix

LARGEST = float(np.finfo(np.float32).max)


class Encoder(Protocol):
    """One fitted column of a frame as k columns of a matrix.

    `column` is read; `names` (k,) and `levels` (k,) describe the result as in Matrix.
    """

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the k columns made."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of codes of each column made, 0 for a number."""

    def transform(self, values: pd.Series) -> np.ndarray:
        """Values (n,) as numbers (n, k), float64; row i depends on value i only."""


@dataclass(frozen=True)
class FittedRecipe:
    """A recipe fitted on training rows; without an encoder it makes one column of zeros."""

    encoders: tuple[Encoder, ...]

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """The frame (n rows) as a Matrix (n, d), row by row."""
        names = [name for e in self.encoders for name in e.names]
        levels = [count for e in self.encoders for count in e.levels]
        if not names:
            return Matrix(np.zeros((len(frame), 1), np.float32), ("constant",), (0,))
        values = np.empty((len(frame), len(names)), np.float32)
        start = 0
        for encoder in self.encoders:
            stop = start + len(encoder.names)
            numbers = encoder.transform(frame[encoder.column])
            values[:, start:stop] = np.clip(numbers, -LARGEST, LARGEST)
            start = stop
        return Matrix(values, tuple(names), tuple(levels))


EncodeColumn = Callable[[str, pd.Series], list[Encoder]]


def fit_columns(
    frame: pd.DataFrame, schema: Schema, encode: Mapping[str, EncodeColumn]
) -> FittedRecipe:
    """Encode each column by the function of its kind; columns of other kinds are left out."""
    encoders: list[Encoder] = []
    for column, kind in schema.kinds.items():
        if kind in encode:
            encoders += encode[kind](column, frame[column])
    return FittedRecipe(tuple(encoders))
