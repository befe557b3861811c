"""Linear models: ridge regression for values, L2 logistic regression for classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.logistic import fit_softmax, pick_strength
from stackkit.level0.probabilities import as_columns
from stackkit.level0.ridge import fit_ridge
from stackkit.level0.target import target_space
from stackkit.spec import Objective

MARGIN = 0.1  # share of the target's range that predictions may leave it by


@dataclass(frozen=True)
class Linear:
    """Ridge or logistic regression whose penalty is chosen inside the training part.

    `penalties` are a row: ridge has alpha = penalty · n, chosen by leave-one-out error, and the
    logistic regression C = 1 / (penalty · n), chosen by inner folds.
    """

    kind: ClassVar[str] = "linear"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    penalties: tuple[float, ...] = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
    threads: int = 1

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
        """Fit coefficients (d,) and intercept by the penalty of least leave-one-out error."""
        self.space_ = target_space(y, self.objective.space, MARGIN)
        self.coef_, self.intercept_, self.penalty_ = fit_ridge(
            X.values, self.space_.forward(y), self.learner.penalties, weight
        )
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Values (n, 1)."""
        return self.space_.inverse(X.values.astype(np.float64) @ self.coef_ + self.intercept_)


@dataclass
class LogisticFit:
    """Multinomial logistic regression."""

    learner: Linear
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> LogisticFit:
        """Fit coefficients (d + 1, C), intercept last."""
        values, classes = X.values, len(self.objective.classes)
        self.penalty_ = pick_strength(values, y, classes, self.learner.penalties, weight, self.seed)
        self.coef_ = fit_softmax(values, y, classes, self.penalty_, weight)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        from scipy.special import softmax

        scores = X.values.astype(np.float64) @ self.coef_[:-1] + self.coef_[-1]
        return as_columns(softmax(scores, axis=1))
