"""Trees on meta-features: shallow boosting and extremely randomised trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.boosting import lightgbm_objective, predict_lightgbm, train_lightgbm
from stackkit.features.matrix import Matrix
from stackkit.level1.fitted import MetaFit
from stackkit.meta_features import MetaFeatures, ReadsGroups
from stackkit.meta_features.rows import Rows, full
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective

GROUPS = ("probabilities", "confidence", "spread")
TIED = 1e-9  # share of a leaf's weight below which two sums are equal


@dataclass(frozen=True)
class LightGBMMeta(ReadsGroups, BaseLearner):
    """Shallow LightGBM (Ke et al., 2017) on meta-features, strongly regularised, rounds fixed.

    Values are fitted less the mean of the members, so that trees only correct it. A leaf has at
    least `min_data_in_leaf` rows, a tenth of the rows where there are few.
    """

    kind: ClassVar[str] = "lightgbm-meta"
    needs_features: ClassVar[bool] = False
    groups: tuple[str, ...] = GROUPS
    strongest: int = 5
    rounds: int = 150
    learning_rate: float = 0.04
    num_leaves: int = 6
    min_data_in_leaf: int = 40
    l2: float = 10.0
    colsample: float = 0.5
    subsample: float = 0.7

    def build(self, objective: Objective, seed: int) -> LightGBMMetaFit:
        """An unfitted estimator."""
        return LightGBMMetaFit(self, objective, seed)

    def parameters(self, n: int) -> dict[str, Any]:
        """LightGBM's own parameters for n rows."""
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": max(2, min(self.min_data_in_leaf, n // 10)),
            "lambda_l2": self.l2,
            "feature_fraction": self.colsample,
            "bagging_fraction": self.subsample,
            "bagging_freq": 1,
        }


@dataclass(frozen=True)
class LightGBMFeatureMeta(LightGBMMeta):
    """The same beside the strongest features."""

    kind: ClassVar[str] = "lightgbm-meta-features"
    needs_features: ClassVar[bool] = True
    groups: tuple[str, ...] = (*GROUPS, "strongest")


@dataclass(frozen=True)
class ExtraTreesMeta(ReadsGroups, BaseLearner):
    """Extremely randomised trees (Geurts et al., 2006; scikit-learn) on meta-features.

    Values are fitted less the mean of the members. Under a quantile each leaf gives that quantile
    of its rows. A leaf has at least `min_samples_leaf` rows, a twentieth where there are few, and
    n / 1,000 where there are many.
    """

    kind: ClassVar[str] = "extra-trees-meta"
    needs_features: ClassVar[bool] = False
    groups: tuple[str, ...] = GROUPS
    n_estimators: int = 150
    max_features: float = 0.5
    min_samples_leaf: int = 15

    def build(self, objective: Objective, seed: int) -> ExtraTreesMetaFit:
        """An unfitted estimator."""
        return ExtraTreesMetaFit(self, objective, seed)

    def leaf(self, n: int) -> int:
        """Least rows of a leaf of n rows."""
        return max(2, min(self.min_samples_leaf, n // 20), n // 1000)


class TreesFit(MetaFit):
    """Meta-features as a matrix, and the mean of the members that trees of values start from."""

    def _inputs(self, rows: Rows, columns: MetaFeatures) -> Matrix:
        self.meta_, made = columns.fit_rows(rows)
        return _matrix(made, self.meta_.names)

    def _others(self, pool: Pool) -> Matrix:
        return _matrix(self.meta_.transform(pool), self.meta_.names)

    def _start(self, pool: Pool) -> np.ndarray:
        """(n,) the mean of values as fitted."""
        return full(pool, self.space_)[..., 0].mean(axis=0)


class LightGBMMetaFit(TreesFit):
    """One booster."""

    def _fit(self, rows: Rows) -> None:
        learner, objective = self.learner, self.objective
        X = self._inputs(rows, MetaFeatures(tuple(learner.groups), learner.strongest))
        parameters = learner.parameters(len(rows)) | lightgbm_objective(
            objective.task, len(objective.classes), objective.quantile
        )
        y = rows.y if rows.space is None else rows.y - self._start(rows.pool)
        self.model_ = train_lightgbm(
            X, y, parameters, learner.rounds, rows.weight, seed=self.seed, threads=learner.threads
        )

    def _predict(self, pool: Pool) -> np.ndarray:
        made = predict_lightgbm(self.model_, self._others(pool), self.learner.threads)
        if self.space_ is not None:
            return made + self._start(pool)
        return made if made.ndim == 2 else np.stack([1 - made, made], axis=1)


class ExtraTreesMetaFit(TreesFit):
    """A forest, each tree grown on all rows."""

    def _fit(self, rows: Rows) -> None:
        X = self._inputs(rows, MetaFeatures(tuple(self.learner.groups))).values
        y = rows.y if rows.space is None else rows.y - self._start(rows.pool)
        self.forest_ = self._forest(len(rows)).fit(X, y, rows.weight)
        self.forest_.set_params(n_jobs=1)
        if self.objective.quantile is not None:
            for tree in self.forest_.estimators_:
                set_leaves(tree, X, y, rows.weight, self.objective.quantile)

    def _predict(self, pool: Pool) -> np.ndarray:
        X = self._others(pool).values
        if self.space_ is not None:
            return self.forest_.predict(X) + self._start(pool)
        return self.forest_.predict_proba(X)

    def _forest(self, n: int) -> Any:
        from sklearn import ensemble

        learner = self.learner
        values = self.objective.of_values
        forest = ensemble.ExtraTreesRegressor if values else ensemble.ExtraTreesClassifier
        return forest(
            n_estimators=learner.n_estimators,
            max_features=learner.max_features,
            min_samples_leaf=learner.leaf(n),
            random_state=self.seed,
            n_jobs=learner.threads,
        )


def set_leaves(tree: Any, X: np.ndarray, y: np.ndarray, weight: np.ndarray, q: float) -> None:
    """Let each leaf give the quantile q of the rows in it, in place of their mean."""
    leaves = tree.apply(X)
    order = np.lexsort((y, leaves))
    found, starts = np.unique(leaves[order], return_index=True)
    tree.tree_.value[found, 0, 0] = quantiles_of_parts(y[order], weight[order], starts, q)


def quantiles_of_parts(
    values: np.ndarray, weight: np.ndarray, starts: np.ndarray, q: float
) -> np.ndarray:
    """`weighted_quantile` of each part of values (n,), sorted within parts that begin at `starts`.

    Weights (n,) are positive.
    """
    sums = np.add.reduceat(weight, starts)
    sizes = np.diff(starts, append=len(values))
    part = np.repeat(np.arange(len(starts)), sizes)
    before = np.r_[0.0, np.cumsum(sums)[:-1]]
    place = part + (np.cumsum(weight) - before[part]) / sums[part]  # part k ends at k + 1
    first, last = np.arange(len(starts)) + q - TIED, np.arange(len(starts)) + q + TIED
    ends = np.minimum(np.searchsorted(place, [first, last]), starts + sizes - 1)
    return values[ends].mean(axis=0)


def _matrix(made: np.ndarray, names: tuple[str, ...]) -> Matrix:
    values = np.ascontiguousarray(made, dtype=np.float32)
    return Matrix(values, names, (0,) * len(names))
