"""What all meta-models share: the rows they are fitted on, and values in the target's units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stackkit.meta_features.rows import Rows, by_name, name_order, rows_of
from stackkit.metrics import weighted_quantile
from stackkit.predictions import Pool
from stackkit.spec import Objective

BLOCK = 32_768  # rows that are predicted at once: inputs are float64, and may be products


@dataclass
class MetaFit:
    """Reads a Pool, its members in the order of their names; subclasses add the model.

    They define `_fit(rows)` and `_predict(pool)`: values (n,) as fitted, or probabilities (n, C).
    """

    learner: Any
    objective: Objective
    seed: int

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> MetaFit:
        """Fit on the rows of X whose weight is positive."""
        rows = rows_of(X, y, weight, self.objective, self.seed)
        self.space_, self.order_ = rows.space, name_order(X)
        self.known_ = X.names
        self._fit(rows)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Values or probabilities (n, c), made of a block of rows at a time."""
        pool = by_name(X.matched(self.known_))
        made = np.concatenate([self._predict(block) for block in row_blocks(pool)])
        if self.space_ is not None:
            return self.space_.inverse(made)
        return made[:, 1:] if self.objective.width == 1 else made

    def _as_given(self, values: np.ndarray) -> np.ndarray:
        """Values (m,) of members in the order of their names, in that of the pool fitted on."""
        return values[np.argsort(self.order_)]

    def _fit(self, rows: Rows) -> None:
        raise NotImplementedError

    def _predict(self, pool: Pool) -> np.ndarray:
        raise NotImplementedError


def row_blocks(pool: Pool) -> Iterator[Pool]:
    """The pool in parts of at most `BLOCK` rows, in order."""
    if len(pool) <= BLOCK:
        yield pool
        return
    for start in range(0, len(pool), BLOCK):
        yield pool.take(np.arange(start, min(start + BLOCK, len(pool))))


def quantile_shift(rows: Rows, residuals: np.ndarray) -> float:
    """What moves a mean to the objective's quantile: that of residuals (n,); 0 without one."""
    q = rows.objective.quantile
    return 0.0 if q is None else weighted_quantile(residuals, q, rows.weight)


def part(rows: Rows, which: np.ndarray) -> Rows:
    """Some of the rows, by position."""
    return replace(rows, pool=rows.pool.take(which), y=rows.y[which], weight=rows.weight[which])
