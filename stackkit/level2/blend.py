"""WeightedBlend: predictions averaged with fixed weights, the same for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.metrics import get_space
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import BaseLearner, Objective


@dataclass(frozen=True)
class Weigher(BaseLearner):
    """A learner that only sets weights, fitted once on all rows for its test predictions."""

    test_from: ClassVar[str] = "full"
    needs_features: ClassVar[bool] = False

    def build(self, objective: Objective, seed: int) -> WeightedBlend:
        """An unfitted estimator."""
        return WeightedBlend(self, objective, seed)

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """Weights (m,) for the members of the pool, fitted on its rows."""
        raise NotImplementedError


@dataclass
class WeightedBlend:
    """Σ wᵢ pᵢ, taken in the objective's space; probabilities are renormalised."""

    weigher: Weigher
    objective: Objective
    seed: int

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> WeightedBlend:
        """Set `weights_` (m,) on the rows of X whose weight is positive."""
        used = rows_to_fit(X, weight)
        if weight is not None:
            X, y, weight = X.take(used), y[used], _unless_equal(weight[used])
        self.names_ = X.names
        self.weights_ = self.weigher.weights(X, y, weight, self.objective, self.seed)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Blended predictions (n, c); members are matched by name, see `Pool.matched`."""
        space, members = get_space(self.objective.space), X.matched(self.names_)
        blocks = [np.tensordot(self.weights_, space.forward(b), axes=1) for b in members.blocks()]
        return finished(np.concatenate(blocks), self.objective)


def finished(blended: np.ndarray, objective: Objective) -> np.ndarray:
    """Predictions (n, c) of sums (n, c) taken in the objective's space.

    Probabilities are kept within [0, 1] and renormalised, evenly where nothing is left.
    """
    p = get_space(objective.space).inverse(blended)
    if objective.output == "value":
        return p
    p = np.clip(p, 0.0, 1.0)
    return p if p.shape[1] == 1 else normalised(p)


def normalised(p: np.ndarray) -> np.ndarray:
    """Rows (n, C) divided by their sums, even where a sum is 0."""
    total = p.sum(axis=1, keepdims=True)
    even = np.full(p.shape, 1 / p.shape[1])
    return np.divide(p, total, out=even, where=total > 0)


def _unless_equal(weight: np.ndarray) -> np.ndarray | None:
    return None if (weight == weight[0]).all() else weight
