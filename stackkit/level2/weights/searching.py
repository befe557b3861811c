"""A search on the metric, taken only where inner folds say that it lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stackkit.level2.sampling import in_memory, inner_folds, member_order, sample
from stackkit.level2.weights.fitting import Fitting
from stackkit.level2.weights.scored import Scored
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

Search = Callable[[Scored, np.ndarray, int], np.ndarray]
FEWEST = 10  # rows a fold, below which nothing is searched
ERRORS = 2.0  # standard errors that a gain on inner folds must exceed
BAD = 1e9  # stands for an undefined score
TRIED = 2  # folds, after which a search that has gained nothing is given up


@dataclass(frozen=True)
class Searching:
    """How weights for a metric are searched.

    Parameters
    ----------
    search : (scored rows, start (m,), seed) -> weights (m,). fitting : makes the start.
    objective : with the metric. rows : the most that the search reads. folds : inner folds that
        decide between start and find.
    """

    search: Search
    fitting: Fitting
    objective: Objective
    rows: int
    folds: int

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, seed: int
    ) -> np.ndarray:
        """Weights (m,): what the search finds on a stratified sample, where it lasts and is better
        on all rows; else the start."""
        order = member_order(pool, seed)
        w = np.empty(len(order))
        w[order] = self._ordered(pool.members(order), y, weight, seed)
        return w

    def _ordered(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, seed: int
    ) -> np.ndarray:
        start = self.fitting.weights(pool, y, weight, seed)
        rows = sample(y, self.rows, seed)
        if len(start) == 1 or len(rows) < self.folds * FEWEST:
            return start
        few = in_memory(pool.take(rows))
        part = Scored.of(few, y[rows], None if weight is None else weight[rows], self.objective)
        if not self._lasts(few, part, seed):
            return start
        found = self.search(part, start, seed)
        if len(rows) == len(y):
            return max((start, found), key=part.score)
        return max((start, found), key=lambda w: _score_on_all(pool, y, weight, w, self.objective))

    def _lasts(self, few: Pool, part: Scored, seed: int) -> bool:
        """Whether the gain on rows left out is larger than `ERRORS` standard errors."""
        gains: list[float] = []
        for inside, outside in inner_folds(part.y, self.folds, seed):
            gains.append(self._gain(few.take(inside), part.take(inside), part.take(outside), seed))
            if len(gains) == TRIED and not sum(gains) > 0:
                return False
        return bool(np.mean(gains) > ERRORS * standard_error(gains))

    def _gain(self, few: Pool, fitted: Scored, scored: Scored, seed: int) -> float:
        """What the search adds to the score of other rows; start, find and decisions are fitted on
        those inside."""
        start = self.fitting.weights(few, fitted.y, fitted.weight, seed)
        found = self.search(fitted, start, seed)
        before, after = (_score_elsewhere(fitted, scored, w) for w in (start, found))
        return max(after, -BAD) - before if np.isfinite(before) else 0.0


def standard_error(gains: list[float]) -> float:
    """Of the mean gain over k folds: sqrt((1/k + 1/(k − 1)) · variance).

    The second term is the share of rows left out over those fitted on: fits on overlapping rows
    err alike (Nadeau and Bengio, "Inference for the generalization error", 2003).
    """
    k = len(gains)
    return float(np.sqrt((1 / k + 1 / (k - 1)) * np.var(gains, ddof=1)))


def _score_elsewhere(fitted: Scored, scored: Scored, w: np.ndarray) -> float:
    """On other rows than those that the decision is fitted on."""
    return scored.score_mix(scored.mixed(w[None])[0], fitted.decision(w))


def _score_on_all(
    pool: Pool, y: np.ndarray, weight: np.ndarray | None, w: np.ndarray, objective: Objective
) -> float:
    """On all rows, a block of them at a time."""
    forward = get_space(objective.space).forward
    blocks = [np.tensordot(w, forward(block), axes=1) for block in pool.blocks()]
    return Scored(np.concatenate(blocks)[None], y, weight, objective).score(np.ones(1))
