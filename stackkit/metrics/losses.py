"""Row losses and their gradients: what the metrics that decompose are means of.

Data format: y (n,), p (n, c), row losses (n,) float64 (lower is better), gradients (n, c) float64:
the derivative of row i's loss with respect to p[i].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError

Array = NDArray[Any]
CLIP = 1e-15


def column(p: Array) -> Array:
    """The one column of (n, 1) predictions as (n,) float64."""
    p = np.asarray(p, dtype=np.float64)
    if p.ndim == 2 and p.shape[1] == 1:
        return p[:, 0]
    if p.ndim == 1:
        return p
    raise MetricError("predictions must have one column here", f"shape {p.shape}")


def log_losses(y: Array, p: Array) -> Array:
    """-log of the probability of each row's own class; clipped at 1e-15, then renormalised."""
    q = np.clip(np.asarray(p, dtype=np.float64).reshape(len(p), -1), CLIP, 1 - CLIP)
    if q.shape[1] == 1:
        return -np.log(np.where(np.asarray(y) == 1, q[:, 0], 1 - q[:, 0]))
    own = q[np.arange(len(q)), np.asarray(y, dtype=np.intp)]
    return np.log(q.sum(axis=1)) - np.log(own)


def log_loss_gradient(y: Array, p: Array) -> Array:
    """Derivative of `log_losses`, taken at the clipped probabilities.

    c = 1: (p - y) / (p (1 - p)). c = C: 1 / sum(p) - [j = y] / p_y. The clip would make it 0
    outside [1e-15, 1 - 1e-15]; the value at the border is given instead, so that descent can leave.
    """
    q = np.clip(np.asarray(p, dtype=np.float64).reshape(len(p), -1), CLIP, 1 - CLIP)
    if q.shape[1] == 1:
        return np.where(np.asarray(y)[:, None] == 1, -1 / q, 1 / (1 - q))
    gradient = np.repeat(1 / q.sum(axis=1, keepdims=True), q.shape[1], axis=1)
    rows, own = np.arange(len(q)), np.asarray(y, dtype=np.intp)
    gradient[rows, own] -= 1 / q[rows, own]
    return gradient


def brier_losses(y: Array, p: Array) -> Array:
    """(p - y)^2 of one column; the sum over classes of (p - [class is y])^2 of several."""
    return (_from_truth(y, p) ** 2).sum(axis=1)


def brier_gradient(y: Array, p: Array) -> Array:
    """2 (p - y), or 2 (p - [class is y])."""
    return 2 * _from_truth(y, p)


def _from_truth(y: Array, p: Array) -> Array:
    """Probabilities (n, c) less what they should have been."""
    away = np.array(p, dtype=np.float64).reshape(len(p), -1)
    if away.shape[1] == 1:
        return away - np.asarray(y)[:, None]
    away[np.arange(len(away)), np.asarray(y, dtype=np.intp)] -= 1
    return away


def squared_error(y: Array, p: Array) -> Array:
    """(p - y)^2."""
    return (column(p) - y) ** 2


def squared_error_gradient(y: Array, p: Array) -> Array:
    """2 (p - y)."""
    return 2 * (column(p) - y)[:, None]


def squared_log_error(y: Array, p: Array) -> Array:
    """(log(1 + max(p, 0)) - log(1 + y))^2; targets below 0 are a MetricError."""
    return (np.log1p(np.maximum(column(p), 0)) - _log_target(y)) ** 2


def squared_log_error_gradient(y: Array, p: Array) -> Array:
    """2 (log(1 + p) - log(1 + y)) / (1 + p); 0 where p < 0, where the loss is flat."""
    values = column(p)
    kept = np.maximum(values, 0)
    slope = 2 * (np.log1p(kept) - _log_target(y)) / (1 + kept)
    return np.where(values < 0, 0.0, slope)[:, None]


def absolute_error(y: Array, p: Array) -> Array:
    """|p - y|."""
    return np.abs(column(p) - y)


def absolute_error_gradient(y: Array, p: Array) -> Array:
    """sign(p - y); 0 where they are equal."""
    return np.sign(column(p) - y)[:, None]


def _log_target(y: Array) -> Array:
    y = np.asarray(y, dtype=np.float64)
    if len(y) and y.min() < 0:
        hint = "choose rmse or mae, or shift the target"
        raise MetricError("squared log error needs targets of at least 0", y.min(), hint)
    return np.log1p(y)
