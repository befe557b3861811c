"""Errors relative to the size of the target, and their gradients.

Data format: y (n,), p (n, 1), row losses (n,) float64, gradients (n, 1) float64. Both scales are
those that Kaggle's leaderboards show: mape is a fraction, smape runs from 0 to 200.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError
from stackkit.metrics.kernels import weighted_mean
from stackkit.metrics.losses import column

Array = NDArray[Any]


def mape(y: Array, p: Array, weight: Array | None = None) -> float:
    """Mean of |p - y| / |y|, a fraction; MetricError where a target is 0: nothing divides by it."""
    return weighted_mean(relative_error(y, p), weight)


def smape(y: Array, p: Array, weight: Array | None = None) -> float:
    """Mean of 200 |p - y| / (|y| + |p|), 0 where both are 0; from 0 to 200.

    A target of 0 costs 200 for any prediction but 0 (Armstrong, "Long-Range Forecasting", 1985).
    """
    return weighted_mean(symmetric_error(y, p), weight)


def relative_error(y: Array, p: Array) -> Array:
    """|p - y| / |y|; MetricError where a target is 0."""
    return np.abs(column(p) - y) / _size(y)


def relative_error_gradient(y: Array, p: Array) -> Array:
    """sign(p - y) / |y|; 0 where they are equal."""
    return (np.sign(column(p) - y) / _size(y))[:, None]


def symmetric_error(y: Array, p: Array) -> Array:
    """200 |p - y| / (|y| + |p|); 0 where both are 0."""
    p = column(p)
    return 200 * _over(np.abs(p - y), np.abs(y) + np.abs(p))


def symmetric_error_gradient(y: Array, p: Array) -> Array:
    """200 (sign(p - y) (|y| + |p|) - sign(p) |p - y|) / (|y| + |p|)^2; 0 where p = y."""
    p = column(p)
    total, apart = np.abs(y) + np.abs(p), p - y
    slope = np.sign(apart) * total - np.sign(p) * np.abs(apart)
    return 200 * _over(slope, total**2)[:, None]


def _over(top: Array, bottom: Array) -> Array:
    """top / bottom, 0 where bottom is 0."""
    return np.divide(top, bottom, out=np.zeros(len(top)), where=bottom > 0)


def _size(y: Array) -> Array:
    size = np.abs(np.asarray(y, dtype=np.float64))
    if len(size) and not size.min() > 0:
        zeros = f"{int((size == 0).sum())} of 0"
        raise MetricError("mape needs targets other than 0", zeros, "smape or mae")
    return size
