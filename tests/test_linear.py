"""Penalties against refits for each row that is left out, and against the data they suit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from stackkit import linear
from stackkit.linear import fit_logistic, fit_ridge, left_out_residuals

RNG = np.random.default_rng(0)
N, D, C = 90, 4, 3
X = RNG.normal(size=(N, D))
VALUES = X[:, 0] + 3 + RNG.normal(0, 2, N)
CODES = np.argmax(X[:, :C] + RNG.normal(size=(N, C)), axis=1)
WEIGHT = RNG.integers(1, 4, N).astype(float)


def left_out_error(alpha: float, rows: int) -> float:
    """The squared error of each row by a ridge that was fitted without it."""
    errors = []
    for i in range(rows):
        others = np.arange(rows) != i
        model = Ridge(alpha=alpha).fit(X[:rows][others], VALUES[:rows][others])
        errors.append((model.predict(X[i : i + 1])[0] - VALUES[i]) ** 2)
    return float(np.mean(errors))


@pytest.mark.parametrize("rows", [12, 40, N])
def test_ridge_takes_the_alpha_of_least_left_out_error(rows: int) -> None:
    alphas = [0.1, 3.0, 100.0, 3000.0]
    errors = [left_out_error(alpha, rows) for alpha in alphas]
    chosen = fit_ridge(X[:rows], VALUES[:rows], alphas)
    assert chosen.alpha_ == alphas[int(np.argmin(errors))]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("columns", [2, D, 40])
def test_left_out_residuals_are_those_of_refits(columns: int, weighted: bool) -> None:
    rows, alpha = 30, 2.0
    wide = RNG.normal(size=(rows, columns))
    y, weight = VALUES[:rows], WEIGHT[:rows] / WEIGHT[:rows].mean()
    expected = []
    for i in range(rows):
        others = np.arange(rows) != i
        share = weight[others] if weighted else None
        model = Ridge(alpha=alpha).fit(wide[others], y[others], share)
        expected.append(y[i] - model.predict(wide[[i]])[0])
    model = fit_ridge(wide, y, [alpha], weight if weighted else None)
    found = left_out_residuals(model, wide, y, 3 * weight if weighted else None)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_the_unit_of_weights_does_not_matter() -> None:
    once, tenfold = (fit_ridge(X, VALUES, [1.0, 10.0], w) for w in (WEIGHT, 10 * WEIGHT))
    np.testing.assert_allclose(once.coef_, tenfold.coef_, rtol=1e-9)
    once, tenfold = (fit_logistic(X, CODES, [0.1], w) for w in (WEIGHT, 10 * WEIGHT))
    np.testing.assert_allclose(once.coef_, tenfold.coef_, rtol=1e-6)


def test_logistic_shrinks_noise_more_than_signal() -> None:
    strengths = [0.001, 0.1, 10.0]
    noise, clear = RNG.permutation(CODES), np.argmax(X[:, :C], axis=1)
    assert fit_logistic(X, noise, strengths).C_ < fit_logistic(X, clear, strengths).C_


def test_classes_too_rare_for_folds_are_shrunk_most() -> None:
    codes = np.zeros(N, dtype=np.int64)
    codes[0] = 1
    found = fit_logistic(X, codes, [10.0, 0.1])
    np.testing.assert_allclose(found.coef_, LogisticRegression(C=0.1).fit(X, codes).coef_)


def test_large_data_take_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "CHEAP", 10)
    found = fit_logistic(X, CODES, [0.01, 1.0, 100.0])
    np.testing.assert_allclose(found.coef_, LogisticRegression(C=1.0).fit(X, CODES).coef_)


def test_what_stops_early_or_has_many_classes_is_no_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linear, "ITERATIONS", 1)
    many = fit_logistic(X[:40], np.arange(40) % 30, [1.0])
    assert many.coef_.shape == (30, D)
    assert np.isfinite(fit_logistic(1000 * X, CODES, [0.1, 10.0]).coef_).all()
