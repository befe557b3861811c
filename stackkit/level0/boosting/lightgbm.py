"""LightGBM in two shapes: best splits on grown trees, and random splits on small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stackkit.boosting import lightgbm_objective, predict_lightgbm, train_lightgbm
from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.common import BoostedFit, chosen, grown
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective

if TYPE_CHECKING:
    from lightgbm import Booster

LEAST_COLUMNS = 10  # columns that a tree may always choose from
MOST_LEAVES = 128


@dataclass(frozen=True)
class Rules:
    """What stands for None in LightGBM's parameters, each for values and for classes.

    `leaves` are a factor of cbrt(n) and the least number, `columns` is the share of columns that a
    tree may choose from (at least 10 of them), `l2` the penalty.
    """

    leaves: tuple[tuple[float, int], tuple[float, int]]
    columns: float
    l2: tuple[float, float]


@dataclass(frozen=True)
class LightGBM(BaseLearner):
    """LightGBM (Ke et al., 2017) with rounds fixed beforehand.

    `rounds` are those at 5,000 rows; they grow with n ** 0.15. None stands for a rule:
    `num_leaves` 1.2 cbrt(n), at least 16, for values and 0.6 cbrt(n), at least 8, for classes;
    `colsample` half of the columns, at least 10; `l2` 1 for values and 5 for classes.
    """

    kind: ClassVar[str] = "lightgbm"
    version: ClassVar[int] = 2
    rules: ClassVar[Rules] = Rules(((1.2, 16), (0.6, 8)), 0.5, (1.0, 5.0))
    extra: ClassVar[dict[str, Any]] = {}
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

    def parameters(self, values: bool, n: int, d: int) -> dict[str, Any]:
        """LightGBM's own parameters for n rows and d columns; `values`: a regression."""
        rules, which = self.rules, 0 if values else 1
        return {
            **self.extra,
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves or _leaves(*rules.leaves[which], n),
            "min_data_in_leaf": self.min_data_in_leaf,
            "bagging_fraction": self.subsample,
            "bagging_freq": 1,
            "feature_fraction": self.colsample or min(1.0, max(rules.columns, LEAST_COLUMNS / d)),
            "lambda_l2": chosen(self.l2, rules.l2[which]),
        }


@dataclass(frozen=True)
class ExtraLightGBM(LightGBM):
    """LightGBM whose splits are drawn at random: one threshold a column and node.

    After the extremely randomised trees of Geurts et al. (2006). `rounds` are those at 5,000 rows;
    they grow with n ** 0.15. None stands for a rule: `num_leaves` 2 cbrt(n), at least 24, for
    values and 0.6 cbrt(n), at least 8, for classes; `colsample` 60 % of the columns, at least 10;
    `l2` 2 for values and 5 for classes.
    """

    kind: ClassVar[str] = "lightgbm_xt"
    version: ClassVar[int] = 1
    rules: ClassVar[Rules] = Rules(((2, 24), (0.6, 8)), 0.6, (2.0, 5.0))
    extra: ClassVar[dict[str, Any]] = {"extra_trees": True}
    rounds: int = 800
    learning_rate: float = 0.05
    min_data_in_leaf: int = 5
    subsample: float = 0.85


def _leaves(share: float, least: int, n: int) -> int:
    """`share` times the cube root of n, at least `least`."""
    return int(np.clip(round(share * np.cbrt(n)), least, MOST_LEAVES))


@dataclass
class LightGBMFit(BoostedFit):
    """One booster, kept as LightGBM's own Booster."""

    def _boost(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None) -> Booster:
        learner, objective = self.learner, self.objective
        parameters = learner.parameters(self.objective.of_values, *X.values.shape)
        parameters |= lightgbm_objective(objective.task, self._classes, objective.quantile)
        rounds, threads = grown(learner.rounds, len(y)), learner.threads
        return train_lightgbm(X, y, parameters, rounds, weight, seed=self.seed, threads=threads)

    def _raw(self, X: Matrix) -> np.ndarray:
        made = predict_lightgbm(self.model_, X, self.learner.threads)
        return made if self.objective.of_values else made.reshape(len(X), -1)


SPECS = (
    ModelSpec(
        "lightgbm",
        LightGBM(),
        family="boosting",
        fidelity="rounds",
        cost=ExpectedCost(0.8, rows=0.9, columns=0.6, outputs=0.9, copies=2),
        value=1.2,
    ),
    ModelSpec(
        "lightgbm_xt",
        ExtraLightGBM(),
        family="boosting",
        fidelity="rounds",
        cost=ExpectedCost(1.1, rows=1.1, columns=0.7, outputs=0.9, copies=2),
        value=1.8,
    ),
)
