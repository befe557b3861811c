"""CatBoost, with native categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.baseline import PriorFit
from stackkit.level0.boosting.common import REFERENCE, BoostedFit, chosen, grown
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective

if TYPE_CHECKING:
    from catboost import CatBoost as Booster
    from catboost import Pool

DEEPER = 10_000  # rows from which trees are a level deeper
MOST_STEPS = 10  # of a leaf
LOSSES = {"regression": "RMSE", "binary": "Logloss", "multiclass": "MultiClass"}


@dataclass(frozen=True)
class CatBoost(BaseLearner):
    """CatBoost (Prokhorenkova et al., 2018), plain boosting with rounds fixed beforehand.

    `rounds` are those at 5,000 rows; they grow with n ** 0.15. `learning_rate` None:
    0.07 (n / 5000) ** 0.1 for values and 0.04 (n / 5000) ** 0.2 for classes; `depth` None: 5 below
    10,000 rows, 6 from there. Categories of at most `one_hot` levels are split one against the
    rest, others by target statistics of at most `combinations` columns together; missing is a level
    of its own.
    """

    kind: ClassVar[str] = "catboost"
    rounds: int = 800
    learning_rate: float | None = None
    depth: int | None = None
    l2: float = 2.0
    one_hot: int = 10
    combinations: int = 1

    def build(self, objective: Objective, seed: int) -> CatBoostFit:
        """An unfitted booster."""
        return CatBoostFit(self, objective, seed)

    def parameters(self, values: bool, n: int) -> dict[str, Any]:
        """CatBoost's own parameters for n rows; `values`: a regression."""
        rate, growth = (0.07, 0.1) if values else (0.04, 0.2)
        return {
            "boosting_type": "Plain",
            "learning_rate": chosen(self.learning_rate, rate * (n / REFERENCE) ** growth),
            "depth": self.depth or (5 if n < DEEPER else 6),
            "l2_leaf_reg": self.l2,
            "one_hot_max_size": self.one_hot,
            "max_ctr_complexity": self.combinations,
        }


@dataclass
class CatBoostFit(BoostedFit):
    """One booster, kept as CatBoost's own; the prior where no column varies, which it refuses."""

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> CatBoostFit:
        """Boost on X (n, d), y (n,) and row weights (n,)."""
        varies = any(_varies(column) for column in X.values.T)
        self.prior_ = None if varies else PriorFit(self.objective).fit(X, y, weight)
        return super().fit(X, y, weight) if varies else self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        return super().predict(X) if self.prior_ is None else self.prior_.predict(X)

    def _boost(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None) -> Booster:
        import catboost

        learner = self.learner
        fixed = {
            "iterations": grown(learner.rounds, len(y)),
            "random_seed": self.seed,
            "thread_count": learner.threads,
            "allow_writing_files": False,
            "verbose": False,
        }
        if self.objective.task == "multiclass":
            fixed["classes_count"] = self._classes
        model = catboost.CatBoost(
            {**learner.parameters(self.objective.of_values, len(y)), **self._loss(), **fixed}
        )
        return model.fit(as_pool(X, y, weight))

    def _loss(self) -> dict[str, Any]:
        """Leaves of a quantile are gradient steps: CatBoost's exact ones ignore row weights.

        A step is at most as long as the smaller share of q and 1 − q, so more are taken there.
        """
        q = self.objective.quantile
        if q is None:
            return {"loss_function": LOSSES[self.objective.task]}
        return {
            "loss_function": f"Quantile:alpha={q!r}",
            "leaf_estimation_method": "Gradient",
            "leaf_estimation_iterations": min(MOST_STEPS, round(0.5 / min(q, 1 - q))),
        }

    def _raw(self, X: Matrix) -> np.ndarray:
        kind = "RawFormulaVal" if self.objective.of_values else "Probability"
        threads = self.learner.threads
        return self.model_.predict(as_pool(X), prediction_type=kind, thread_count=threads)


def as_pool(X: Matrix, y: np.ndarray | None = None, weight: np.ndarray | None = None) -> Pool:
    """CatBoost's Pool of a matrix: numeric columns first, then categorical ones."""
    import catboost

    numeric = [j for j, levels in enumerate(X.levels) if not levels]
    numbers = np.ascontiguousarray(X.values[:, numeric]) if numeric else None
    words = _words(X) if X.categorical else None
    return catboost.Pool(catboost.FeaturesData(numbers, words), y, weight=weight)


def _varies(column: np.ndarray) -> bool:
    """Whether a column holds two values, of which missing is one."""
    missing = np.isnan(column)
    return bool(((column != column[0]) & ~(missing & missing[0])).any())


def _words(X: Matrix) -> np.ndarray:
    """Categorical codes (n, k) as text; missing is a level of its own."""
    codes = X.values[:, X.categorical]
    codes = np.where(np.isnan(codes), -1, codes).astype(np.intp)
    levels = [str(code).encode() for code in range(-1, max(X.levels))]
    return np.array(levels, dtype=object)[codes + 1]


SPECS = (
    ModelSpec(
        "catboost",
        CatBoost(),
        family="boosting",
        recipe="native",
        fidelity="rounds",
        cost=ExpectedCost(3.0, rows=0.8, columns=0.6, outputs=1.1, copies=5),
        value=2.0,
    ),
)
