"""Gradient boosting: LightGBM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.boosting import lightgbm_objective, predict_lightgbm, train_lightgbm
from stackkit.features.matrix import Matrix
from stackkit.level0.target import target_space
from stackkit.spec import Objective


@dataclass(frozen=True)
class LightGBM:
    """LightGBM with a fixed number of rounds (Ke et al., 2017)."""

    kind: ClassVar[str] = "lightgbm"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    rounds: int = 600
    learning_rate: float = 0.03
    num_leaves: int = 31
    min_data_in_leaf: int = 10
    subsample: float = 0.7
    colsample: float = 0.5
    l2: float = 1.0
    threads: int = 1

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
        """Boost `rounds` trees (times C for several classes)."""
        if self.objective.task == "regression":
            self.space_ = target_space(y, self.objective.space)
            y = self.space_.forward(y)
        self.booster_ = train_lightgbm(
            X,
            y,
            self._parameters(),
            self.learner.rounds,
            weight,
            seed=self.seed,
            threads=self.learner.threads,
        )
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        made = predict_lightgbm(self.booster_, X)
        if self.objective.task == "regression":
            return self.space_.inverse(made)
        return made.reshape(len(X), -1)

    def _parameters(self) -> dict[str, Any]:
        learner = self.learner
        return {
            **lightgbm_objective(self.objective.task, len(self.objective.classes)),
            "learning_rate": learner.learning_rate,
            "num_leaves": learner.num_leaves,
            "min_data_in_leaf": learner.min_data_in_leaf,
            "bagging_fraction": learner.subsample,
            "bagging_freq": 1,
            "feature_fraction": learner.colsample,
            "lambda_l2": learner.l2,
        }
