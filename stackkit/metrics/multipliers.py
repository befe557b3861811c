"""Search for the class multipliers that a metric likes best; deterministic.

A label is the argmax of p (n, C) times a factor a class. Where the metric can be read off a
confusion table, all trials of a class are counted in one pass over the rows, since each row changes
its label at one factor; else each trial scores all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.metrics.metric import Metric
from stackkit.metrics.search import EPSILON, signed

Array = NDArray[Any]

MAX_CELLS = 1_500_000  # rows x classes that a search reads
TINY = 1e-12  # a probability of 0 stays beatable
LARGE = (0.5, 1.0, 2.0, 4.0)  # moves of a log factor in the first passes
SMALL = (0.03, 0.08, 0.2, 0.5)  # and in the later ones
PASSES = 5
WORTH = 1e-6  # a pass that gains less is the last


@dataclass(frozen=True)
class Rows:
    """What a search reads: y (n,) in 0..C-1, log p (n, C), weight (n,) or None."""

    y: Array
    logs: Array
    weight: Array | None

    def take(self, rows: Array | slice) -> Rows:
        """Some of them."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.y[rows], self.logs[rows], weight)

    def labels(self, factors: Array) -> Array:
        """Labels (n,) under log factors (C,)."""
        return (self.logs + factors).argmax(axis=1)


def best_multipliers(metric: Metric, y: Array, p: Array, weight: Array | None) -> tuple[float, ...]:
    """Factors of the columns of p (n, C); their geometric mean is 1.

    One of three starts (ones, 1 / the class's share of y, its root) is the best on all rows. From
    there a coordinate search climbs on each half of the rows. Where the ends score better on the
    other halves than the start does, the best on all rows of both and their mean is taken, else the
    start. Above `MAX_CELLS` cells an even sample of the rows is read; from two rows a class or
    fewer nothing climbs.
    """
    kept = _kept(y, weight, MAX_CELLS // p.shape[1])
    weight = None if weight is None else weight[kept]
    rows = Rows(y[kept], np.log(np.maximum(p[kept], TINY)), weight)
    start = _best_start(metric, rows)
    chosen = _climbed_in_halves(metric, rows, start) if len(rows.y) > 2 * len(start) else start
    return tuple(float(x) for x in np.exp(chosen - chosen.mean()))


def _climbed_in_halves(metric: Metric, rows: Rows, start: Array) -> Array:
    """Log factors (C,): the ends of the climbs, or the start where they do not last."""
    halves = rows.take(slice(0, None, 2)), rows.take(slice(1, None, 2))
    ends = [_climbed(metric, half, start) for half in halves]
    gains = (_gain(metric, halves[1 - i], start, end) for i, end in enumerate(ends))
    if not sum(gains) > EPSILON:
        return start
    return max((sum(ends) / 2, *ends), key=lambda end: _value(metric, rows, end))


def _kept(y: Array, weight: Array | None, size: int) -> Array:
    """Rows that weigh something, in the order of classes: all, or `size` at even distances.

    Each class keeps its share, in every second row too, and a rare one at least one row.
    """
    order = np.argsort(y, kind="stable")
    order = order if weight is None else order[weight[order] > 0]
    if len(order) <= size:
        return order
    first = np.flatnonzero(np.diff(y[order], prepend=-1))
    return order[np.union1d(np.linspace(0, len(order) - 1, size).astype(np.intp), first)]


def _best_start(metric: Metric, rows: Rows) -> Array:
    """Log factors (C,): ones unless another start is better."""
    share = np.bincount(rows.y, weights=rows.weight, minlength=rows.logs.shape[1])
    to_even = -np.log(np.where(share > 0, share, share.max()))
    best, value = np.zeros(len(share)), -np.inf
    for start in (best, to_even / 2, to_even):
        found = _value(metric, rows, start)
        if found > value + EPSILON:
            best, value = start, found
    return best


def _value(metric: Metric, rows: Rows, factors: Array) -> float:
    return signed(metric, rows.y, rows.labels(factors), rows.weight)


def _gain(metric: Metric, rows: Rows, start: Array, end: Array) -> float:
    """What the signed score of rows gains from one set of log factors to another; 0 if unknown."""
    gain = _value(metric, rows, end) - _value(metric, rows, start)
    return gain if np.isfinite(gain) else 0.0


def _climbed(metric: Metric, rows: Rows, start: Array) -> Array:
    """Log factors at the end of the climb, large moves first."""
    factors, value = start, _value(metric, rows, start)
    for moves in (LARGE, SMALL):
        trials = np.array([*(-x for x in reversed(moves)), *moves])
        factors, value = _climb(metric, rows, factors, value, trials)
    return factors


def _climb(
    metric: Metric, rows: Rows, start: Array, value: float, trials: Array
) -> tuple[Array, float]:
    """Move each class in turn to its best trial while the score grows."""
    score = _counted if metric.from_confusion is not None else _scored
    factors, labels = start.copy(), rows.labels(start)
    for _ in range(PASSES):
        before = value
        for j in range(len(factors)):
            rival, needed = best_other(rows, factors, labels, j)
            found = score(metric, rows, rival, needed, j, trials)
            best = int(found.argmax())
            if found[best] > value + EPSILON:
                value, factors[j] = float(found[best]), factors[j] + trials[best]
                labels = np.where(needed <= trials[best], j, rival)
        if not value > before + WORTH:
            break
    return factors, value


def best_other(rows: Rows, factors: Array, labels: Array, j: int) -> tuple[Array, Array]:
    """The best class but j of each row, and how much j must gain to beat it; (n,) both."""
    rival, own = labels.copy(), np.flatnonzero(labels == j)
    others = rows.logs[own] + factors
    others[:, j] = -np.inf
    rival[own] = others.argmax(axis=1)
    top = rows.logs[np.arange(len(rival)), rival] + factors[rival]
    return rival, top - (rows.logs[:, j] + factors[j])


def _counted(
    metric: Metric, rows: Rows, rival: Array, needed: Array, j: int, trials: Array
) -> Array:
    tables = trial_tables(rows, rival, needed, j, trials)
    return metric.sign * metric.from_confusion(tables, np.arange(rows.logs.shape[1]))


def trial_tables(rows: Rows, rival: Array, needed: Array, j: int, trials: Array) -> Array:
    """(t, C, C) tables [true, predicted] when class j gains each of the ascending trials.

    A row is labelled `rival` up to the trial that reaches `needed`, and j from there on.
    """
    size = rows.logs.shape[1]
    cell = (np.searchsorted(trials, needed, side="left") * size + rows.y) * size + rival
    shape = (len(trials) + 1, size, size)
    counts = np.bincount(cell, weights=rows.weight, minlength=int(np.prod(shape))).reshape(shape)
    gone = np.cumsum(counts, axis=0, dtype=np.float64)  # over to j, by trial
    tables = gone[-1] - gone[:-1]
    tables[:, :, j] += gone[:-1].sum(axis=2)
    return tables


def _scored(
    metric: Metric, rows: Rows, rival: Array, needed: Array, j: int, trials: Array
) -> Array:
    labels = (np.where(needed <= trial, j, rival) for trial in trials)
    return np.array([signed(metric, rows.y, x, rows.weight) for x in labels])
