"""The target of the fit rows, as encodings read it, and the inner folds that keep it honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.features.numeric import shape

INNER = 5  # inner folds of cross-fitted encodings
MOST_CLASSES = 12  # classes with an encoding of their own
TINY = 1e-9  # deviation of scores below which a column is constant


@dataclass(frozen=True)
class Target:
    """The target of the rows that a recipe is fitted on.

    Parameters
    ----------
    y : (n,) values, or int codes of classes.
    task : "binary", "multiclass" or "regression".
    seed : of the inner folds and of whatever else a recipe draws.
    folds : (n,) inner folds 0, 1, … of the rows, where a plan has them; None: dealt at random.
    weight : (n,) row weights, at least 0 and not all 0; a row of weight 0 teaches nothing. None:
        all rows weigh the same.
    """

    y: np.ndarray
    task: str
    seed: int = 0
    folds: np.ndarray | None = None
    weight: np.ndarray | None = None

    def weights(self) -> np.ndarray:
        """(n,) row weights, of mean 1 over the rows that weigh anything."""
        if self.weight is None:
            return np.ones(len(self.y))
        weight = np.asarray(self.weight, dtype=np.float64)
        return weight / weight[weight > 0].mean()

    def scores(self) -> np.ndarray:
        """(n, k) numbers of weighted mean 0 and deviation 1, whose means by level are encodings.

        Class 1 or not; each class or not, of the MOST_CLASSES most frequent ones where there are
        more; values made symmetric and bounded, so that no row outweighs its level.
        """
        raw, weight = self._raw(), self.weights()
        away = raw - np.average(raw, axis=0, weights=weight)
        spread = np.sqrt(np.average(away**2, axis=0, weights=weight))
        return away / np.where(spread > TINY, spread, 1)

    def suffixes(self) -> tuple[str, ...]:
        """(k,) what tells names of the columns of `scores` apart: "" for a single one."""
        return tuple(f"={c}" for c in self._classes()) if self.task == "multiclass" else ("",)

    def inner_folds(self) -> np.ndarray:
        """(n,) fold of each row: those given, else INNER dealt at random among like targets."""
        if self.folds is not None:
            return self.folds
        rng = np.random.default_rng(self.seed)
        n = len(self.y)
        order = np.lexsort((rng.random(n), self.y))
        hands = rng.permuted(np.tile(np.arange(INNER), (-(-n // INNER), 1)), axis=1)
        folds = np.empty(n, dtype=np.int64)
        folds[order] = hands.ravel()[:n]
        return folds

    def _raw(self) -> np.ndarray:
        if self.task == "regression":
            values = pd.Series(self.y)
            return shape("target", values[self.weights() > 0]).transform(values)
        classes = self._classes() if self.task == "multiclass" else np.array([1])
        return (np.asarray(self.y)[:, None] == classes).astype(np.float64)

    def _classes(self) -> np.ndarray:
        counts = np.bincount(np.asarray(self.y, dtype=np.int64)[self.weights() > 0])
        frequent = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
        return np.sort(frequent[counts[frequent] > 0])
