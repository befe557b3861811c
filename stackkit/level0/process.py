"""The algebra of Gaussian processes: covariance, marginal likelihood, posterior mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stackkit.level0.distances import squared_distances
from stackkit.level0.rows import Rows, blocks

BLOCK = 512
ITERATIONS = 60
CONSTANT = 1.0  # prior variance of the intercept, in variances of the target
START = (0.0, 0.0, -2.0, -1.5)  # logarithms of length, amplitude, slope and noise
BOUNDS = ((-1.5, 4.0), (-5.0, 4.0), (-9.0, 3.0), (-7.0, 1.5))
IMPOSSIBLE = 1e10  # minus log likelihood where the covariance has no factor


@dataclass(frozen=True)
class Covariance:
    """amplitude · Matérn-5/2(|x − z| / length) + slope · x·z / d + a constant.

    `length` is in units of the inputs; the variances `amplitude`, `slope` and `noise` in squared
    units of the target.
    """

    length: float
    amplitude: float
    slope: float
    noise: float

    def between(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Covariances (n, m) of the function at rows a (n, d) and b (m, d), without noise."""
        made = matern(squared_distances(a, b), self.length)
        made *= self.amplitude
        made += (self.slope / a.shape[1]) * (a @ b.T)
        made += CONSTANT
        return made


def matern(square: np.ndarray, length: float) -> np.ndarray:
    """Matérn-5/2 correlations of squared distances."""
    r = np.sqrt(square)
    r *= np.sqrt(5) / length
    return (1 + r + r * r / 3) * np.exp(-r)


@dataclass(frozen=True)
class Posterior:
    """The posterior mean is covariance(x, rows) · coefficients (n, t)."""

    covariance: Covariance
    values: np.ndarray
    coefficients: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Posterior means (m, t) at rows (m, d)."""
        made = np.empty((len(values), self.coefficients.shape[1]))
        for block in blocks(len(values), BLOCK):
            near = self.covariance.between(values[block], self.values)
            made[block] = near @ self.coefficients
        return made


def posterior(
    rows: Rows, targets: np.ndarray, covariance: Covariance
) -> tuple[Posterior, np.ndarray]:
    """The posterior given targets (n, t) and the means (n, t) that each row's absence would give.

    Leave-one-out: y_i − (K⁻¹y)_i / (K⁻¹)_ii (Rasmussen and Williams, 2006, eq. 5.12).
    """
    from scipy.linalg import cho_solve

    factor = _factor(rows, covariance)
    coefficients = cho_solve((factor, True), targets)
    precision = _inverse_diagonal(factor)
    left_out = targets - coefficients / precision[:, None]
    return Posterior(covariance, rows.values, coefficients), left_out


def _factor(rows: Rows, covariance: Covariance) -> np.ndarray:
    """The lower Cholesky factor of the covariance of noisy targets, in one n × n array."""
    from scipy.linalg import cholesky

    n = len(rows)
    noisy = np.empty((n, n), order="F")
    for block in blocks(n, BLOCK):
        noisy[:, block] = covariance.between(rows.values[block], rows.values).T
    noisy[np.diag_indices(n)] += covariance.noise / rows.weight
    return cholesky(noisy, lower=True, overwrite_a=True, check_finite=False)


def _inverse_diagonal(factor: np.ndarray) -> np.ndarray:
    """The diagonal (n,) of the inverse of a matrix with that lower factor, which is overwritten."""
    from scipy.linalg.lapack import dtrtri

    inverse, _ = dtrtri(factor, lower=1, overwrite_c=1)
    return np.einsum("ij,ij->j", inverse, inverse)


def fit_covariance(rows: Rows, targets: np.ndarray, square: float) -> Covariance:
    """The covariance that maximises the marginal likelihood of targets (n, t), t draws of it.

    `square` is a typical squared distance: lengths are searched around its root.
    """
    from scipy.optimize import minimize

    evidence = Evidence(rows, targets, np.sqrt(square))
    options: dict[str, Any] = {"maxiter": ITERATIONS}
    found = minimize(evidence, START, jac=True, bounds=BOUNDS, method="L-BFGS-B", options=options)
    return evidence.covariance(found.x)


class Evidence:
    """Minus the log marginal likelihood a number, and its gradient, at four logarithms."""

    def __init__(self, rows: Rows, targets: np.ndarray, unit: float) -> None:
        self.targets, self.unit = targets, unit
        self.square = squared_distances(rows.values, rows.values)
        self.square[np.diag_indices(len(rows))] = 0
        self.inner = rows.values @ rows.values.T / rows.values.shape[1]
        self.noise = 1 / rows.weight

    def covariance(self, logarithms: np.ndarray) -> Covariance:
        """The covariance at a point of the search."""
        length, amplitude, slope, noise = np.exp(logarithms)
        return Covariance(length * self.unit, amplitude, slope, noise)

    def __call__(self, logarithms: np.ndarray) -> tuple[float, np.ndarray]:
        from scipy.linalg import LinAlgError, cho_factor, cho_solve

        at = self.covariance(logarithms)
        near = matern(self.square, at.length)
        noisy = at.amplitude * near + at.slope * self.inner + CONSTANT
        noisy[np.diag_indices(len(noisy))] += at.noise * self.noise
        try:
            factor = cho_factor(noisy, lower=True, check_finite=False)
        except LinAlgError:
            return IMPOSSIBLE, np.zeros(4)
        count = self.targets.size
        half_log = np.log(np.diag(factor[0])).sum() * self.targets.shape[1]
        inverse = cho_solve(factor, np.eye(len(noisy)), check_finite=False)
        solved = inverse @ self.targets
        value = 0.5 * np.sum(self.targets * solved) + half_log
        rise = self.targets.shape[1] * inverse - solved @ solved.T
        return value / count, 0.5 * self._gradient(at, near, rise) / count

    def _gradient(self, at: Covariance, near: np.ndarray, rise: np.ndarray) -> np.ndarray:
        r = np.sqrt(5 * self.square) / at.length
        shorter = at.amplitude * r * r * (1 + r) / 3 * np.exp(-r)
        noise = at.noise * (np.diag(rise) @ self.noise)
        parts = (shorter, at.amplitude * near, at.slope * self.inner)
        return np.array([*(np.vdot(rise, part) for part in parts), noise])
