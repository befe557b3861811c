"""XGBoost with histograms, native categories and missing values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.common import BoostedFit, chosen, grown
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective

if TYPE_CHECKING:
    from xgboost import Booster

MOST_ONE_HOT = 8  # levels up to which a category is split one against the rest


@dataclass(frozen=True)
class XGBoost(BaseLearner):
    """XGBoost (Chen and Guestrin, 2016) with rounds fixed beforehand.

    `rounds` are those at 5,000 rows; they grow with n ** 0.15. None stands for a rule: `max_depth`
    6 for values and 4 for classes. `colsample` is the share of columns tried at a node.
    """

    kind: ClassVar[str] = "xgboost"
    rounds: int = 500
    learning_rate: float = 0.04
    max_depth: int | None = None
    min_child_weight: float = 1.0
    subsample: float = 0.7
    colsample: float = 0.5
    l2: float = 2.0

    def build(self, objective: Objective, seed: int) -> XGBoostFit:
        """An unfitted booster."""
        return XGBoostFit(self, objective, seed)

    def parameters(self, values: bool) -> dict[str, Any]:
        """XGBoost's own parameters; `values`: a regression."""
        return {
            "tree_method": "hist",
            "learning_rate": self.learning_rate,
            "max_depth": int(chosen(self.max_depth, 6 if values else 4)),
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bynode": self.colsample,
            "reg_lambda": self.l2,
            "max_cat_to_onehot": MOST_ONE_HOT,
        }


@dataclass
class XGBoostFit(BoostedFit):
    """One booster, kept as XGBoost's own Booster."""

    def _boost(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None) -> Booster:
        import xgboost

        learner = self.learner
        kinds = ["c" if levels else "float" for levels in X.levels]
        data = xgboost.QuantileDMatrix(
            X.values,
            y,
            weight=weight,
            feature_types=kinds,
            enable_categorical=True,
            nthread=learner.threads,
        )
        fixed = {"seed": self.seed, "nthread": learner.threads, "verbosity": 0}
        parameters = {**learner.parameters(self.objective.of_values), **self._task(), **fixed}
        return xgboost.train(parameters, data, grown(learner.rounds, len(y)))

    def _raw(self, X: Matrix) -> np.ndarray:
        made = self.model_.inplace_predict(X.values)
        return made if self.objective.of_values else made.reshape(len(X), -1)

    def _task(self) -> dict[str, Any]:
        if self.objective.quantile is not None:
            return {"objective": "reg:quantileerror", "quantile_alpha": self.objective.quantile}
        if self.objective.of_values:
            return {"objective": "reg:squarederror"}
        if self.objective.task == "binary":
            return {"objective": "binary:logistic"}
        return {"objective": "multi:softprob", "num_class": self._classes}


SPECS = (
    ModelSpec(
        "xgboost",
        XGBoost(),
        family="boosting",
        fidelity="rounds",
        cost=ExpectedCost(1.4, rows=0.65, columns=0.8, outputs=0.6, copies=1.5),
        value=0.8,
    ),
)
