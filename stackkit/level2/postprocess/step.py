"""Step: a map of one record's predictions, the same for every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.metrics import get_space
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import BaseLearner, Objective

Map = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Step(BaseLearner):
    """A learner that only sets a map, fitted once on all rows for its test predictions."""

    test_from: ClassVar[str] = "full"
    needs_features: ClassVar[bool] = False

    def build(self, objective: Objective, seed: int) -> StepFit:
        """An unfitted estimator."""
        return StepFit(self, objective)

    def fitted_map(
        self, p: np.ndarray, y: np.ndarray, weight: np.ndarray, objective: Objective
    ) -> Map:
        """The map of (k, c) to (k, c), fitted on predictions p (n, c) and weights (n,) above 0."""
        raise NotImplementedError


@dataclass
class StepFit:
    """Reads a Pool, of several members their mean; `map_` is what `fit` found."""

    step: Step
    objective: Objective

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> StepFit:
        """Set `map_` on the rows of X whose weight is positive."""
        weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
        used = rows_to_fit(X, weight)
        self.names_ = X.names
        p = self._parent(X.take(used))
        self.map_ = self.step.fitted_map(p, y[used], weight[used], self.objective)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Mapped predictions (n, c)."""
        return self.map_(self._parent(X.matched(self.names_)))

    def _parent(self, X: Pool) -> np.ndarray:
        """The only member's predictions (n, c) float64, or the mean in the objective's space."""
        space = get_space(self.objective.space)
        means = [space.forward(block).mean(axis=0) for block in X.blocks()]
        return space.inverse(np.concatenate(means))
