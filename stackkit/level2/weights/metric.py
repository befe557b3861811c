"""Weights that optimise the metric itself, and the evolutionary search for any metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.level2.weights.descended import descended
from stackkit.level2.weights.evolved import evolved
from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.fitting import Fitting
from stackkit.level2.weights.ranked import ranked
from stackkit.level2.weights.searching import Search, Searching
from stackkit.level2.weights.simplex import PULLS
from stackkit.level2.weights.terms import Kind
from stackkit.metrics import Metric
from stackkit.predictions import Pool
from stackkit.spec import Objective, check_ranges

EXACT = {  # built-in metrics that a smooth loss has for its own, by the part before an @
    "logloss": "logloss", "brier": "brier", "rmse": "squared", "rmsle": "squared",
    "r2": "squared", "mae": "quantile", "pinball": "quantile",
}  # fmt: skip


@dataclass(frozen=True)
class MetricWeights(Weigher):
    """Weights on the simplex for the competition's metric.

    Metrics with a smooth loss of their own (log-loss, Brier, RMSE, RMSLE, R², MAE, pinball) are
    minimised exactly, as `Simplex` does. Others are searched from the weights of `Simplex`: metrics
    of order (AUC, average precision, Gini) by a logistic loss of pairs and exchanges on the exact
    metric; custom metrics with row losses and gradient by descent; step metrics (accuracy, F1,
    kappa, MAP@k, custom ones) by CMA-ES. Labels come from decisions, refitted inside the search, so
    that weights need not act as thresholds.

    What is found is taken where it beats the start on inner folds by more than two standard errors.
    The evidence asks for that: over 71 data sets and AutoGluon's pools greedy selection, CMA-ES and
    simplex weights differ by about .0005 AUC, and CMA-ES without normalisation overfits AUC; its
    large gain in balanced accuracy (+.03) is that of tuned thresholds (Purucker and Beel, 2023).

    Parameters
    ----------
    pulls, inner_folds : as of `Simplex`.
    rows : the most that a search reads, a stratified sample; the end is scored on all rows.
    folds : inner folds that decide between what is found and the start.
    """

    kind: ClassVar[str] = "metric-weights"
    reads_metric: ClassVar[bool] = True
    pulls: tuple[float, ...] = PULLS
    inner_folds: int = 5
    rows: int = 20_000
    folds: int = 5

    def __post_init__(self) -> None:
        check_searched(self)

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """The weights (m,)."""
        exact = exact_kind(objective)
        kind = Kind.surrogate(objective) if exact is None else exact
        fitting = Fitting(kind, Feasible.simplex(len(pool.names)), self.pulls, self.inner_folds)
        if exact is not None:
            return fitting.weights(pool, y, weight, seed)
        search = search_for(objective.metric)
        return Searching(search, fitting, objective, self.rows, self.folds).weights(
            pool, y, weight, seed
        )


@dataclass(frozen=True)
class Evolved(Weigher):
    """Weights on the simplex by CMA-ES on the metric, whatever it is, from those of `Simplex`.

    Softmax and trimming, as Purucker and Beel (2023) found to repair its overfitting; a decision is
    refitted each generation where the metric reads labels. Taken where it beats the start on inner
    folds by more than two standard errors.

    Parameters
    ----------
    pulls, inner_folds : of the start, as of `Simplex`.
    rows : the most that the search reads, a stratified sample; the end is scored on all rows.
    folds : inner folds that decide between what is found and the start.
    """

    kind: ClassVar[str] = "cma"
    reads_metric: ClassVar[bool] = True
    pulls: tuple[float, ...] = PULLS
    inner_folds: int = 5
    rows: int = 20_000
    folds: int = 5

    def __post_init__(self) -> None:
        check_searched(self)

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """The weights (m,)."""
        kind, feasible = Kind.surrogate(objective), Feasible.simplex(len(pool.names))
        fitting = Fitting(kind, feasible, self.pulls, self.inner_folds)
        searching = Searching(evolved, fitting, objective, self.rows, self.folds)
        return searching.weights(pool, y, weight, seed)


def check_searched(learner: MetricWeights | Evolved) -> None:
    """ModelError where a number of theirs is out of its range."""
    folds, rows = (2, np.inf), (1, np.inf)
    ranges = {"pulls": (0, np.inf), "inner_folds": folds, "folds": folds, "rows": rows}
    check_ranges(learner, ranges)


def exact_kind(objective: Objective) -> Kind | None:
    """The smooth loss that is the metric itself, or None."""
    metric = objective.metric
    name = EXACT.get(metric.name.partition("@")[0]) if metric.code is None else None
    return None if name is None else Kind(name, objective.space, objective.quantile)


def search_for(metric: Metric) -> Search:
    """How weights for a metric without a smooth loss of its own are searched."""
    if metric.ranks:
        return ranked
    if metric.row_loss is not None and metric.gradient is not None:
        return descended
    return evolved
