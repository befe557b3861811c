"""Squared error from the Gram matrix of residuals: each step costs O(m), whatever the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stackkit.level2.selection.candidates import Candidates
from stackkit.metrics import get_space

QUADRATIC = ("rmse", "rmsle", "r2", "brier")
GRAM_VALUES = 2**21  # of float64 residuals at a time


@dataclass(frozen=True)
class QuadraticScorer:
    """RMSE, RMSLE, R² and Brier score of blends whose weights sum to 1.

    With residuals rᵢ = pᵢ − y (in the objective's space) and G = mean rᵢ rⱼ, the mean squared
    error of Σ wᵢ pᵢ is wᵀ G w. A blend is its weights (m,).
    """

    rows: Candidates

    @property
    def members(self) -> int:
        """How many."""
        return self.rows.members

    @cached_property
    def gram(self) -> np.ndarray:
        """G (m, m), float64."""
        return gram(self.rows)

    def nothing(self) -> np.ndarray:
        """No weights."""
        return np.zeros(self.members)

    def moved(self, blend: np.ndarray, member: int, keep: float, add: float) -> np.ndarray:
        """Weights after a step."""
        weights = keep * blend
        weights[member] += add
        return weights

    def score(self, blend: np.ndarray) -> float:
        """Of wᵀ G w."""
        return float(self._score(blend @ self.gram @ blend))

    def scores(
        self, blend: np.ndarray, keep: float, add: float, floor: float = -np.inf
    ) -> np.ndarray:
        """Of keep² wᵀGw + 2 keep add (Gw)ⱼ + add² Gⱼⱼ."""
        pulled = self.gram @ blend
        around = keep**2 * (blend @ pulled) + 2 * keep * add * pulled
        return self._score(around + add**2 * np.diag(self.gram))

    @cached_property
    def _score(self) -> Callable[[np.ndarray], np.ndarray]:
        """Signed score of a mean squared error."""
        name = self.rows.objective.metric.name
        if name == "brier":
            return np.negative
        if name == "r2":
            spread = _spread(self.rows)
            return lambda loss: 1 - loss / spread if spread > 0 else np.full_like(loss, -np.inf)
        return lambda loss: -np.sqrt(np.maximum(loss, 0.0))


def gram(rows: Candidates) -> np.ndarray:
    """Weighted mean of rᵢ rⱼ over rows, summed over columns: (m, m) float64."""
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    total, columns = np.zeros((rows.members, rows.members)), rows.arrays[0].shape[1]
    step = max(1, GRAM_VALUES // (rows.members * columns))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        residuals = _residuals(rows, part).reshape(rows.members, -1)
        if rows.weight is not None:
            residuals *= np.repeat(np.sqrt(weight[part]), columns)
        total += residuals @ residuals.T
    return total / weight.sum()


def _residuals(rows: Candidates, part: slice) -> np.ndarray:
    """(m, b, c) float64."""
    y, goal = rows.y[part], rows.objective
    if goal.output == "value":
        truth = get_space(goal.space).forward(y)[:, None]
    else:
        truth = np.eye(goal.width)[y] if goal.width > 1 else y[:, None]
    made = np.stack([a[part] for a in rows.arrays])
    return get_space(goal.space).forward(made) - truth


def _spread(rows: Candidates) -> float:
    """The variance of y."""
    y = np.asarray(rows.y, np.float64) - float(rows.y[0])
    mean = np.average(y, weights=rows.weight)
    return float(np.average((y - mean) ** 2, weights=rows.weight))
