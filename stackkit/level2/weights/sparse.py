"""Few members: which to keep, by what each is worth in a quadratic model of the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.newton import Penalised, minimise
from stackkit.level2.weights.programme import minimise_quadratic

ZERO = 1e-12  # a weight below it is none
GAIN = 1e-9  # of the model, below which no step is made
STEPS = 20  # of the search among neighbours


def sparse_weights(
    loss: Penalised, feasible: Feasible, dense: np.ndarray, models: int | None, least: float
) -> np.ndarray:
    """Weights (m,) of at most `models` members, each of at least `least`.

    From the dense optimum members are left out one at a time, the cheapest first; then one is
    dropped, added or exchanged while that pays in the quadratic model of the loss at the dense
    optimum. The loss itself is minimised over the members kept.
    """
    most = len(dense) if models is None else min(models, len(dense))
    if _obeys(dense, most, least):
        return dense
    at = loss(dense)
    model = _Model(at.hessian, at.gradient - at.hessian @ dense, feasible, least)
    support = model.improved(model.reduced(dense, most), most)
    start = np.where(support, np.maximum(dense, max(least, ZERO)), 0.0)
    return minimise(loss, feasible.supported(support, least), start / start.sum())


def _obeys(w: np.ndarray, models: int, least: float) -> bool:
    used = w[w > ZERO]
    return len(used) <= models and bool((used >= least).all())


@dataclass(frozen=True)
class _Model:
    """w'Hw/2 + c'w over feasible weights, each of at least `least` where it is used."""

    hessian: np.ndarray
    linear: np.ndarray
    feasible: Feasible
    least: float

    def reduced(self, dense: np.ndarray, models: int) -> np.ndarray:
        """Members (m,) bool that stay after backward elimination.

        Those that bounds or caps need stay in any case.
        """
        w, needed = dense, self.feasible.lower > 0
        support = self._cut(self.feasible.upper > 0, w, models)
        while not _obeys(w, models, self.least):
            small = support & ~needed
            small &= (w < self.least) if (w > ZERO).sum() <= models else True
            tried = (self._without(support, i, models) for i in self._by_cost(small, w, support))
            shrunk = next((found for found in tried if found is not None), None)
            if shrunk is None:
                break
            w, support = shrunk
        return support & (w > ZERO) if _obeys(w, models, 0.0) else support

    def _by_cost(self, candidates: np.ndarray, w: np.ndarray, support: np.ndarray) -> np.ndarray:
        """Candidates (positions), the cheapest to leave out first.

        The model grows by w_i^2 / (2 [K^-1]_ii) without a member, with K the Hessian of those left,
        bordered by their sum (Hassibi and Stork, "Optimal brain surgeon", 1993).
        """
        inside = np.flatnonzero(support)
        bordered = np.ones((len(inside) + 1, len(inside) + 1))
        bordered[:-1, :-1], bordered[-1, -1] = self.hessian[np.ix_(inside, inside)], 0.0
        cost = np.full(len(w), np.inf)
        spread = np.maximum(np.diag(np.linalg.inv(bordered))[:-1], np.finfo(float).tiny)
        cost[inside] = w[inside] ** 2 / spread
        order = np.argsort(cost, kind="stable")
        return order[candidates[order]]

    def _without(
        self, support: np.ndarray, i: int, models: int
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Weights and support without one member more; None where no `models` of it suffice."""
        kept = support & (np.arange(len(support)) != i)
        if self.feasible.fewest(kept) > models:
            return None
        try:
            shrunk = self.feasible.supported(kept, 0.0)
        except ModelError:
            return None
        w = minimise_quadratic(self.hessian, self.linear, shrunk)[0]
        return w, self._cut(kept, w, models)

    def _cut(self, support: np.ndarray, w: np.ndarray, models: int) -> np.ndarray:
        """The support without members of weight 0, where `models` of the others suffice."""
        used = support & (w > ZERO)
        return used if self.feasible.fewest(used) <= models else support

    def improved(self, support: np.ndarray, models: int) -> np.ndarray:
        """Members (m,) bool after steps to the best neighbour, while one is better."""
        value = self._value(support)
        for _ in range(STEPS):
            tried = [(self._value(other), other) for other in self._neighbours(support, models)]
            least, best = min(tried, key=lambda pair: pair[0], default=(np.inf, support))
            if not least < value - GAIN:
                break
            value, support = least, best
        return support

    def _neighbours(self, support: np.ndarray, models: int) -> Iterator[np.ndarray]:
        """Supports with one member less, one more, or one in place of another."""
        free = self.feasible.lower == 0
        drops = [()] if support.sum() < models else []
        drops += [(i,) for i in np.flatnonzero(support & free)]
        for drop in drops:
            for add in [(), *((j,) for j in np.flatnonzero(~support & (self.feasible.upper > 0)))]:
                other = support.copy()
                other[list(drop)] = False
                other[list(add)] = True
                if drop or add:
                    yield other

    def _value(self, support: np.ndarray) -> float:
        """The least of the model over a support; infinite where nothing is feasible."""
        try:
            shrunk = self.feasible.supported(support, self.least)
        except ModelError:
            return np.inf
        w = minimise_quadratic(self.hessian, self.linear, shrunk)[0]
        return float(w @ self.hessian @ w / 2 + self.linear @ w)
