"""K nearest neighbours in prediction space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level1.fitted import MetaFit, part, quantile_shift
from stackkit.meta_features.nearest import points_of
from stackkit.meta_features.rows import Rows
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective


@dataclass(frozen=True)
class Neighbors(BaseLearner):
    """The mean target of the rows that the members predict most alike.

    Rows are as far apart as their predictions (probabilities; values in the objective's space,
    standardised by the target). Rows predicted alike by all members are one point, so that no tie
    is ever cut. Under a quantile, values are moved by that quantile of the left-out residuals.

    Parameters
    ----------
    counts : numbers of neighbours, one of them chosen by leave-one-out on the fit rows.
    prior_votes : rows that the mean of all counts for.
    most_rows : rows that are kept, a random sample of more.
    """

    kind: ClassVar[str] = "knn-meta"
    needs_features: ClassVar[bool] = False
    counts: tuple[int, ...] = (10, 30, 100)
    prior_votes: float = 1.0
    most_rows: int = 20_000

    def build(self, objective: Objective, seed: int) -> NeighborsFit:
        """An unfitted estimator."""
        return NeighborsFit(self, objective, seed)


class NeighborsFit(MetaFit):
    """`points_` are the rows kept, `count_` the number of neighbours chosen."""

    def _fit(self, rows: Rows) -> None:
        most = self.learner.most_rows
        if len(rows) > most:
            chosen = np.random.default_rng(self.seed).choice(len(rows), most, replace=False)
            rows = part(rows, np.sort(chosen))
        targets, votes, counts = rows.targets, self.learner.prior_votes, self.learner.counts
        self.points_ = points_of(self._places(rows.pool), targets, rows.weight)
        made = self.points_.left_out_means(targets, rows.weight, tuple(counts), votes)
        best = int(np.argmin([rows.weight @ self._losses(targets, m) for m in made]))
        self.count_ = counts[best]
        self.shift_ = quantile_shift(rows, targets[:, 0] - made[best][:, 0])

    def _predict(self, pool: Pool) -> np.ndarray:
        votes = self.learner.prior_votes
        made = self.points_.means(self._places(pool), (self.count_,), votes)[0]
        return made if self.space_ is None else made[:, 0] + self.shift_

    def _losses(self, targets: np.ndarray, made: np.ndarray) -> np.ndarray:
        if self.space_ is not None:
            return ((targets - made) ** 2).sum(axis=1)
        return -np.log(np.maximum((targets * made).sum(axis=1), 1e-15))

    def _places(self, pool: Pool) -> np.ndarray:
        """(n, m · c) float64."""
        members = pool.matrix().astype(np.float64)
        if self.space_ is not None:
            members = self.space_.forward(members)
        return np.hstack(list(members))
