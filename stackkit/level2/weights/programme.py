"""Quadratic programmes over feasible weights: active sets, an interior point where they cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.interior import interior_point

ROUNDS = 25
TIGHT = 1e-13  # feasibility, absolute
SHARP = 1e-11  # signs of multipliers, relative to the gradient


@dataclass(frozen=True)
class Active:
    """Which constraints hold with equality: side (m,) is -1 at lower, 1 at upper, else 0;
    capped (g,) bool."""

    side: np.ndarray
    capped: np.ndarray

    @classmethod
    def none(cls, feasible: Feasible) -> Active:
        """No bound but those of fixed members."""
        fixed = feasible.lower == feasible.upper
        return cls(-fixed.astype(np.int8), np.zeros(len(feasible.caps), dtype=bool))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Active)
            and np.array_equal(self.side, other.side)
            and np.array_equal(self.capped, other.capped)
        )

    __hash__ = None


def minimise_quadratic(
    hessian: np.ndarray, linear: np.ndarray, feasible: Feasible, guess: Active | None = None
) -> tuple[np.ndarray, Active]:
    """The feasible w (m,) of least w'Hw/2 + c'w, and what is active there.

    From a guess of the active set the primal-dual active set method (Hintermueller, Ito and
    Kunisch, 2003) mostly ends in a few linear solves; where it does not, an interior point gives
    the guess.
    """
    start = Active.none(feasible) if guess is None else guess
    found = _active_set(hessian, linear, feasible, start)
    if found is not None:
        return found
    inner, start = _from_interior(hessian, linear, feasible)
    found = _active_set(hessian, linear, feasible, start)
    return (inner, start) if found is None else found


def nearest_feasible(target: np.ndarray, feasible: Feasible) -> np.ndarray:
    """The feasible weights nearest to `target` (m,)."""
    return minimise_quadratic(np.eye(len(target)), -target, feasible)[0]


def _active_set(
    hessian: np.ndarray, linear: np.ndarray, feasible: Feasible, active: Active
) -> tuple[np.ndarray, Active] | None:
    """The optimum, or None where the rounds end without one."""
    sharp = SHARP * (1 + np.abs(linear).max() + np.abs(hessian).max())
    for _ in range(ROUNDS):
        if not (active.side == 0).any():
            return None
        w, slope, price = _on_active(hessian, linear, feasible, active)
        if not np.isfinite(w).all():
            return None
        changed = _corrected(active, feasible, w, slope, price, sharp)
        if changed == active:
            broken = feasible.violation(w) > 1e-10
            return None if broken else (np.clip(w, feasible.lower, feasible.upper), active)
        active = changed
    return None


def _on_active(
    hessian: np.ndarray, linear: np.ndarray, feasible: Feasible, active: Active
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """w (m,) with the active constraints as equations, the slope of the Lagrangian (m,), and the
    prices of the caps (g,)."""
    free, kept = active.side == 0, np.r_[True, active.capped]
    w = np.where(active.side < 0, feasible.lower, feasible.upper)
    w[free] = 0.0
    rows, right = feasible.rows[kept], feasible.right[kept] - feasible.rows[kept] @ w
    size, count = int(free.sum()), len(rows)
    system = np.zeros((size + count, size + count))
    system[:size, :size] = hessian[np.ix_(free, free)]
    system[size:, :size], system[:size, size:] = rows[:, free], rows[:, free].T
    solved = _solved(system, np.r_[-(linear + hessian @ w)[free], right])
    w[free] = solved[:size]
    price = np.zeros(len(feasible.caps))
    price[active.capped] = solved[size + 1 :]
    return w, hessian @ w + linear + rows.T @ solved[size:], price


def _solved(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(system, right)
    except np.linalg.LinAlgError:  # dependent rows: two caps that leave nothing free
        return np.linalg.lstsq(system, right, rcond=None)[0]


def _corrected(
    active: Active, feasible: Feasible, w: np.ndarray, slope: np.ndarray, price: np.ndarray,
    sharp: float,
) -> Active:  # fmt: skip
    """Broken constraints become active, those with a price of the wrong sign are let go."""
    fixed = feasible.lower == feasible.upper
    side = np.where(w < feasible.lower - TIGHT, -1, np.where(w > feasible.upper + TIGHT, 1, 0))
    held = (active.side < 0) & (slope >= -sharp) | (active.side > 0) & (slope <= sharp)
    side = np.where(held | fixed, np.where(fixed, -1, active.side), side)
    over = feasible.groups @ w > feasible.caps + TIGHT
    capped = np.where(active.capped, price >= -sharp, over)
    return Active(side.astype(np.int8), capped.astype(bool))


def _from_interior(
    hessian: np.ndarray, linear: np.ndarray, feasible: Feasible
) -> tuple[np.ndarray, Active]:
    """Feasible weights near the optimum, and which constraints are active there."""
    open_ = np.flatnonzero(feasible.upper > feasible.lower)
    shut = np.where(feasible.upper > feasible.lower, 0.0, feasible.lower)
    high = open_[feasible.upper[open_] < 1]
    # with v = (w - shut) / left the free weights sum to 1
    left = 1 - shut.sum()
    eye = np.eye(len(shut))
    sides = np.vstack([-eye[open_], eye[high], feasible.groups])[:, open_]
    most = np.r_[
        -feasible.lower[open_], feasible.upper[high], feasible.caps - feasible.groups @ shut
    ]
    at = (linear + hessian @ shut)[open_] * left
    v, slack, price = interior_point(
        hessian[np.ix_(open_, open_)] * left**2, at, sides, most / left
    )
    tight = price > slack
    side = -(feasible.upper <= feasible.lower).astype(np.int8)
    side[open_[tight[: len(open_)]]] = -1
    side[high[tight[len(open_) : len(open_) + len(high)]]] = 1
    w = shut.copy()
    w[open_] = np.clip(v * left, feasible.lower[open_], feasible.upper[open_])
    return w / w.sum(), Active(side, tight[len(open_) + len(high) :])
