"""Gaussian processes against explicit formulas, refits and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from stackkit.level0.process import (
    CONSTANT,
    Covariance,
    Evidence,
    fit_covariance,
    posterior,
)
from stackkit.level0.rows import rows_of

RNG = np.random.default_rng(0)
N, D = 25, 3
X = RNG.normal(size=(N, D))
WEIGHT = RNG.random(N) + 0.5
TARGETS = np.stack([np.sin(X[:, 0]), X[:, 1] + RNG.normal(0, 0.1, N)], axis=1)
COVARIANCE = Covariance(length=1.3, amplitude=0.8, slope=0.4, noise=0.1)


def slow_covariance(a: np.ndarray, b: np.ndarray, at: Covariance) -> float:
    r = np.sqrt(5) * np.linalg.norm(a - b) / at.length
    matern = (1 + r + r**2 / 3) * np.exp(-r)
    return at.amplitude * matern + at.slope * (a @ b) / D + CONSTANT


def slow_matrix(a: np.ndarray, b: np.ndarray, at: Covariance = COVARIANCE) -> np.ndarray:
    return np.array([[slow_covariance(x, z, at) for z in b] for x in a])


def noisy(at: Covariance = COVARIANCE) -> np.ndarray:
    return slow_matrix(X, X, at) + np.diag(at.noise / rows_of(X, TARGETS, WEIGHT).weight)


def test_the_posterior_mean_against_the_formula() -> None:
    new = RNG.normal(size=(6, D))
    found, _ = posterior(rows_of(X, TARGETS, WEIGHT), TARGETS, COVARIANCE)
    expected = slow_matrix(new, X) @ np.linalg.inv(noisy()) @ TARGETS
    np.testing.assert_allclose(found.mean(new), expected, rtol=1e-6, atol=1e-8)


def test_left_out_means_against_refits() -> None:
    _, found = posterior(rows_of(X, TARGETS, WEIGHT), TARGETS, COVARIANCE)
    full = noisy()
    for i in range(N):
        rest = np.arange(N) != i
        near = full[i, rest]
        expected = near @ np.linalg.inv(full[np.ix_(rest, rest)]) @ TARGETS[rest]
        np.testing.assert_allclose(found[i], expected, rtol=1e-6, atol=1e-8)


LOGARITHMS = np.log([0.9, 1.1, 0.3, 0.2])


def test_the_evidence_is_the_density_of_the_targets() -> None:
    evidence = Evidence(rows_of(X, TARGETS, WEIGHT), TARGETS, unit=1.5)
    matrix = noisy(evidence.covariance(LOGARITHMS))
    density = sum(multivariate_normal(np.zeros(N), matrix).logpdf(t) for t in TARGETS.T)
    expected = -(density / TARGETS.size + 0.5 * np.log(2 * np.pi))
    assert evidence(LOGARITHMS)[0] == pytest.approx(expected)


def test_the_gradient_of_the_evidence_against_differences() -> None:
    evidence = Evidence(rows_of(X, TARGETS, WEIGHT), TARGETS, unit=1.5)
    numeric = approx_fprime(LOGARITHMS, lambda at: evidence(at)[0], 1e-6)
    np.testing.assert_allclose(evidence(LOGARITHMS)[1], numeric, atol=1e-5)


def test_a_draw_of_a_process_shows_its_noise() -> None:
    values = RNG.uniform(-3, 3, size=(300, 1))
    rows = rows_of(values, values[:, 0])
    truth = Covariance(1.0, 1.0, 1e-3, 0.04)
    matrix = truth.between(values, values) + 0.04 * np.eye(300)
    draw = np.linalg.cholesky(matrix) @ RNG.normal(size=300)
    found = fit_covariance(rows, draw[:, None], 1.0)
    assert found.noise == pytest.approx(0.04, rel=0.4)
    assert 0.3 < found.length < 3
