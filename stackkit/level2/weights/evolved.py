"""Weights for any metric by CMA-ES (Hansen, 2016), from the library cma."""

from __future__ import annotations

import numpy as np

from stackkit.level2.weights.scored import Scored

FIRST = 0.5  # standard deviation of the first generation, in log weights
OPEN = 0.3  # least weight that the search begins with, relative to 1/m
TRIM = 0.05  # a weight below this share of the largest is 0
MOST = 3000  # evaluations
FLAT = 1e-9  # a range of scores below which the search ends
STALE = 15  # generations without a better best, after which it ends too
BAD = 1e9


def evolved(scored: Scored, start: np.ndarray, seed: int) -> np.ndarray:
    """Weights (m,) of a better metric than `start`, or `start`.

    The search runs over log weights: softmax and trimming make weights of them (see `weights_of`).
    Where the metric reads labels, all of a generation are scored with the decision that is best for
    its mean.
    """
    import cma

    m, rng = len(start), np.random.default_rng(seed)
    options = {
        "maxfevals": min(MOST, 100 + 50 * m), "verbose": -9, "verb_log": 0, "seed": np.nan,
        "randn": lambda *shape: rng.standard_normal(shape), "tolfun": FLAT,
    }  # fmt: skip
    search = cma.CMAEvolutionStrategy(np.log(np.maximum(start, OPEN / m)), FIRST, options)
    best, value, since = start, -np.inf, 0
    while since < STALE and not search.stop():
        tried = search.ask()
        w = weights_of(np.array(tried))
        decision = scored.decision(weights_of(search.mean[None])[0])
        scores = np.array([scored.score_mix(mix, decision) for mix in scored.mixed(w)])
        search.tell(tried, list(np.where(np.isfinite(scores), -scores, BAD)))
        since += 1
        if scores.max() > value:
            best, value, since = w[scores.argmax()], scores.max(), 0
    ends = (start, best, weights_of(search.mean[None])[0])
    return max(ends, key=scored.score)


def weights_of(logs: np.ndarray) -> np.ndarray:
    """Weights (k, m) of log weights (k, m): softmax, then tiny ones to 0, as greedy selection has.

    Purucker and Beel, "CMA-ES for post hoc ensembling in AutoML" (2023): with both, CMA-ES no
    longer overfits AUC; without, raw weights act as class thresholds.
    """
    w = np.exp(logs - logs.max(axis=1, keepdims=True))
    w[w < TRIM] = 0.0
    return w / w.sum(axis=1, keepdims=True)
