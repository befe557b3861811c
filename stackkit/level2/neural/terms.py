"""What losses of mixed predictions need of each member: a residual, or the true class's share."""

from __future__ import annotations

import numpy as np

from stackkit.spec import Objective
from stackkit.target_space import TargetSpace

LEAST = 1e-15  # a probability


def terms(members: np.ndarray, y: np.ndarray, space: TargetSpace | None) -> np.ndarray:
    """(n, m) of members (m, n, c) and y (n,), float64.

    In a target's space residuals, whose weighted mean is the residual of the blend; without one
    probabilities of the true class, whose weighted mean is that of the blend.
    """
    if space is not None:
        return (space.forward(members[..., 0]) - space.forward(y)).T
    if members.shape[2] == 1:
        true = np.where(y == 1, members[..., 0], 1 - members[..., 0])
    else:
        true = members[:, np.arange(len(y)), y]
    return np.maximum(true.T.astype(float), LEAST)


def own_losses(
    members: np.ndarray, y: np.ndarray, space: TargetSpace | None, objective: Objective
) -> np.ndarray:
    """(m, n): the surrogate loss of each member on each row."""
    each = terms(members, y, space).T
    if space is None:
        return -np.log(each)
    q = objective.quantile
    return each**2 if q is None else 2 * np.maximum(-q * each, (1 - q) * each)
