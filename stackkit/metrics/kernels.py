"""Scores of predictions: the fast implementations behind the built-in metrics.

Data format
-----------
y is (n,): int 0..C-1 for classes, float for regression. p is (n, c): c = 1 for regression and for
P(class 1), c = C otherwise. Labels are (n,) in y's own encoding. Weights are (n,) or None. Any
float dtype comes in; every sum is a float64 sum (pairwise, hence the same for any thread count).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError
from stackkit.metrics.confusion import ratio
from stackkit.metrics.losses import (
    absolute_error,
    brier_losses,
    log_losses,
    squared_error,
    squared_log_error,
)

Array = NDArray[Any]


def weighted_mean(values: Array, weight: Array | None = None) -> float:
    """Mean of (n,) values under (n,) weights."""
    if weight is None:
        return float(np.mean(values, dtype=np.float64))
    weight = np.asarray(weight, dtype=np.float64)
    total = weight.sum()
    if not total > 0:
        raise MetricError("row weights must have a positive sum", total, "drop rows of weight 0")
    return float((values * weight).sum() / total)


def logloss(y: Array, p: Array, weight: Array | None = None) -> float:
    """Mean negative log-likelihood; probabilities clip at 1e-15 in float64 and are renormalised."""
    return weighted_mean(log_losses(y, p), weight)


def brier(y: Array, p: Array, weight: Array | None = None) -> float:
    """Mean squared distance of probabilities from the truth (Brier, 1950).

    (p - y)^2 for P(class 1), from 0 to 1; summed over the columns of several classes, from 0 to 2.
    """
    return weighted_mean(brier_losses(y, p), weight)


def rmse(y: Array, p: Array, weight: Array | None = None) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(weighted_mean(squared_error(y, p), weight)))


def rmsle(y: Array, p: Array, weight: Array | None = None) -> float:
    """Root of the mean squared error of log(1 + value); predictions below 0 count as 0."""
    return float(np.sqrt(weighted_mean(squared_log_error(y, p), weight)))


def mae(y: Array, p: Array, weight: Array | None = None) -> float:
    """Mean absolute error."""
    return weighted_mean(absolute_error(y, p), weight)


def r2(y: Array, p: Array, weight: Array | None = None) -> float:
    """1 - mean squared error / variance of y; NaN where y is constant."""
    away = np.asarray(y, dtype=np.float64) - float(y[0])
    spread = weighted_mean((away - weighted_mean(away, weight)) ** 2, weight)
    return 1 - weighted_mean(squared_error(y, p), weight) / spread if spread > 0 else float("nan")


def accuracy(y: Array, labels: Array, weight: Array | None = None) -> float:
    """Share of rows whose label is right."""
    return weighted_mean(np.asarray(y) == np.ravel(labels), weight)


def auc(y: Array, p: Array, weight: Array | None = None) -> float:
    """Area under the ROC curve; with more than two classes the plain mean of one-vs-rest areas.

    The chance that a row of the class outranks a row of another one, a tie counting half (Mann and
    Whitney, 1947), in O(n log n). NaN where it is undefined: one class only, or NaN in p. Classes
    that do not occur in y are left out of the mean.
    """
    p = np.asarray(p).reshape(len(p), -1)
    if p.shape[1] == 1:
        return _area(np.asarray(y) == 1, p[:, 0], weight)
    areas = np.array([_area(np.asarray(y) == k, p[:, k], weight) for k in range(p.shape[1])])
    known = areas[~np.isnan(areas)]
    return float(known.mean()) if len(known) and not np.isnan(p).any() else float("nan")


def _area(positive: Array, score: Array, weight: Array | None) -> float:
    if np.isnan(score).any():
        return float("nan")
    order = np.argsort(score)
    score, positive = score[order], positive[order]
    w = np.ones(len(score)) if weight is None else np.asarray(weight, dtype=np.float64)[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    wins = np.add.reduceat(np.where(positive, w, 0.0), starts)
    losses = np.add.reduceat(np.where(positive, 0.0, w), starts)
    pairs = wins.sum() * losses.sum()
    if not pairs > 0:
        return float("nan")
    return float((wins * (np.cumsum(losses) - losses / 2)).sum() / pairs)


def qwk(y: Array, labels: Array, weight: Array | None = None) -> float:
    """Quadratic weighted kappa (Cohen, 1968) of ordered labels, from the labels' own values.

    1 - E(a - b)^2 / E'(a - b)^2; E' pairs rows at random: var a + var b + (mean a - mean b)^2.
    That closed form needs no table, so labels may be 3..8 as well as 0..5. 0 where both sides are
    one and the same constant: no agreement beyond chance can be shown.
    """
    origin = float(np.asarray(y)[0])
    a = np.asarray(y, dtype=np.float64) - origin
    b = np.ravel(labels).astype(np.float64) - origin
    mean_a, mean_b = weighted_mean(a, weight), weighted_mean(b, weight)
    spread = weighted_mean((a - mean_a) ** 2, weight) + weighted_mean((b - mean_b) ** 2, weight)
    chance = spread + (mean_a - mean_b) ** 2
    return 1.0 - weighted_mean((a - b) ** 2, weight) / chance if chance > 0 else 0.0


def f1(y: Array, labels: Array, weight: Array | None = None) -> float:
    """2 TP / (2 TP + FP + FN) of class 1; 0 where nothing is and nothing is called positive."""
    is_one, called = np.asarray(y) == 1, np.ravel(labels) == 1
    hits = weighted_mean(is_one & called, weight)
    either = weighted_mean(is_one, weight) + weighted_mean(called, weight)
    return 2 * hits / either if either > 0 else 0.0


def accuracy_of_confusion(confusion: Array, labels: Array) -> Array:
    """Accuracy of (..., K, K) tables [true, predicted]; `labels` (K,) are not needed."""
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return ratio(right, confusion.sum(axis=(-2, -1)))


def f1_of_confusion(confusion: Array, labels: Array) -> Array:
    """F1 of the last label of (..., 2, 2) tables [true, predicted]."""
    hits = confusion[..., -1, -1]
    return ratio(2 * hits, confusion[..., -1, :].sum(axis=-1) + confusion[..., :, -1].sum(axis=-1))


def qwk_of_confusion(confusion: Array, labels: Array) -> Array:
    """Quadratic weighted kappa of (..., K, K) tables [true, predicted] of labels (K,)."""
    values = np.asarray(labels, dtype=np.float64)
    cost = (values[:, None] - values[None, :]) ** 2
    rows, columns = confusion.sum(axis=-1), confusion.sum(axis=-2)
    chance = ((rows @ cost) * columns).sum(axis=-1)
    seen = (confusion * cost).sum(axis=(-2, -1)) * rows.sum(axis=-1)
    return ratio(chance - seen, chance)
