"""A linear meta-model on the predictions in link space: ridge for values, logistic for classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective


@dataclass(frozen=True)
class LinearMeta:
    """Ridge or L2 logistic regression of the target on the members' predictions.

    Values enter in the objective's space (y too), probabilities as logits (centred log-ratios for
    several classes). Wolpert, "Stacked generalization" (1992); Ting and Witten (1999).

    Parameters
    ----------
    alphas : ridge penalties, chosen by efficient leave-one-out inside the training part.
    strengths : inverse penalties C of the logistic regression, chosen by inner folds there.
    """

    kind: ClassVar[str] = "linear-meta"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = False
    alphas: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0, 100.0)
    strengths: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)
    threads: int = 1

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
        inputs, weight = self._inputs(X.take(used)), None if weight is None else weight[used]
        if self.objective.output == "value":
            self.model_ = self._ridge(inputs, y[used], weight)
        else:
            self.model_ = self._logistic(inputs, y[used], weight)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Values or probabilities (n, c)."""
        inputs = self._inputs(X)
        if self.objective.output == "value":
            space = get_space(self.objective.space)
            return space.inverse(np.clip(self.model_.predict(inputs), *self.range_)[:, None])
        p = self.model_.predict_proba(inputs)
        return p[:, 1:] if self.objective.width == 1 else p

    def _inputs(self, X: Pool) -> np.ndarray:
        """(n, m · c) float64, in the stack's space."""
        proba = self.objective.output == "proba"
        space = get_space("logit" if proba else self.objective.space)
        return np.hstack([space.forward(member) for member in X.matrix()])

    def _ridge(self, inputs: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Any:
        from sklearn.linear_model import RidgeCV

        z = get_space(self.objective.space).forward(y)
        margin = 0.1 * (z.max() - z.min())
        self.range_ = (z.min() - margin, z.max() + margin)
        return RidgeCV(alphas=self.learner.alphas).fit(inputs, z, sample_weight=weight)

    def _logistic(self, inputs: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Any:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV, StratifiedKFold

        splits = min(5, int(np.bincount(y).min()))
        model = LogisticRegression(max_iter=1000)
        if splits < 2:
            return model.set_params(C=self.learner.strengths[0]).fit(inputs, y, weight)
        folds = StratifiedKFold(splits, shuffle=True, random_state=self.seed)
        grid = {"C": list(self.learner.strengths)}
        search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=folds)
        return search.fit(inputs, y, sample_weight=weight).best_estimator_
