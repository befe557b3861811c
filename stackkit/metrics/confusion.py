"""Scores of labels that a confusion table decides: of rows, and of tables [true, predicted].

Rows come as y (n,) and labels (n,), int 0..C-1, and are counted once. Tables are (..., K, K) and
`labels` (K,), which none of these scores needs; the result is (...).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError

Array = NDArray[Any]


def balanced_accuracy(y: Array, labels: Array, weight: Array | None = None) -> float:
    """Mean over the classes that occur in y of the share of their rows that is found."""
    return float(balanced_accuracy_of_confusion(table(y, labels, weight), None))


def f1_macro(y: Array, labels: Array, weight: Array | None = None) -> float:
    """Mean of the classes' F1, over classes that occur in y or among the labels."""
    return float(f1_macro_of_confusion(table(y, labels, weight), None))


def mcc(y: Array, labels: Array, weight: Array | None = None) -> float:
    """Matthews correlation of labels, for any number of classes (Gorodkin, 2004); in [-1, 1].

    0 where either side is constant: no association can be shown.
    """
    return float(mcc_of_confusion(table(y, labels, weight), None))


def table(y: Array, labels: Array, weight: Array | None = None) -> Array:
    """(K, K) weight of each pair [true, predicted] of classes 0..K-1."""
    y, labels = np.asarray(y).astype(np.intp), np.ravel(labels).astype(np.intp)
    size = int(max(y.max(), labels.max())) + 1
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    counts = np.bincount(y * size + labels, weights=weight, minlength=size * size)
    if not counts.sum() > 0:
        raise MetricError("row weights must have a positive sum", 0, "drop rows of weight 0")
    return counts.reshape(size, size).astype(np.float64)


def balanced_accuracy_of_confusion(confusion: Array, labels: Array | None) -> Array:
    """Mean recall of the classes with rows."""
    rows = confusion.sum(axis=-1)
    return ratio(ratio(_diagonal(confusion), rows).sum(axis=-1), (rows > 0).sum(axis=-1))


def f1_macro_of_confusion(confusion: Array, labels: Array | None) -> Array:
    """Mean F1 of the classes with rows or predictions."""
    either = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    each = ratio(2 * _diagonal(confusion), either)
    return ratio(each.sum(axis=-1), (either > 0).sum(axis=-1))


def mcc_of_confusion(confusion: Array, labels: Array | None) -> Array:
    """Covariance of true and predicted class indicators over the root of their variances."""
    total = confusion.sum(axis=(-2, -1))
    share = ratio(confusion, total[..., None, None])
    rows, columns = share.sum(axis=-1), share.sum(axis=-2)
    together = _diagonal(share).sum(axis=-1) - (rows * columns).sum(axis=-1)
    spread = np.maximum(1 - (rows**2).sum(axis=-1), 0) * np.maximum(
        1 - (columns**2).sum(axis=-1), 0
    )
    return ratio(together, np.sqrt(np.where(spread > _ROUNDING, spread, 0)))


_ROUNDING = 1e-15


def ratio(top: Array, bottom: Array) -> Array:
    """top / bottom, 0 where bottom is 0."""
    shape = np.broadcast_shapes(np.shape(top), np.shape(bottom))
    return np.divide(top, bottom, out=np.zeros(shape), where=np.asarray(bottom) > 0)


def _diagonal(confusion: Array) -> Array:
    return np.diagonal(confusion, axis1=-2, axis2=-1)
