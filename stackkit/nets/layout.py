"""Which columns of a matrix a net takes as numbers, as flags and as codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.features.matrix import Matrix


@dataclass(frozen=True)
class Layout:
    """Positions of columns: `numbers` are embedded, `flags` read as they are, `codes` looked up.

    `levels` (len of codes,) is the number of codes of each of those.
    """

    numbers: tuple[int, ...]
    flags: tuple[int, ...]
    codes: tuple[int, ...]
    levels: tuple[int, ...]


def layout_of(X: Matrix) -> Layout:
    """The layout for rows (n, d) to fit on; a column of at most two distinct values is a flag."""
    codes = tuple(X.categorical)
    others = [j for j in range(len(X.levels)) if j not in codes]
    many = takes_three_values(X.values)
    return Layout(
        numbers=tuple(j for j in others if many[j]),
        flags=tuple(j for j in others if not many[j]),
        codes=codes,
        levels=tuple(X.levels[j] for j in codes),
    )


def takes_three_values(values: np.ndarray) -> np.ndarray:
    """Whether each column of (n, d) lies somewhere strictly between its extremes, (d,) bool."""
    low, high = values.min(axis=0), values.max(axis=0)
    inner = [(column > a) & (column < b) for column, a, b in zip(values.T, low, high, strict=True)]
    return np.array([found.any() for found in inner], dtype=bool)
