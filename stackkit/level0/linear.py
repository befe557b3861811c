"""Linear models: ridge regression for values, L2 logistic regression for classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.linear import fit_logistic, fit_ridge
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import target_space

MARGIN = 0.1  # share of the target's range that predictions may leave it by


@dataclass(frozen=True)
class Linear(BaseLearner):
    """Ridge or logistic regression whose penalty is chosen inside the training part.

    `penalties` are a row: ridge has alpha = penalty · n, chosen by leave-one-out error, and the
    logistic regression C = 1 / (penalty · n), chosen by inner folds.
    """

    kind: ClassVar[str] = "linear"
    penalties: tuple[float, ...] = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)

    def build(self, objective: Objective, seed: int) -> RidgeFit | LogisticFit:
        """An unfitted estimator of the objective's task."""
        if objective.task == "regression":
            return RidgeFit(self, objective)
        return LogisticFit(self, objective, seed)


@dataclass
class RidgeFit:
    """Ridge regression in the objective's space."""

    learner: Linear
    objective: Objective

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> RidgeFit:
        """Fit with the penalty of least leave-one-out error."""
        self.space_ = target_space(y, self.objective.space, MARGIN)
        alphas = [penalty * len(y) for penalty in self.learner.penalties]
        self.model_ = fit_ridge(X.values, self.space_.forward(y), alphas, weight)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Values (n, 1)."""
        return self.space_.inverse(self.model_.predict(X.values.astype(np.float64)))


@dataclass
class LogisticFit:
    """Multinomial logistic regression."""

    learner: Linear
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> LogisticFit:
        """Fit with the penalty that inner folds prefer."""
        strengths = [1 / (penalty * len(y)) for penalty in self.learner.penalties]
        self.model_ = fit_logistic(X.values, y, strengths, weight, self.seed)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        return as_columns(self.model_.predict_proba(X.values.astype(np.float64)))


SPECS = (ModelSpec("ridge", Linear(), family="linear", recipe="linear", cost=ExpectedCost(0.5)),)
