"""Gradient boosting: LightGBM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.boosting import lightgbm_objective, predict_lightgbm, train_lightgbm
from stackkit.features.matrix import Matrix
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import target_space

REFERENCE = 5000  # rows at which `rounds` are boosted
GROWTH = 0.15  # rounds grow with (n / REFERENCE) to this power, at most threefold
LEAST_COLUMNS = 10  # columns that a tree may always choose from
MOST_LEAVES = 128


@dataclass(frozen=True)
class LightGBM(BaseLearner):
    """LightGBM (Ke et al., 2017) with rounds fixed beforehand.

    `rounds` are those at 5,000 rows; they grow with n ** 0.15. None stands for a rule:
    `num_leaves` 1.2 cbrt(n), at least 16, for values and 0.6 cbrt(n), at least 8, for classes;
    `colsample` half of the columns, at least 10; `l2` 1 for values and 5 for classes.
    """

    kind: ClassVar[str] = "lightgbm"
    rounds: int = 600
    learning_rate: float = 0.04
    num_leaves: int | None = None
    min_data_in_leaf: int = 10
    subsample: float = 0.8
    colsample: float | None = None
    l2: float | None = None

    def build(self, objective: Objective, seed: int) -> LightGBMFit:
        """An unfitted booster."""
        return LightGBMFit(self, objective, seed)


@dataclass
class LightGBMFit:
    """One booster, kept as LightGBM's own Booster."""

    learner: LightGBM
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> LightGBMFit:
        """Boost one tree a round, or one a class and round."""
        if self.objective.task == "regression":
            self.space_ = target_space(y, self.objective.space)
            y = self.space_.forward(y)
        rounds = self.learner.rounds * min(3.0, (len(y) / REFERENCE) ** GROWTH)
        self.booster_ = train_lightgbm(
            X,
            y,
            self._parameters(*X.values.shape),
            max(1, round(rounds)),
            weight,
            seed=self.seed,
            threads=self.learner.threads,
        )
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        made = predict_lightgbm(self.booster_, X, self.learner.threads)
        if self.objective.task == "regression":
            return self.space_.inverse(made)
        return made.reshape(len(X), -1)

    def _parameters(self, n: int, d: int) -> dict[str, Any]:
        learner, values = self.learner, self.objective.task == "regression"
        share, least = (1.2, 16) if values else (0.6, 8)
        leaves = int(np.clip(round(share * np.cbrt(n)), least, MOST_LEAVES))
        return {
            **lightgbm_objective(self.objective.task, len(self.objective.classes)),
            "learning_rate": learner.learning_rate,
            "num_leaves": learner.num_leaves or leaves,
            "min_data_in_leaf": learner.min_data_in_leaf,
            "bagging_fraction": learner.subsample,
            "bagging_freq": 1,
            "feature_fraction": learner.colsample or min(1.0, max(0.5, LEAST_COLUMNS / d)),
            "lambda_l2": _else(learner.l2, 1.0 if values else 5.0),
        }


def _else(value: float | None, default: float) -> float:
    return default if value is None else value


SPECS = (
    ModelSpec("lightgbm", LightGBM(), family="boosting", fidelity="rounds", cost=ExpectedCost(2.0)),
)
