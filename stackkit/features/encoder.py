"""The parts of a fitted recipe: encoders, each of one column, and what joins them into a Matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema
from stackkit.features.matrix import Matrix

if TYPE_CHECKING:
    from stackkit.features.target import Target

LARGEST = float(np.finfo(np.float32).max)


class Encoder(ABC):
    """One fitted column of a frame as k columns of a matrix.

    `column` is read; `names` (k,) and `levels` (k,) describe the result as in Matrix.
    """

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the k columns made: that of the column, unless an encoder says otherwise."""
        return (self.column,)

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of codes of each column made, 0 for a number."""
        return (0,) * len(self.names)

    @abstractmethod
    def transform(self, values: pd.Series) -> np.ndarray:
        """Values (n,) as numbers (n, k), float64; row i depends on value i only."""

    def own(self, values: pd.Series, target: Target | None) -> np.ndarray:
        """The same for the very rows of the fit, in their order, and their target.

        Encodings that were fitted to the target give each row what others say of it.
        """
        return self.transform(values)


@dataclass(frozen=True)
class FittedRecipe:
    """A recipe fitted on training rows; without an encoder it makes one column of zeros."""

    encoders: tuple[Encoder, ...]

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """Rows that were not fitted on (n, …) as a Matrix (n, d), row by row."""
        return self._matrix(frame, lambda encoder, values: encoder.transform(values))

    def own(self, frame: pd.DataFrame, target: Target | None) -> Matrix:
        """The rows it was fitted on, in their order, as a Matrix to fit a model on."""
        return self._matrix(frame, lambda encoder, values: encoder.own(values, target))

    def _matrix(self, frame: pd.DataFrame, made: Made) -> Matrix:
        names = [name for e in self.encoders for name in e.names]
        levels = [count for e in self.encoders for count in e.levels]
        if not names:
            return Matrix(np.zeros((len(frame), 1), np.float32), ("constant",), (0,))
        values = np.empty((len(frame), len(names)), np.float32)
        start = 0
        for encoder in self.encoders:
            stop = start + len(encoder.names)
            numbers = made(encoder, frame[encoder.column])
            np.clip(numbers, -LARGEST, LARGEST, out=values[:, start:stop], casting="unsafe")
            start = stop
        return Matrix(values, tuple(names), tuple(levels))


EncodeColumn = Callable[[str, pd.Series, "Target | None"], list[Encoder]]
Made = Callable[[Encoder, pd.Series], np.ndarray]


def fit_columns(
    frame: pd.DataFrame,
    schema: Schema,
    target: Target | None,
    encode: Mapping[str, EncodeColumn],
) -> FittedRecipe:
    """Encode each column by the function of its kind; columns of other kinds are left out."""
    encoders: list[Encoder] = []
    for column, kind in schema.kinds.items():
        if kind in encode:
            encoders += encode[kind](column, frame[column], target)
    return FittedRecipe(tuple(e for e in encoders if e.names))
