"""Few members: which to leave out, by what each is worth in a quadratic model of the loss."""

from __future__ import annotations

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.newton import Penalised, minimise
from stackkit.level2.weights.programme import minimise_quadratic


def sparse_weights(
    loss: Penalised, feasible: Feasible, dense: np.ndarray, models: int | None, least: float
) -> np.ndarray:
    """Weights (m,) of at most `models` members, each of at least `least`.

    From the dense optimum members are left out one at a time, the cheapest first, until the rest
    obeys; then the loss itself is minimised over those that are left.
    """
    m = len(dense)
    models, least = min(models or m, m), min(least, 1.0)
    if _obeys(dense, models, least):
        return dense
    support = _support(loss, feasible, dense, models, least)
    start = np.where(support, np.maximum(dense, least), 0.0)
    return minimise(loss, feasible.supported(support, least), start / start.sum())


def _obeys(w: np.ndarray, models: int, least: float) -> bool:
    used = w[w > 0]
    return len(used) <= models and bool((used >= least).all())


def _support(
    loss: Penalised, feasible: Feasible, dense: np.ndarray, models: int, least: float
) -> np.ndarray:
    """Members (m,) bool that stay: backward elimination in the model of the loss at `dense`.

    What the loss grows by without a member is w_i^2 / (2 [K^-1]_ii), with K the Hessian on the
    members left, bordered by their sum (Hassibi and Stork, "Optimal brain surgeon", 1993). Members
    that bounds or caps need stay.
    """
    at = loss(dense)
    hessian, linear = at.hessian, at.gradient - at.hessian @ dense
    w, support, needed = dense, dense > 0, feasible.lower > 0
    while not _obeys(w, models, least) and support.sum() > 1:
        small = support & ~needed
        if (w > 0).sum() <= models:
            small &= w < least
        without = _without(small, w, hessian, support)
        tried = (_try(feasible, support, i) for i in without)
        shrunk = next((found for found in tried if found is not None), None)
        if shrunk is None:
            break
        w = minimise_quadratic(hessian, linear, shrunk)[0]
        w = np.where(w > 1e-12, w, 0.0)
        support = support & (shrunk.upper > 0) & (w > 0)
    return support


def _without(
    candidates: np.ndarray, w: np.ndarray, hessian: np.ndarray, support: np.ndarray
) -> np.ndarray:
    """Candidates (positions), the cheapest to leave out first."""
    inside = np.flatnonzero(support)
    bordered = np.ones((len(inside) + 1, len(inside) + 1))
    bordered[:-1, :-1], bordered[-1, -1] = hessian[np.ix_(inside, inside)], 0.0
    spread = np.diag(np.linalg.inv(bordered))[:-1]
    cost = np.full(len(w), np.inf)
    cost[inside] = w[inside] ** 2 / np.maximum(spread, 1e-300)
    order = np.argsort(cost, kind="stable")
    return order[candidates[order]]


def _try(feasible: Feasible, support: np.ndarray, left_out: int) -> Feasible | None:
    """The feasible weights without one member more; None where there are none."""
    kept = support.copy()
    kept[left_out] = False
    try:
        return feasible.supported(kept, 0.0)
    except ModelError:
        return None
