"""Scores that read the order of predictions only: average precision and the Gini coefficient."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.metrics.losses import column

Array = NDArray[Any]


def average_precision(y: Array, p: Array, weight: Array | None = None) -> float:
    """Sum over cuts of (gain in recall) x precision; the mean over classes where there are more.

    Rows of equal p fall on one side of a cut together, nothing is interpolated (as in scikit-learn;
    Manning, Raghavan and Schuetze, 2008, chapter 8). NaN where no row is positive, or NaN in p;
    classes that do not occur in y are left out of the mean.
    """
    p = np.asarray(p).reshape(len(p), -1)
    if p.shape[1] == 1:
        return _precision(np.asarray(y) == 1, p[:, 0], weight)
    found = np.array([_precision(np.asarray(y) == k, p[:, k], weight) for k in range(p.shape[1])])
    known = found[~np.isnan(found)]
    return float(known.mean()) if len(known) and not np.isnan(p).any() else float("nan")


def gini(y: Array, p: Array, weight: Array | None = None) -> float:
    """Normalised Gini coefficient: cov(y, F(p)) / cov(y, F(y)), F the share of rows below.

    It is the area between the Lorenz curve of y in the order of p and the diagonal, over that area
    in the best order (Kaggle's definition); 2 AUC - 1 for targets 0 and 1. Rows of equal p share
    their mean rank, so that the order of rows in a file does not matter. NaN where y is constant.
    """
    y = np.asarray(y, dtype=np.float64) - float(y[0])
    w = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    centred = w * (y - (w * y).sum() / w.sum())
    best = (centred * _shares_below(y, w)).sum()
    p = column(p)
    if np.isnan(p).any() or not best > 0:
        return float("nan")
    return float((centred * _shares_below(p, w)).sum() / best)


def _precision(positive: Array, score: Array, weight: Array | None) -> float:
    """Average precision of one class."""
    if np.isnan(score).any():
        return float("nan")
    order = np.argsort(-score)
    score, positive = score[order], positive[order]
    w = np.ones(len(score)) if weight is None else np.asarray(weight, dtype=np.float64)[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    hits = np.add.reduceat(np.where(positive, w, 0.0), starts)
    called = np.cumsum(np.add.reduceat(w, starts))
    total = hits.sum()
    if not total > 0:
        return float("nan")
    found = np.cumsum(hits)
    precision = np.divide(found, called, out=np.zeros(len(found)), where=called > 0)
    return float((hits * precision).sum() / total)


def _shares_below(values: Array, weight: Array) -> Array:
    """Weight below each value plus half of that at it."""
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    at = np.add.reduceat(weight[order], starts)
    shares = np.cumsum(at) - at / 2
    found = np.empty(len(values))
    found[order] = np.repeat(shares, np.diff(np.r_[starts, len(values)]))
    return found
