"""Feasible weights of least loss, by projected Newton steps (sequential quadratic programming)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.programme import minimise_quadratic, nearest_feasible
from stackkit.level2.weights.terms import Loss, Value

STEPS = 100
KKT = 1e-7  # of the gradient, relative to the loss of equal weights
FALL = 1e-9  # of the loss, relative too: what a step may still promise
FLOOR = 1e-8  # a pull that makes weights of equal members equal
INWARDS = 0.01  # a warm start goes this far to equal weights, off the faces of the simplex
NEAR = 0.05  # share of a row's probability that a step leaves it
ENOUGH = 1e-4  # of the predicted decrease (Armijo)


@dataclass(frozen=True)
class Penalised:
    """loss / scale + pull * m * |w - 1/m|^2: the pull has the same meaning on every target."""

    loss: Loss
    scale: float
    pull: float

    @classmethod
    def of(cls, loss: Loss, members: int, pull: float) -> Penalised:
        """Relative to the loss of equal weights."""
        return cls(loss, max(abs(loss.value(np.full(members, 1 / members))), 1e-12), pull)

    def pulled(self, pull: float) -> Penalised:
        """The same with another pull."""
        return dataclasses.replace(self, pull=pull)

    def __call__(self, w: np.ndarray) -> Value:
        """Value and derivatives."""
        at, m = self.loss(w), len(w)
        away, pull = w - 1 / m, max(self.pull, FLOOR) * m
        return Value(
            at.value / self.scale + pull * float(away @ away),
            at.gradient / self.scale + 2 * pull * away,
            at.hessian / self.scale + 2 * pull * np.eye(m),
            at.blended,
        )


def minimise(loss: Penalised, feasible: Feasible, start: np.ndarray | None = None) -> np.ndarray:
    """The feasible w (m,) of least penalised loss.

    Each step minimises the quadratic model over the feasible weights. At its optimum the conditions
    of Karush, Kuhn and Tucker hold up to H (w_new - w), which must be below 1e-7, where the step
    promises nothing more. Log-loss is self-concordant, so that few steps are taken; none takes a
    row's probability to 0.
    """
    equal = np.full(feasible.members, 1 / feasible.members)
    begin = equal if start is None else (1 - INWARDS) * start + INWARDS * equal
    w = nearest_feasible(begin, feasible)
    if feasible.members == 1:
        return w
    at, active = loss(w), None
    for _ in range(STEPS):
        linear = at.gradient - at.hessian @ w
        best, active = minimise_quadratic(at.hessian, linear, feasible, active)
        step = best - w
        if np.abs(at.hessian @ step).max() <= KKT and -(at.gradient @ step) <= FALL:
            return best
        moved = _line_search(loss, w, at, step)
        if moved is None:
            return w
        w, at = moved
    return w


def _line_search(
    loss: Penalised, w: np.ndarray, at: Value, step: np.ndarray
) -> tuple[np.ndarray, Value] | None:
    """The first of w + step, w + step / 2, ... that decreases the loss; None where none does."""
    t, fall = 1.0, float(at.gradient @ step)
    rounding = 1e-13 * (1 + abs(at.value))
    while t > 1e-10:
        there = loss(w + t * step)
        kept = _kept(at.blended, there.blended)
        if kept < NEAR:
            t *= (1 - NEAR) / (1 - kept)
            at = dataclasses.replace(at, blended=None)  # the step is short enough from here
            continue
        if there.value <= at.value + ENOUGH * t * fall + rounding:
            return w + t * step, there
        t /= 2
    return None


def _kept(before: np.ndarray | None, after: np.ndarray | None) -> float:
    """The least share of its probability of the true class that a row keeps."""
    return 1.0 if before is None else float((after / before).min())
