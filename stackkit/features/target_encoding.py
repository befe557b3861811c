"""Target encoding: the mean target of a level, drawn towards the overall mean.

The level means are those of a one-way random-effects model: with variance s² within levels and t²
between them a level of r rows has r · mean / (r + m), m = s² / t², in units in which the overall
mean is 0. Both variances are the moment estimates of the analysis of variance (Searle, Casella and
McCulloch, Variance Components, 1992), so that a column that says nothing of the target is encoded
as a constant. The idea is that of Micci-Barreca (2001). Where rows have weights, of mean 1, the
noise of a row has variance s² / weight: sums and numbers of rows become weighted ones.

Rows that the encoding was fitted on would read their own target in it. They get cross-fitted
encodings: each inner fold is encoded by the sums of the other folds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.features.categorical import code, count_levels, recurring_counts
from stackkit.features.encoder import Encoder
from stackkit.features.target import Target

LEAST = 2  # rows of a level that is encoded; rarer ones have the overall mean, 0
WEAKEST, STRONGEST = 1.0, 1e6  # bounds of m


@dataclass(frozen=True)
class TargetMeans(Encoder):
    """Columns of level means, one a column of the target's scores.

    `kept` (L,) are the levels, `means` (L + 2, k) theirs, then that of other levels, 0, and that
    of missing; `pull` (k,) is the m of each column. Units: standard deviations of the target.
    """

    column: str
    suffixes: tuple[str, ...]
    kept: tuple[str, ...]
    means: np.ndarray
    pull: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}:target{suffix}" for suffix in self.suffixes)

    def transform(self, values: pd.Series) -> np.ndarray:
        return self.means[code(values, self.kept)]

    def own(self, values: pd.Series, target: Target | None) -> np.ndarray:
        """Cross-fitted encodings of the fit rows (n, k); without a target those of `transform`."""
        if target is None:
            return self.transform(values)
        cells = _cells(values, self.kept)
        y, folds = target.scores(), target.inner_folds()
        inner = int(folds.max()) + 1
        size = (len(self.kept) + 2) * inner
        sums, rows = _sums(cells * inner + folds, y, target.weights(), size)
        sums = sums.reshape(-1, inner, y.shape[1])
        rows = rows.reshape(-1, inner)
        others = sums.sum(axis=1, keepdims=True) - sums
        counts = rows.sum(axis=1, keepdims=True) - rows
        means = others / (counts[..., None] + self.pull)
        means[len(self.kept)] = 0
        return means[cells, folds]


def target_means(column: str, values: pd.Series, target: Target) -> TargetMeans:
    """Fit level means of a categorical column (n,) to the target of its rows."""
    weight = target.weights()
    counts = values[weight > 0].value_counts()
    kept = tuple(sorted(counts.index[counts >= LEAST]))
    y = target.scores()
    cells = _cells(values, kept)
    sums, rows = _sums(cells, y, weight, len(kept) + 2)
    pull = _pull(y, cells, weight, len(kept))
    means = sums / (rows[:, None] + pull)
    means[len(kept)] = 0
    return TargetMeans(column, target.suffixes(), kept, means, pull)


def many_levels(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    """What tells levels apart that are too many for columns of their own: rows and target."""
    made: list[Encoder] = [recurring_counts(column, count_levels(values))]
    return made if target is None else [*made, target_means(column, values, target)]


def _cells(values: pd.Series, kept: tuple[str, ...]) -> np.ndarray:
    """Rows of the table of means (n,): levels, then others, then missing."""
    codes = code(values, kept)
    return np.where(codes < 0, len(kept) + 1, codes)


def _sums(
    cells: np.ndarray, y: np.ndarray, weight: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sums of y (size, k) and weights (size,) by cell."""
    sums = [np.bincount(cells, weights=weight * column, minlength=size) for column in y.T]
    return np.column_stack(sums), np.bincount(cells, weights=weight, minlength=size)


def _pull(y: np.ndarray, cells: np.ndarray, weight: np.ndarray, others: int) -> np.ndarray:
    """m (k,) of each column of y, from the variances within and between levels."""
    read = (cells != others) & (weight > 0)
    cells, y, weight = cells[read], y[read], weight[read]
    sums, rows = _sums(cells, y, weight, others + 2)
    sums, rows = sums[rows > 0], rows[rows > 0][:, None]
    n, levels, total = len(y), len(rows), weight.sum()
    if levels < 2 or n <= levels:
        return np.full(y.shape[1], STRONGEST)
    explained = (sums**2 / rows).sum(axis=0)
    within = np.maximum(weight @ y**2 - explained, 0) / (n - levels)
    between = (explained - sums.sum(axis=0) ** 2 / total) / (levels - 1)
    typical = (total - (rows**2).sum() / total) / (levels - 1)
    spread = np.maximum(between - within, 0) / typical
    weak = spread <= within / STRONGEST
    ratio = np.where(weak, STRONGEST, within / np.where(weak, 1, spread))
    return np.clip(ratio, WEAKEST, STRONGEST)
