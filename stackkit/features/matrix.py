"""Matrix: what a feature recipe makes of a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Matrix:
    """A float32 matrix with the meaning of its columns.

    `values` (n, d), C-contiguous; `names` (d,); `levels` (d,): 0 for a numeric column, else the
    number of codes 0..levels−1 of a categorical one. Missing is NaN where the recipe keeps it.
    """

    values: np.ndarray
    names: tuple[str, ...]
    levels: tuple[int, ...]

    @property
    def categorical(self) -> list[int]:
        """Positions of the categorical columns."""
        return [j for j, count in enumerate(self.levels) if count]

    def take(self, rows: np.ndarray) -> Matrix:
        """Some of the rows, by position."""
        return Matrix(self.values[rows], self.names, self.levels)

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.values, dtype=dtype)
