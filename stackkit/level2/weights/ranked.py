"""Weights for metrics of order: a smooth loss of pairs, then exchanges on the metric itself."""

from __future__ import annotations

import numpy as np

from stackkit.level2.weights.curves import Logistic
from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.newton import Penalised, minimise
from stackkit.level2.weights.scored import Scored
from stackkit.level2.weights.terms import Smooth, Terms
from stackkit.predictions import Pool

PAIRS = 40_000
SHARP = 0.5  # scale of the logistic loss, in standard deviations of the differences
PULL = 0.001
MOVES = (0.3, 0.1, 0.03, 0.01)
SWEEPS = 3  # of all members, at each size of move
WORTH = 1e-7  # smaller gains are not taken
SMALLEST = 1e-9  # weights below it are rounding


def ranked(scored: Scored, start: np.ndarray, seed: int) -> np.ndarray:
    """Weights (m,) of a better metric than `start`, or `start`.

    The surrogate is the logistic loss of differences between the rows of a pair, of which the one
    should rank above the other (RankNet: Burges et al., 2005); it is convex in the weights. The
    better of its minimum and the start is polished by exchanges on the exact metric.
    """
    smooth = best_by_pairs(scored, start, seed)
    found = max((start, smooth), key=scored.score)
    return exchanged(scored, found)


def best_by_pairs(scored: Scored, start: np.ndarray, seed: int) -> np.ndarray:
    """The weights (m,) of least logistic loss over sampled pairs; `start` where there are none."""
    differences, share = pairs(scored, np.random.default_rng(seed))
    if not len(share):
        return start
    spread = float(np.std(start @ differences))
    terms = Terms(
        Pool(tuple(map(str, range(len(start)))), tuple(differences[..., None])),
        np.zeros(len(share)), share / share.sum(), lambda block, _: block[..., 0].astype(float),
    )  # fmt: skip
    loss = Smooth(terms, Logistic(max(SHARP * spread, 1e-12)))
    return minimise(Penalised.of(loss, len(start), PULL), Feasible.simplex(len(start)), start)


def pairs(scored: Scored, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Differences (m, k) float32 between the upper and the lower row of random pairs, and the
    weights (k,) of the pairs.

    Of classes, a row of the class and one of another, an equal number for each column; of values,
    two rows, weighed by how far their targets are apart.
    """
    m, n, c = scored.members.shape
    weight = np.ones(n) if scored.weight is None else scored.weight
    found, shares = [np.empty((m, 0), dtype=np.float32)], [np.empty(0)]
    for j in range(c):
        upper, lower = _rows(scored, j, rng, PAIRS // c)
        found.append(scored.members[:, upper, j] - scored.members[:, lower, j])
        shares.append(weight[upper] * weight[lower] * _apart(scored, upper, lower))
    return np.hstack(found), np.concatenate(shares)


def _rows(
    scored: Scored, j: int, rng: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    if scored.objective.of_values:
        one, other = rng.integers(len(scored.y), size=(2, count))
        kept = scored.y[one] != scored.y[other]
        one, other = one[kept], other[kept]
        above = scored.y[one] > scored.y[other]
        return np.where(above, one, other), np.where(above, other, one)
    is_class = scored.y == (1 if scored.members.shape[2] == 1 else j)
    upper, lower = np.flatnonzero(is_class), np.flatnonzero(~is_class)
    if not len(upper) or not len(lower):
        return upper[:0], lower[:0]
    return rng.choice(upper, count), rng.choice(lower, count)


def _apart(scored: Scored, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    if scored.objective.of_values:
        return (scored.y[upper] - scored.y[lower]).astype(np.float64)
    return np.ones(len(upper))


def exchanged(scored: Scored, start: np.ndarray) -> np.ndarray:
    """Weights (m,) of a metric at least that of `start` on the rows: moves to and from members.

    A move gives a share of all weight to one member, or takes it from one, the others keeping their
    proportions. Large moves come first; a sweep without a gain ends a size.
    """
    w, mix = start, scored.mixed(start[None])[0]
    value = scored.score_mix(mix, None)
    for size in MOVES:
        for _ in range(SWEEPS):
            before = value
            for i in range(len(w)):
                for others, own in _moves(w[i], size):
                    tried = others * mix + own * scored.members[i]
                    found = scored.score_mix(tried, None)
                    if found > value + WORTH:
                        w, mix, value = _moved(w, i, others, own), tried, found
            if value == before:
                break
    return w if scored.score(w) >= scored.score(start) else start


def _moves(weight: float, size: float) -> list[tuple[float, float]]:
    """(factor of all weights, share then added to the one of `weight`): to it, and from it."""
    taken = min(size, weight)
    to = (1 - size, size)
    return [to, (1 / (1 - taken), -taken / (1 - taken))] if 0 < taken < 1 else [to]


def _moved(w: np.ndarray, i: int, others: float, own: float) -> np.ndarray:
    w = others * w
    w[i] = max(w[i] + own, 0.0)
    w[w < SMALLEST] = 0.0
    return w / w.sum()
