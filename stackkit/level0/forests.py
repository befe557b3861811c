"""Forests: bagged trees of best splits, and of random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import target_space

ROWS_A_LEAF = 4000
LEAST_COLUMNS = 10


@dataclass(frozen=True)
class RandomForest(BaseLearner):
    """Breiman's random forest (scikit-learn), on codes and numbers with missing values.

    `max_features` is the share of columns tried at a split, None: for values a third of the columns
    or ten of them, at most 70 %, for classes the square root of the columns. `min_samples_leaf`
    None: 1 for values, 2 for classes, n / 4,000 where that is more, which bounds a tree's size.
    """

    kind: ClassVar[str] = "random_forest"
    version: ClassVar[int] = 2
    n_estimators: int = 200
    max_features: float | None = None
    min_samples_leaf: int | None = None

    def build(self, objective: Objective, seed: int) -> ForestFit:
        """An unfitted forest."""
        return ForestFit(self, objective, seed)

    def forest(self, values: bool) -> type:
        """scikit-learn's class; `values`: a regression."""
        from sklearn import ensemble

        return ensemble.RandomForestRegressor if values else ensemble.RandomForestClassifier

    def parameters(self, values: bool, n: int, d: int) -> dict[str, Any]:
        """scikit-learn's parameters for n rows and d columns."""
        share = min(0.7, max(1 / 3, LEAST_COLUMNS / d)) if values else "sqrt"
        return {
            "n_estimators": self.n_estimators,
            "max_features": self.max_features or share,
            "min_samples_leaf": self.min_samples_leaf or max(1 if values else 2, n // ROWS_A_LEAF),
        }


@dataclass(frozen=True)
class ExtraTrees(BaseLearner):
    """Extremely randomised trees (Geurts et al., 2006; scikit-learn), each grown on all rows.

    `max_features` is the share of columns tried at a split, one threshold each. `min_samples_leaf`
    None: 1 for values, 3 for classes, n / 4,000 where that is more, which bounds a tree's size.
    """

    kind: ClassVar[str] = "extra_trees"
    n_estimators: int = 200
    max_features: float = 0.7
    min_samples_leaf: int | None = None

    def build(self, objective: Objective, seed: int) -> ForestFit:
        """An unfitted forest."""
        return ForestFit(self, objective, seed)

    def forest(self, values: bool) -> type:
        """scikit-learn's class; `values`: a regression."""
        from sklearn import ensemble

        return ensemble.ExtraTreesRegressor if values else ensemble.ExtraTreesClassifier

    def parameters(self, values: bool, n: int, d: int) -> dict[str, Any]:
        """scikit-learn's parameters for n rows and d columns."""
        return {
            "n_estimators": self.n_estimators,
            "max_features": self.max_features,
            "min_samples_leaf": self.min_samples_leaf or max(1 if values else 3, n // ROWS_A_LEAF),
        }


@dataclass
class ForestFit:
    """A forest; values are averaged in the objective's space."""

    learner: RandomForest | ExtraTrees
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> ForestFit:
        """Grow the trees on X (n, d) and y (n,)."""
        if self.objective.of_values:
            self.space_ = target_space(y, self.objective.space)
            y = self.space_.forward(y)
        weight = None if weight is None else _writable(weight)
        self.forest_ = self._forest(*X.values.shape).fit(_writable(X.values), y, weight)
        self.forest_.set_params(n_jobs=1)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        if self.objective.of_values:
            return self.space_.inverse(self.forest_.predict(_writable(X.values)))
        return as_columns(self.forest_.predict_proba(_writable(X.values)))

    def _forest(self, n: int, d: int) -> Any:
        learner, values = self.learner, self.objective.of_values
        parameters = learner.parameters(values, n, d)
        forest = learner.forest(values)(**parameters)
        return forest.set_params(n_jobs=learner.threads, random_state=self.seed)


def _writable(array: np.ndarray) -> np.ndarray:
    """The array, or a copy where it is read-only: scikit-learn's trees refuse those."""
    return np.require(array, requirements=["W"])


SPECS = (
    ModelSpec(
        "rf",
        RandomForest(),
        family="forest",
        fidelity="n_estimators",
        cost=ExpectedCost(4.0, rows=1.05, columns=0.6, outputs=0.1, copies=6),
    ),
    ModelSpec(
        "extra_trees",
        ExtraTrees(),
        family="forest",
        fidelity="n_estimators",
        cost=ExpectedCost(2.5, rows=0.95, columns=0.8, outputs=0.1, copies=6),
    ),
)
