"""Weights on the simplex that minimise a loss, with a quadratic pull to equal weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]
CLIP = 1e-15
ROUNDED = 0.01  # share of the mean error within which the kink of a pinball loss is rounded


@dataclass(frozen=True)
class Simplex(Weigher):
    """Non-negative weights that sum to 1, of least surrogate loss plus `pull` · m · |w − 1/m|².

    The loss is relative to that of equal weights, so a pull has the same meaning on every target.
    Breiman, "Stacked regressions" (1996), has the constraint; the pull shrinks towards the mean.

    Parameters
    ----------
    pulls : strengths, one of them chosen by inner folds of the rows that it is fitted on.
    inner_folds : how many.
    """

    kind: ClassVar[str] = "simplex"
    pulls: tuple[float, ...] = (0.001, 0.01, 0.1, 1.0)
    inner_folds: int = 5

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """The weights (m,) at the pull that inner folds prefer."""
        members = pool.matrix()
        weight = np.ones(len(y)) if weight is None else weight
        terms = loss_terms(members, y, objective)
        if len(members) == 1:
            return np.ones(1)
        pull = self._choose_pull(terms, weight, seed)
        return solve(terms.loss(slice(None), weight), len(members), pull)

    def _choose_pull(self, terms: Terms, weight: np.ndarray, seed: int) -> float:
        if len(self.pulls) == 1 or len(weight) < 2 * self.inner_folds:
            return max(self.pulls)
        fold = np.random.default_rng(seed).permutation(len(weight)) % self.inner_folds
        total = np.zeros(len(self.pulls))
        for k in range(self.inner_folds):
            inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            fitted, scored = (
                terms.loss(inside, weight[inside]),
                terms.loss(outside, weight[outside]),
            )
            found = [solve(fitted, terms.members, pull) for pull in self.pulls]
            total += np.array([scored(w)[0] for w in found]) * weight[outside].sum()
        return self.pulls[int(np.argmin(total))]


@dataclass(frozen=True)
class Terms:
    """What the surrogate needs of each row: (n, m) float64.

    "squared": residuals zᵢ − y in the objective's space, so that the loss is the mean of (R w)².
    "pinball": the same residuals, the loss is that of R w at `quantile`, its kink rounded.
    "logloss": each member's probability of the true class, the loss is the mean of −log(Q w).
    """

    values: np.ndarray
    surrogate: str
    quantile: float | None = None

    @property
    def members(self) -> int:
        """How many."""
        return self.values.shape[1]

    def loss(self, rows: np.ndarray | slice, weight: np.ndarray) -> Loss:
        """The weighted mean loss of weights (m,) on some rows, with its gradient."""
        values, share = self.values[rows], weight / weight.sum()
        if self.surrogate == "squared":
            gram = values.T @ (values * share[:, None])
            return lambda w: (float(w @ gram @ w), 2 * gram @ w)
        if self.quantile is not None:
            return partial(_pinball, values, share, self.quantile, self._width)
        return lambda w: _log_loss(values, share, w)

    @property
    def _width(self) -> float:
        """Half the width of the rounded kink, the same for any of the rows."""
        return max(ROUNDED * float(np.abs(self.values.mean(axis=1)).mean()), CLIP)


def loss_terms(members: np.ndarray, y: np.ndarray, objective: Objective) -> Terms:
    """The terms of members (m, n, c) and y (n,)."""
    if objective.output == "value":
        space = get_space(objective.space)
        residuals = space.forward(members[..., 0]) - space.forward(np.asarray(y, dtype=float))
        kind = "squared" if objective.quantile is None else "pinball"
        return Terms(residuals.T, kind, objective.quantile)
    if members.shape[2] == 1:
        true = np.where(y == 1, members[..., 0], 1 - members[..., 0])
    else:
        true = members[:, np.arange(len(y)), y]
    return Terms(np.maximum(true.T.astype(np.float64), CLIP), "logloss")


def _pinball(
    residuals: np.ndarray, share: np.ndarray, q: float, width: float, w: np.ndarray
) -> tuple[float, np.ndarray]:
    """The mean of |r| / 2 − (q − 1/2) r of r = R w, a parabola within `width` of 0."""
    r = residuals @ w
    size = np.where(np.abs(r) > width, np.abs(r), r**2 / (2 * width) + width / 2)
    slope = np.clip(r / width, -1, 1) / 2 - (q - 0.5)
    return float(share @ (size / 2 - (q - 0.5) * r)), residuals.T @ (share * slope)


def _log_loss(values: np.ndarray, share: np.ndarray, w: np.ndarray) -> tuple[float, np.ndarray]:
    mixed = np.maximum(values @ w, CLIP)
    return float(-(share @ np.log(mixed))), -(values.T @ (share / mixed))


def solve(loss: Loss, members: int, pull: float) -> np.ndarray:
    """The weights (m,) of least loss plus pull, by sequential quadratic programming (SLSQP)."""
    from scipy.optimize import minimize

    equal = np.full(members, 1 / members)
    scale = max(abs(loss(equal)[0]), 1e-12)

    def penalised(w: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss(w)
        away = w - equal
        return (
            value / scale + pull * members * float(away @ away),
            gradient / scale + 2 * pull * members * away,
        )

    found = minimize(
        penalised, equal, jac=True, method="SLSQP", bounds=[(0.0, 1.0)] * members,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-12, "maxiter": 500},
    )  # fmt: skip
    weights = np.clip(found.x, 0.0, None)
    return weights / weights.sum()
