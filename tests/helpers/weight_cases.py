"""Stacks of unequal members for tests of weights, and slow references for their losses."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.terms import Kind
from stackkit.predictions import Pool
from stackkit.spec import Objective

N = 80
KINDS = {
    "squared": Kind("squared"),
    "log1p": Kind("squared", "log1p"),
    "median": Kind("quantile", quantile=0.5),
    "pinball": Kind("quantile", quantile=0.9),
    "binary": Kind("logloss"),
    "multiclass": Kind("logloss"),
    "brier": Kind("brier"),
    "brier-classes": Kind("brier"),
}
CLASSES = {"binary": 2, "brier": 2, "multiclass": 3, "brier-classes": 3}


def objective(kind: str) -> Objective:
    """The objective that a case stands for."""
    if kind in CLASSES:
        classes = CLASSES[kind]
        task = "binary" if classes == 2 else "multiclass"
        return Objective(task, "identity", "logloss", tuple("abc"[:classes]))
    surrogate = {"median": "absolute", "pinball": "quantile:0.9"}.get(kind, "squared")
    return Objective("regression", "log1p" if kind == "log1p" else "identity", surrogate)


def stack(
    kind: str, members: int, seed: int = 0, rows: int = N
) -> tuple[Pool, np.ndarray, np.ndarray]:
    """A pool of members of unequal worth, targets and row weights."""
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.5, 2.0, size=rows)
    noise = np.linspace(0.5, 2.0, members)[:, None]
    if kind not in CLASSES:
        y = np.exp(rng.normal(size=rows))
        made = (y * np.exp(0.3 * noise * rng.normal(size=(members, rows))))[..., None]
        made = made * np.linspace(0.7, 1.5, members)[:, None, None]
    else:
        classes = CLASSES[kind]
        y = rng.integers(classes, size=rows)
        scores = 1.5 * np.eye(classes)[y] + noise[..., None] * rng.normal(
            size=(members, rows, classes)
        )
        made = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
        made = made[..., 1:] if classes == 2 else made
    return pool_of(made), y, weight


def pool_of(made: np.ndarray) -> Pool:
    """Members (m, n, c) as a pool."""
    made = np.ascontiguousarray(made, dtype=np.float32)
    return Pool(tuple(f"m{i}" for i in range(len(made))), tuple(made))


def plain_loss(kind: str, pool: Pool, y: np.ndarray, weight: np.ndarray) -> Callable:
    """The weighted mean loss of weights w, from the definition, without algebra."""

    def loss(w: np.ndarray) -> float:
        z = pool.matrix().astype(np.float64)
        if kind in ("squared", "log1p"):
            forward = np.log1p if kind == "log1p" else np.asarray
            losses = (np.tensordot(w, forward(z[..., 0]), 1) - forward(y)) ** 2
        elif kind in ("median", "pinball"):
            q, above = KINDS[kind].quantile, y - np.tensordot(w, z[..., 0], 1)
            losses = np.where(above > 0, q * above, (q - 1) * above)
        elif kind in ("brier", "brier-classes"):
            p = np.tensordot(w, z, 1)
            truth = np.eye(3)[y] if p.shape[1] > 1 else (y == 1)[:, None]
            losses = ((p - truth) ** 2).sum(axis=1)
        else:
            p = np.tensordot(w, z, 1)
            p = np.hstack([1 - p, p]) if p.shape[1] == 1 else p
            losses = -np.log(p[np.arange(len(y)), y])
        return float(np.average(losses, weights=weight))

    return loss


def grid(members: int, steps: int) -> np.ndarray:
    """Every point of the simplex whose weights are multiples of 1 / steps."""
    cuts = itertools.product(range(steps + 1), repeat=members - 1)
    return np.array([[*c, steps - sum(c)] for c in cuts if sum(c) <= steps]) / steps


def kkt_gap(gradient: np.ndarray, w: np.ndarray, feasible: Feasible) -> float:
    """How much a feasible point can be below w to first order: 0 where the conditions hold.

    For a convex function it bounds how far w is from the optimum (Frank and Wolfe, 1956).
    """
    from scipy.optimize import linprog

    some = len(feasible.caps) > 0
    found = linprog(
        gradient, A_ub=feasible.groups if some else None, b_ub=feasible.caps if some else None,
        A_eq=np.ones((1, len(w))), b_eq=[1.0],
        bounds=list(zip(feasible.lower, feasible.upper, strict=True)),
    )  # fmt: skip
    return float(gradient @ w - found.fun)
