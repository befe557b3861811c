"""The prior: what is known of the target without any feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.metrics import weighted_quantile
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import target_space


@dataclass(frozen=True)
class Prior(BaseLearner):
    """Class frequencies, or the mean or quantile in the objective's space: the first candidate."""

    kind: ClassVar[str] = "prior"

    def build(self, objective: Objective, seed: int) -> PriorFit:
        """An unfitted estimator; the seed is not used."""
        return PriorFit(objective)


@dataclass
class PriorFit:
    """One row of predictions for every row."""

    objective: Objective

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> PriorFit:
        """Learn from y (n,) alone."""
        if self.objective.task == "regression":
            space = target_space(y, self.objective.space)
            self.row_ = space.inverse(self._centre(space.forward(y), weight))
        else:
            counts = np.bincount(y, weight, minlength=len(self.objective.classes))
            self.row_ = as_columns(counts[None] / counts.sum())
        return self

    def _centre(self, z: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        if self.objective.quantile is None:
            return np.average(z, keepdims=True, weights=weight)
        return np.array([weighted_quantile(z, self.objective.quantile, weight)])

    def predict(self, X: Matrix) -> np.ndarray:
        """The same prediction for each row, (n, c)."""
        return np.repeat(self.row_, len(X), axis=0)


SPECS = (ModelSpec("prior", Prior(), family="prior", cost=ExpectedCost(0.01), value=0.0),)
