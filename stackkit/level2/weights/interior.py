"""A primal-dual interior point for small convex quadratic programmes (Mehrotra, 1992)."""

from __future__ import annotations

import numpy as np

STEPS = 60
SMALL = 1e-11  # residuals and complementarity, relative
BACK = 0.995  # share of the way to the boundary


def interior_point(
    hessian: np.ndarray, linear: np.ndarray, sides: np.ndarray, most: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """min x'Hx/2 + c'x with sum x = 1 and A x <= b.

    Parameters
    ----------
    hessian, linear : (m, m) positive definite, (m,). sides, most : A (k, m), b (k,).

    Returns
    -------
    x (m,), slack (k,) and multipliers (k,), both positive: the active rows are those whose
    multiplier is larger than the slack.
    """
    m, k = len(linear), len(most)
    x, level = np.full(m, 1 / m), 0.0
    slack, price = np.maximum(most - sides @ x, 0.1), np.full(k, 1.0)
    size = 1 + np.abs(linear).max() + np.abs(hessian).max()
    for _ in range(STEPS):
        dual = hessian @ x + linear + sides.T @ price + level
        primal, total = sides @ x + slack - most, x.sum() - 1
        gap = float(slack @ price) / k
        if max(np.abs(dual).max(), gap) < SMALL * size and np.abs(primal).max() < SMALL:
            break
        try:
            newton = _Newton(hessian + sides.T @ (sides * (price / slack)[:, None]))
        except np.linalg.LinAlgError:  # at the limit of rounding
            break

        def direction(
            wanted: np.ndarray, newton: _Newton = newton, at: tuple = (x, slack, price),
            left: tuple = (dual, primal, total),
        ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:  # fmt: skip
            """The step after which slack * price falls by `wanted` to first order."""
            _, s, z = at
            d, p, t = left
            dx, dlevel = newton(-d - sides.T @ ((z * p - wanted) / s), -t)
            ds = -p - sides @ dx
            return dx, ds, (-wanted - z * ds) / s, dlevel

        _, ds, dz, _ = direction(slack * price)
        t = min(_longest(slack, ds), _longest(price, dz))
        after = float((slack + t * ds) @ (price + t * dz)) / k
        centre = gap * (after / gap) ** 3
        dx, ds, dz, dlevel = direction(slack * price + ds * dz - centre)
        t = BACK * min(_longest(slack, ds), _longest(price, dz))
        x, slack, price, level = x + t * dx, slack + t * ds, price + t * dz, level + t * dlevel
    return x, slack, price


class _Newton:
    """Solves [M 1; 1' 0] for several right sides."""

    def __init__(self, matrix: np.ndarray) -> None:
        from scipy.linalg import cho_factor, cho_solve

        ridge = 1e-14 * np.trace(matrix) / len(matrix)
        factor = cho_factor(matrix + ridge * np.eye(len(matrix)), check_finite=False)
        self._solve = lambda right: cho_solve(factor, right, check_finite=False)
        self._ones = self._solve(np.ones(len(matrix)))

    def __call__(self, right: np.ndarray, total: float) -> tuple[np.ndarray, float]:
        plain = self._solve(right)
        level = (plain.sum() - total) / self._ones.sum()
        return plain - level * self._ones, level


def _longest(values: np.ndarray, step: np.ndarray) -> float:
    """The longest step, at most 1, that keeps values positive."""
    falling = step < 0
    return min(1.0, float((-values[falling] / step[falling]).min(initial=np.inf)))
