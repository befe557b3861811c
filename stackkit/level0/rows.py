"""The rows that a model is fitted on: those of positive weight, in float64, and samples of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stackkit.features.matrix import Matrix

BLOCK = 2048  # rows predicted at once where memory grows with rows times fitted rows


@dataclass(frozen=True)
class Rows:
    """Inputs (n, d) float64, targets (n,) and weights (n,) of mean 1, all positive."""

    values: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def take(self, positions: np.ndarray) -> Rows:
        """The rows at some positions."""
        return rows_of(self.values[positions], self.y[positions], self.weight[positions])


def rows_of(X: Matrix | np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Rows:
    """The rows of X (n, d) and y (n,) whose weight is positive; weights are scaled to mean 1.

    No weights are weights of 1.
    """
    values = np.asarray(X, dtype=np.float64)
    if weight is None:
        return Rows(values, np.asarray(y), np.ones(len(y)))
    used = weight > 0
    if not used.all():
        values, y, weight = values[used], y[used], weight[used]
    weight = np.asarray(weight, np.float64)
    return Rows(values, np.asarray(y), weight / weight.mean())


def sample(n: int, count: int, seed: int) -> np.ndarray:
    """`count` of n positions at random, in order; all where there are no more."""
    if n <= count:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, count, replace=False))


def sample_classes(codes: np.ndarray, count: int, seed: int) -> np.ndarray:
    """About `count` positions, the same share of each class and at least two rows of it."""
    if len(codes) <= count:
        return np.arange(len(codes))
    order = np.random.default_rng(seed).permutation(len(codes))
    place = rank_within(codes[order])
    size = np.bincount(codes)[codes[order]]
    return np.sort(order[place < np.maximum(2, size * count / len(codes))])


def deal(codes: np.ndarray, splits: int, seed: int) -> np.ndarray:
    """A fold (n,) in 0..splits−1 of each row, the rows of each class dealt evenly.

    A model is not told of groups or of time, so that these folds part what the plan keeps together:
    penalties and calibrations that are chosen by them trust such rows more than they should.
    """
    order = np.random.default_rng(seed).permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    folds = np.empty(len(codes), np.int64)
    folds[order] = np.arange(len(codes)) % splits
    return folds


def rank_within(codes: np.ndarray) -> np.ndarray:
    """How many earlier rows share a row's code, (n,)."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], codes[order], side="left")
    place = np.empty(len(codes), np.int64)
    place[order] = np.arange(len(codes)) - starts
    return place


def blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Slices of at most `size` rows that cover n."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
