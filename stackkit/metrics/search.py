"""Search for the cut points that a metric likes best; deterministic.

Cut points split one column v (n,) into ordered labels: label k where exactly k cuts lie below v.
Candidate cuts lie between neighbouring values. Where the metric can be read off a confusion table,
the rows are counted once and the search runs on prefix sums; else each trial scores all rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.metrics.metric import Metric

Array = NDArray[Any]
BatchScore = Callable[[Array], Array]  # (b, k) positions in the grid -> (b,) signed scores

EPSILON = 1e-12  # smaller gains are rounding
FINE, COARSE, SLOW = 2000, 200, 16  # candidates: counted cut points, scored ones, trials a move
PASSES = 20


@dataclass(frozen=True)
class Cuts:
    """Candidate cuts (g,), ascending, and the weight of each label (g, K) at or below each."""

    at: Array
    below: Array
    total: Array

    def confusion(self, positions: Array) -> Array:
        """(b, K, K) tables [true, predicted] for (b, K - 1) positions of cuts."""
        b, width = len(positions), len(self.total)
        edges = np.empty((b, positions.shape[1] + 2, width))
        edges[:, 0], edges[:, 1:-1], edges[:, -1] = 0.0, self.below[positions], self.total
        return np.diff(edges, axis=1).swapaxes(1, 2)


def best_threshold(metric: Metric, y: Array, v: Array, weight: Array | None) -> float:
    """The cut of (n,) v into labels 0 and 1; exact over all cuts where confusion tables serve."""
    labels = np.array([0, 1])
    grid = count_cuts(y, v, weight, labels, None if metric.from_confusion else COARSE)
    scores = _batch_score(metric, grid, y, v, weight, labels)(np.arange(len(grid.at))[:, None])
    best = np.flatnonzero(scores >= scores.max() - EPSILON)
    return float(grid.at[best[np.argmin(np.abs(grid.at[best] - 0.5))]])


def best_cuts(
    metric: Metric, y: Array, v: Array, weight: Array | None, labels: Array
) -> tuple[float, ...]:
    """Cuts of (n,) v into the ordered `labels` (K,), by coordinate search from two starts.

    The first start predicts each label as often as it occurs in y, the second rounds to the nearest
    label. Each cut in turn moves between its neighbours, coarse to fine, while the score grows.
    """
    if len(labels) == 1:
        return ()
    counted = metric.from_confusion is not None
    grid = count_cuts(y, v, weight, labels, FINE if counted else COARSE)
    score = _batch_score(metric, grid, y, v, weight, labels)
    trials = 64 if counted else SLOW
    starts = (_equal_shares(grid), _nearest_label(grid, labels))
    ends = [_climb(score, start, len(grid.at), trials) for start in starts]
    positions, _ = max(ends, key=lambda end: end[1])
    return tuple(float(cut) for cut in grid.at[positions])


def count_cuts(y: Array, v: Array, weight: Array | None, labels: Array, limit: int | None) -> Cuts:
    """Candidate cuts of v and how much of each label lies at or below each."""
    at = candidate_cuts(v, limit)
    cell = np.searchsorted(at, v, side="left") * len(labels) + np.searchsorted(labels, y)
    size = (len(at) + 1) * len(labels)
    table = np.bincount(cell, weights=weight, minlength=size).reshape(-1, len(labels))
    below = np.cumsum(table, axis=0, dtype=np.float64)
    return Cuts(at, below[:-1], below[-1])


def candidate_cuts(v: Array, limit: int | None) -> Array:
    """One cut between each two neighbouring values and one beyond each end; float64, ascending.

    Above `limit` distinct values only the cuts beside `limit` quantiles of the rows are kept.
    """
    v = np.sort(np.asarray(v, dtype=np.float64))
    distinct = np.unique(v)
    low, high = distinct[:-1], distinct[1:]
    middle = low + (high - low) / 2
    middle = np.where(middle < high, middle, low)  # low <= cut < high, however close they are
    if limit is not None and len(middle) > limit:
        ranks = np.linspace(0, len(v) - 1, limit).astype(np.intp)
        kept = np.unique(np.searchsorted(distinct, v[ranks]))
        middle = middle[kept[kept < len(middle)]]
    span = (distinct[-1] - distinct[0]) or 1.0
    return np.r_[distinct[0] - span, middle, distinct[-1] + span]


def _batch_score(
    metric: Metric, grid: Cuts, y: Array, v: Array, weight: Array | None, labels: Array
) -> BatchScore:
    if metric.from_confusion is not None:
        return lambda x: metric.sign * metric.from_confusion(grid.confusion(x), labels)

    def score_rows(positions: Array) -> Array:
        cells = (np.searchsorted(grid.at[x], v, side="left") for x in positions)
        return np.array([signed(metric, y, labels[cell], weight) for cell in cells])

    return score_rows


def signed(metric: Metric, y: Array, labels: Array, weight: Array | None) -> float:
    """Score that grows with quality; NaN is the worst."""
    score = metric.sign * metric.score(y, labels, weight)
    return -np.inf if np.isnan(score) else score


def _equal_shares(grid: Cuts) -> Array:
    below = grid.below.sum(axis=1)
    wanted = np.cumsum(grid.total)[:-1]
    right = np.clip(np.searchsorted(below, wanted), 1, len(below) - 1)
    left_is_nearer = wanted - below[right - 1] < below[right] - wanted
    return np.where(left_is_nearer, right - 1, right)


def _nearest_label(grid: Cuts, labels: Array) -> Array:
    middle = (labels[:-1] + labels[1:]) / 2
    return np.clip(np.searchsorted(grid.at, middle), 0, len(grid.at) - 1)


def _climb(score: BatchScore, start: Array, size: int, trials: int) -> tuple[Array, float]:
    best, value = start, float(score(start[None])[0])
    for _ in range(PASSES):
        before = value
        for j in range(len(best)):
            best, value = _move(score, best, value, j, size, trials)
        if value <= before:
            break
    return best, value


def _move(
    score: BatchScore, best: Array, value: float, j: int, size: int, trials: int
) -> tuple[Array, float]:
    """Move cut j between its neighbours: an even sweep, then finer ones around the best."""
    low = int(best[j - 1]) if j else 0
    high = int(best[j + 1]) if j + 1 < len(best) else size - 1
    while True:
        places = np.unique(np.linspace(low, high, trials).round().astype(np.intp))
        tried = np.repeat(best[None], len(places), axis=0)
        tried[:, j] = places
        scores = score(tried)
        k = int(scores.argmax())
        if scores[k] > value + EPSILON:
            best, value = tried[k], float(scores[k])
        if len(places) == high - low + 1:
            return best, value
        low, high = int(places[max(k - 1, 0)]), int(places[min(k + 1, len(places) - 1)])
