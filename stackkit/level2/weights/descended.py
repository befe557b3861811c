"""Weights for a metric that gives its own row losses and their gradient."""

from __future__ import annotations

import numpy as np

from stackkit.level2.blend import finished
from stackkit.level2.weights.scored import Scored

STEPS = 200


def descended(scored: Scored, start: np.ndarray, seed: int) -> np.ndarray:
    """Weights (m,) of least mean row loss, by SLSQP (Kraft, 1988) from `start`."""
    from scipy.optimize import minimize

    m = len(start)
    scale = max(abs(mean_loss(scored, start)[0]), 1e-12)

    def relative(w: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = mean_loss(scored, w)
        return value / scale, gradient / scale

    found = minimize(
        relative, start, jac=True, method="SLSQP", bounds=[(0.0, 1.0)] * m,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-12, "maxiter": STEPS},
    )  # fmt: skip
    w = np.clip(found.x, 0.0, None)
    return max((start, w / w.sum()), key=lambda w: -mean_loss(scored, w)[0])


def mean_loss(scored: Scored, w: np.ndarray) -> tuple[float, np.ndarray]:
    """The metric's mean row loss at weights (m,) and its gradient (m,)."""
    goal, metric = scored.objective, scored.objective.metric
    share = np.ones(len(scored.y)) if scored.weight is None else scored.weight
    share = share / share.sum()
    p = finished(np.tensordot(w, scored.members, axes=1), goal)
    slope = metric.gradient(scored.y, p) * share[:, None]
    if goal.space == "log1p":
        slope = slope * (1 + p)  # d expm1(z) / dz
    gradient = scored.members.reshape(len(w), -1) @ slope.ravel()
    return float(share @ metric.row_loss(scored.y, p)), gradient
