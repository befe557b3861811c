"""Terms of a surrogate as one matrix, for learners that hold all rows in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from stackkit.level2.weights.simplex import Simplex
from stackkit.metrics import get_space
from stackkit.spec import Objective

__all__ = ["Simplex", "Terms", "loss_terms"]

Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]
CLIP = 1e-15
ROUNDED = 0.01  # share of the mean error within which the kink of a pinball loss is rounded


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
