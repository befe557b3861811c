"""The mean of ranks: for metrics that read the order of predictions only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.metrics import get_space
from stackkit.predictions import Pool, rows_to_fit
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective


@dataclass(frozen=True)
class RankMean(BaseLearner):
    """The mean over members of each prediction's rank among the fit rows, in [0, 1].

    The ranks are the members' distribution functions on the fit rows, so that one new row is
    predicted as it would be in a batch.
    """

    kind: ClassVar[str] = "rank-mean"
    test_from: ClassVar[str] = "full"
    needs_features: ClassVar[bool] = False

    def build(self, objective: Objective, seed: int) -> RankMeanFit:
        """An unfitted estimator."""
        return RankMeanFit(objective)


@dataclass
class RankMeanFit:
    """Holds the sorted predictions of each member."""

    objective: Objective

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> RankMeanFit:
        """Learn each member's ranks on the rows of X whose weight is positive."""
        used = X.take(rows_to_fit(X, weight))
        self.names_ = X.names
        self.spaces_ = [get_space("rank").fit(member) for member in used.matrix()]
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Mean ranks (n, c); renormalised over classes where there are several."""
        members = zip(self.spaces_, X.matched(self.names_).matrix(), strict=True)
        mean = sum(space.forward(member) for space, member in members) / len(self.spaces_)
        if mean.shape[1] == 1:
            return mean
        total = mean.sum(axis=1, keepdims=True)
        return np.where(total > 0, mean / np.where(total > 0, total, 1), 1 / mean.shape[1])


SPECS: tuple[ModelSpec, ...] = (
    ModelSpec("rank_mean", RankMean(), family="mean", recipe=None, role="blend",
              tasks=("binary", "multiclass"), needs_ranks=True, cost=ExpectedCost(0.05)),
)  # fmt: skip
