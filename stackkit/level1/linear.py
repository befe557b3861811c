"""A linear meta-model on the predictions in link space: ridge for values, logistic for classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.linear import fit_logistic, fit_ridge
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective


@dataclass(frozen=True)
class LinearMeta(BaseLearner):
    """Ridge or L2 logistic regression of the target on the members' predictions.

    Values enter in the objective's space (y too), standardised by the target there; probabilities
    as logits (centred log-ratios for several classes). Wolpert, "Stacked generalization" (1992);
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
        used = np.arange(len(y)) if weight is None else np.flatnonzero(weight)
        weight = None if weight is None else weight[used]
        if self.objective.output == "value":
            self._set_scale(y[used])
            z = self._forward(y[used])
            inputs = self._inputs(X.take(used))
            self.model_ = fit_ridge(inputs, z, self.learner.alphas, weight)
        else:
            inputs = self._inputs(X.take(used))
            strengths = self.learner.strengths
            self.model_ = fit_logistic(inputs, y[used], strengths, weight, self.seed)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Values or probabilities (n, c)."""
        inputs = self._inputs(X)
        if self.objective.output == "value":
            z = self.model_.predict(inputs) * self.scale_ + self.centre_
            return get_space(self.objective.space).inverse(np.clip(z, *self.range_)[:, None])
        p = self.model_.predict_proba(inputs)
        return p[:, 1:] if self.objective.width == 1 else p

    def _inputs(self, X: Pool) -> np.ndarray:
        """(n, m · c) float64, in the stack's space."""
        proba = self.objective.output == "proba"
        forward = get_space("logit").forward if proba else self._forward
        return np.hstack([forward(member) for member in X.matrix()])

    def _set_scale(self, y: np.ndarray) -> None:
        """Learn centre, scale and range of y; a target that is never negative stays so."""
        z = get_space(self.objective.space).forward(y)
        margin = 0.1 * (z.max() - z.min())
        floor = 0.0 if z.min() >= 0 else -np.inf
        self.range_ = (max(z.min() - margin, floor), z.max() + margin)
        self.centre_, self.scale_ = float(z.mean()), float(z.std()) or 1.0

    def _forward(self, values: np.ndarray) -> np.ndarray:
        return (get_space(self.objective.space).forward(values) - self.centre_) / self.scale_
