"""A linear meta-model on the predictions in link space: ridge for values, logistic for classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.linear import fit_logistic, fit_ridge, left_out_residuals
from stackkit.metrics import get_space, weighted_quantile
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import BaseLearner, Objective
from stackkit.target_space import MARGIN, target_space


@dataclass(frozen=True)
class LinearMeta(BaseLearner):
    """Ridge or L2 logistic regression of the target on the members' predictions.

    Values enter in the objective's space (y too), standardised by the target there; probabilities
    as logits (centred log-ratios for several classes). Under a quantile, the mean is moved by that
    quantile of the leave-one-out residuals. Wolpert, "Stacked generalization" (1992);
    Ting and Witten (1999).

    Parameters
    ----------
    alphas : ridge penalties, chosen by efficient leave-one-out inside the training part.
    strengths : inverse penalties C of the logistic regression, chosen by inner folds there.
    """

    kind: ClassVar[str] = "linear-meta"
    needs_features: ClassVar[bool] = False
    alphas: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0, 100.0)
    strengths: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)

    def build(self, objective: Objective, seed: int) -> LinearMetaFit:
        """An unfitted estimator."""
        return LinearMetaFit(self, objective, seed)


@dataclass
class LinearMetaFit:
    """Reads a Pool of m members; its inputs are m · c columns."""

    learner: LinearMeta
    objective: Objective
    seed: int

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> LinearMetaFit:
        """Fit on the rows of X whose weight is positive."""
        used = rows_to_fit(X, weight)
        self.names_ = X.names
        weight = None if weight is None else weight[used]
        if self.objective.output == "value":
            self.space_ = target_space(y[used], self.objective.space, MARGIN)
            z = self.space_.forward(y[used])
            inputs = self._inputs(X.take(used))
            self.model_ = fit_ridge(inputs, z, self.learner.alphas, weight)
            if self.objective.quantile is not None:
                away = left_out_residuals(self.model_, inputs, z, weight)
                shift = weighted_quantile(away, self.objective.quantile, weight)
                self.model_.intercept_ += shift
        else:
            inputs = self._inputs(X.take(used))
            strengths = self.learner.strengths
            self.model_ = fit_logistic(inputs, y[used], strengths, weight, self.seed)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Values or probabilities (n, c)."""
        inputs = self._inputs(X.matched(self.names_))
        if self.objective.output == "value":
            return self.space_.inverse(self.model_.predict(inputs))
        p = self.model_.predict_proba(inputs)
        return p[:, 1:] if self.objective.width == 1 else p

    def _inputs(self, X: Pool) -> np.ndarray:
        """(n, m · c) float64, in the stack's space."""
        proba = self.objective.output == "proba"
        forward = get_space("logit").forward if proba else self.space_.forward
        return np.hstack([forward(member) for member in X.matrix()])
