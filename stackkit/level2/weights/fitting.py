"""Weights of least loss with the pull that inner folds prefer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.level2.sampling import in_memory, inner_folds, sample
from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.newton import Penalised, minimise
from stackkit.level2.weights.sparse import sparse_weights
from stackkit.level2.weights.terms import Kind
from stackkit.predictions import Pool

ROWS = 50_000  # that the choice of the pull reads


@dataclass(frozen=True)
class Fitting:
    """How weights are fitted: what is minimised, where, and how sparse.

    Parameters
    ----------
    kind : the loss. feasible : the weights that may be. pulls : strengths of the pull to equal
        weights, one of which `inner_folds` folds choose. models : the most members used, None for
        all. least : the smallest weight of a member that is used.
    """

    kind: Kind
    feasible: Feasible
    pulls: tuple[float, ...]
    inner_folds: int
    models: int | None = None
    least: float = 0.0

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, seed: int
    ) -> np.ndarray:
        """Weights (m,) on rows of positive weight; zeros where a member is not used."""
        if self.feasible.members == 1:
            return np.ones(1)
        pull, start = self._choose(pool, y, weight, seed)
        w = self.at_pull(pool, y, weight, pull, start)
        return w / w.sum()

    def at_pull(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, pull: float,
        start: np.ndarray | None = None,
    ) -> np.ndarray:  # fmt: skip
        """The weights under one pull, from all rows."""
        terms = self.kind.terms(pool, y, weight)
        loss = Penalised.of(self.kind.loss(terms), terms.members, pull)
        dense = minimise(loss, self.feasible, start)
        if self.models is None and not self.least:
            return dense
        return sparse_weights(loss, self.feasible, dense, self.models, self.least)

    def _choose(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, seed: int
    ) -> tuple[float, np.ndarray | None]:
        """The pull whose dense weights have the least loss on rows left out, and such weights.

        Below two rows a fold there is nothing to choose by: the largest.
        """
        if len(self.pulls) == 1 or len(y) < 2 * self.inner_folds:
            return max(self.pulls), None
        rows = sample(y, ROWS, seed)
        few, y = in_memory(pool.take(rows)), y[rows]
        shares = np.ones(len(y)) if weight is None else weight[rows]
        terms = self.kind.terms(few, y, shares)
        order = sorted(self.pulls, reverse=True)
        total, found = np.zeros(len(order)), {}
        for inside, outside in inner_folds(y, self.inner_folds, seed):
            fitted = self.kind.loss(terms.take(inside))
            scored = self.kind.loss(terms.take(outside))
            loss, start = Penalised.of(fitted, terms.members, 0.0), None
            for i, pull in enumerate(order):
                start = minimise(loss.pulled(pull), self.feasible, start)
                found[pull] = start
                total[i] += scored.value(start) * shares[outside].sum()
        best = order[int(np.argmin(total))]
        return best, found[best]
