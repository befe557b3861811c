"""Histogram gradient boosting of scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.common import BoostedFit, grown
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

MOST_LEVELS = 255  # what scikit-learn takes as categories; columns of more are read as numbers


@dataclass(frozen=True)
class HistGB(BaseLearner):
    """scikit-learn's HistGradientBoosting with rounds fixed beforehand.

    `rounds` are those at 5,000 rows; they grow with n ** 0.15. `max_leaf_nodes` None: 16 for values
    and 8 for classes. `colsample` is the share of columns tried at a split.
    """

    kind: ClassVar[str] = "hist_gb"
    rounds: int = 400
    learning_rate: float = 0.05
    max_leaf_nodes: int | None = None
    min_samples_leaf: int = 5
    colsample: float = 0.5
    l2: float = 3.0

    def build(self, objective: Objective, seed: int) -> HistGBFit:
        """An unfitted booster."""
        return HistGBFit(self, objective, seed)


@dataclass
class HistGBFit(BoostedFit):
    """One booster, kept as scikit-learn's estimator."""

    def _boost(
        self, X: Matrix, y: np.ndarray, weight: np.ndarray | None
    ) -> HistGradientBoostingClassifier | HistGradientBoostingRegressor:
        from sklearn import ensemble

        values, learner = self.objective.of_values, self.learner
        kind = (
            ensemble.HistGradientBoostingRegressor
            if values
            else ensemble.HistGradientBoostingClassifier
        )
        model = kind(
            max_iter=grown(learner.rounds, len(y)),
            learning_rate=learner.learning_rate,
            max_leaf_nodes=learner.max_leaf_nodes or (16 if values else 8),
            min_samples_leaf=learner.min_samples_leaf,
            max_features=learner.colsample,
            l2_regularization=learner.l2,
            categorical_features=[j for j in X.categorical if X.levels[j] <= MOST_LEVELS],
            early_stopping=False,
            random_state=self.seed,
            **self._loss(),
        )
        return model.fit(X.values, y, sample_weight=weight)

    def _loss(self) -> dict[str, Any]:
        quantile = self.objective.quantile
        return {} if quantile is None else {"loss": "quantile", "quantile": quantile}

    def _raw(self, X: Matrix) -> np.ndarray:
        if self.objective.of_values:
            return self.model_.predict(X.values)
        return self.model_.predict_proba(X.values)


SPECS = (
    ModelSpec(
        "hist_gb",
        HistGB(),
        family="boosting",
        fidelity="rounds",
        cost=ExpectedCost(0.7, rows=0.6, columns=0.6, outputs=0.85, copies=3),
        value=0.6,
    ),
)
