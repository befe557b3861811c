"""Terms of a surrogate as one matrix, for learners that hold all rows in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.level2.weights.simplex import Simplex
from stackkit.metrics import get_space
from stackkit.spec import Objective

CLIP = 1e-15


@dataclass(frozen=True)
class Terms:
    """What the surrogate needs of each row: (n, m) float64.

    "squared": residuals zᵢ − y in the objective's space, so that the loss is the mean of (R w)².
    "pinball": the same residuals, the loss is that of R w at `quantile`.
    "logloss": each member's probability of the true class, the loss is the mean of −log(Q w).
    """

    values: np.ndarray
    surrogate: str
    quantile: float | None = None


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


__all__ = ["Simplex", "Terms", "loss_terms"]
