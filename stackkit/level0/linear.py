"""Linear models: least squares for values, logistic regression for classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.level0.rows import Rows, deal, rows_of, sample, sample_classes
from stackkit.level0.sparse import (
    Path,
    Penalty,
    classes_path,
    left_out_losses,
    log_losses,
    probabilities,
    steepest,
    values_path,
)
from stackkit.linear import fit_logistic, fit_ridge, left_out_residuals
from stackkit.metrics import weighted_quantile
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import MARGIN, target_space

LEAST_ROWS = 1000  # that choose a penalty, where there are as many


@dataclass(frozen=True)
class Linear(BaseLearner):
    """Ridge or logistic regression whose penalty is chosen inside the training part.

    `penalties` are a row: ridge has alpha = penalty · n, chosen by leave-one-out error, and the
    logistic regression C = 1 / (penalty · n), chosen by inner folds.
    """

    kind: ClassVar[str] = "linear"
    version: ClassVar[int] = 2
    penalties: tuple[float, ...] = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)

    def build(self, objective: Objective, seed: int) -> RidgeFit | LogisticFit:
        """An unfitted estimator of the objective's task."""
        if objective.task == "regression":
            return RidgeFit(self, objective)
        return LogisticFit(self, objective, seed)


@dataclass
class RidgeFit:
    """Ridge regression in the objective's space.

    Quantiles are its mean moved by that quantile of the leave-one-out residuals.
    """

    learner: Linear
    objective: Objective

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> RidgeFit:
        """Fit with the penalty of least leave-one-out error."""
        rows = rows_of(X, y, weight)
        self.space_ = target_space(rows.y, self.objective.space, MARGIN)
        alphas = [penalty * len(rows) for penalty in self.learner.penalties]
        z = self.space_.forward(rows.y)
        self.model_ = fit_ridge(rows.values, z, alphas, rows.weight)
        if self.objective.quantile is not None:
            away = left_out_residuals(self.model_, rows.values, z, rows.weight)
            shift = weighted_quantile(away, self.objective.quantile, rows.weight)
            self.model_.intercept_ += shift
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Values (n, 1)."""
        return self.space_.inverse(self.model_.predict(X.values.astype(np.float64)))


@dataclass
class LogisticFit:
    """Multinomial logistic regression."""

    learner: Linear
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> LogisticFit:
        """Fit with the penalty that inner folds prefer."""
        rows = rows_of(X, y, weight)
        strengths = [1 / (penalty * len(rows)) for penalty in self.learner.penalties]
        self.model_ = fit_logistic(rows.values, rows.y, strengths, rows.weight, self.seed)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        return as_columns(self.model_.predict_proba(X.values.astype(np.float64)))


@dataclass(frozen=True)
class ElasticNet(BaseLearner):
    """Linear model with a penalty on absolute and squared coefficients (Zou and Hastie, 2005).

    With l1_ratio 1 it is the lasso (Tibshirani, 1996), which leaves columns out. Strength and ratio
    are those of least loss of rows that inner folds leave out. Where rows · columns · outputs
    exceed `sample_cells`, a sample of the rows chooses, and the strength falls with the square root
    of the rows as the noise does that it holds down.

    Parameters
    ----------
    l1_ratios : shares (0, 1] of the absolute penalty of which the choice is made.
    steps : strengths tried for each.
    smallest : the least strength as a share of the one that makes all coefficients zero.
    inner_folds : folds of the choice.
    sample_cells : the size of the data above which a sample chooses.
    """

    kind: ClassVar[str] = "elastic-net"
    l1_ratios: tuple[float, ...] = (0.1, 0.5)
    steps: int = 12
    smallest: float = 3e-4
    inner_folds: int = 3
    sample_cells: int = 400_000

    def build(self, objective: Objective, seed: int) -> SparseValuesFit | SparseClassesFit:
        """An unfitted estimator of the objective's task."""
        if objective.output == "value":
            return SparseValuesFit(self, objective, seed)
        return SparseClassesFit(self, len(objective.classes), seed)

    def few(self, rows: int, width: int) -> int:
        """The number of rows that choose, of data of `width` columns times outputs."""
        return min(rows, max(LEAST_ROWS, self.sample_cells // width))

    def strengths(self, steepest: float, l1_ratio: float) -> np.ndarray:
        """Falling strengths, given the steepest slope of the loss at zero."""
        return np.geomspace(steepest / l1_ratio, steepest * self.smallest, self.steps)


@dataclass
class SparseValuesFit:
    """Least squares in the objective's space.

    Quantiles are its mean moved by that quantile of the residuals of rows that inner folds leave
    out.
    """

    learner: ElasticNet
    objective: Objective
    seed: int
    shift_: float = field(default=0.0, init=False)

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> SparseValuesFit:
        """Fit with the penalty that inner folds prefer."""
        rows = rows_of(X, y, weight)
        self.space_ = target_space(rows.y, self.objective.space, MARGIN)
        rows = Rows(rows.values, self.space_.forward(rows.y), rows.weight)
        few = self.learner.few(*rows.values.shape)
        some = rows.take(sample(len(rows), few, self.seed))
        folds = deal(np.zeros(len(some), np.int64), self.learner.inner_folds, self.seed)
        steep = steepest(some, some.y[:, None])
        penalty = choose_penalty(self.learner, steep, some, folds, values_path, _squares)
        self.path_ = values_path(rows, penalty.for_rows(len(some), len(rows)))
        if self.objective.quantile is not None:
            self.shift_ = self._shift(some, folds, penalty)
        return self

    def _shift(self, some: Rows, folds: np.ndarray, penalty: Penalty) -> float:
        away = some.y.copy()
        for k in np.unique(folds):
            out = folds == k
            away[out] -= values_path(some.take(~out), penalty).scores(some.values[out])[0, :, 0]
        return weighted_quantile(away, self.objective.quantile, some.weight)

    def predict(self, X: Matrix) -> np.ndarray:
        """Values (n, 1)."""
        made = self.path_.scores(np.asarray(X, np.float64))[0, :, 0]
        return self.space_.inverse(made + self.shift_)


@dataclass
class SparseClassesFit:
    """Multinomial logistic regression."""

    learner: ElasticNet
    classes: int
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> SparseClassesFit:
        """Fit with the penalty that inner folds prefer."""
        rows = rows_of(X, y, weight)
        few = self.learner.few(len(rows), rows.values.shape[1] * self.classes)
        some = rows.take(sample_classes(rows.y, few, self.seed))
        folds = deal(some.y, self.learner.inner_folds, self.seed)
        steep = steepest(some, np.eye(self.classes)[some.y])
        penalty = choose_penalty(self.learner, steep, some, folds, self._path, log_losses)
        self.path_ = self._path(rows, penalty.for_rows(len(some), len(rows)))
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        return as_columns(probabilities(self.path_.scores(np.asarray(X, np.float64))[0]))

    def _path(self, rows: Rows, penalty: Penalty) -> Path:
        return classes_path(rows, self.classes, penalty)


def choose_penalty(
    learner: ElasticNet,
    steep: float,
    rows: Rows,
    folds: np.ndarray,
    path: Callable[[Rows, Penalty], Path],
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Penalty:
    """The penalty of least mean loss of rows left out by folds (n,), for a loss(scores, y)."""
    tried = [Penalty(learner.strengths(steep, ratio), ratio) for ratio in learner.l1_ratios]
    losses = [left_out_losses(rows, folds, penalty, path, loss) for penalty in tried]
    best = int(np.argmin([each.min() for each in losses]))
    return tried[best].at(int(losses[best].argmin()))


def _squares(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (scores[:, 0] - y) ** 2


_COST = ExpectedCost(0.3, columns=0.6, outputs=0.8, copies=5)
_SPARSE = ExpectedCost(0.2, columns=0.6, outputs=0.8, copies=5)
SPECS = (
    ModelSpec("ridge", Linear(), family="linear", recipe="linear", cost=_COST),
    ModelSpec(
        "lasso", ElasticNet((1.0,)), family="linear", recipe="linear", cost=_SPARSE, value=0.4
    ),
    ModelSpec(
        "elastic_net",
        ElasticNet(),
        family="linear",
        recipe="linear",
        cost=_SPARSE.scaled(2),
        value=0.4,
    ),
)
