"""Logistic regression against scikit-learn; its gradient against differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression

from stackkit.level0 import logistic
from stackkit.level0.logistic import fit_softmax, pick_strength

RNG = np.random.default_rng(0)
N, D, C = 90, 4, 3
X = RNG.normal(size=(N, D)).astype(np.float32)
Y = np.argmax(X[:, :C] + RNG.normal(size=(N, C)), axis=1)
WEIGHT = RNG.integers(1, 4, N).astype(float)


def test_coefficients_equal_scikit_learns() -> None:
    coef = fit_softmax(X, Y, C, 0.05, WEIGHT)
    strength = 1 / (0.05 * WEIGHT.sum())
    reference = LogisticRegression(C=strength, tol=1e-8, max_iter=2000)
    reference.fit(X.astype(float), Y, WEIGHT)
    np.testing.assert_allclose(coef[:-1].T, reference.coef_, atol=2e-3)


def test_the_gradient_equals_differences() -> None:
    w = WEIGHT / WEIGHT.sum()

    def parts(flat: np.ndarray) -> tuple[float, np.ndarray]:
        return logistic._loss(flat.reshape(D + 1, C), X.astype(float), Y, w, 0.1)

    start = RNG.normal(size=(D + 1) * C)
    assert check_grad(lambda f: parts(f)[0], lambda f: parts(f)[1], start) < 1e-5


def test_whole_weights_equal_repeated_rows() -> None:
    repeat = np.repeat(np.arange(N), WEIGHT.astype(int))
    once = fit_softmax(X, Y, C, 0.1, WEIGHT)
    np.testing.assert_allclose(once, fit_softmax(X[repeat], Y[repeat], C, 0.1), atol=1e-3)


def test_noise_is_shrunk_more_than_signal() -> None:
    grid = (1e-4, 1e-2, 1.0)
    noise = RNG.permutation(Y)
    clear = np.argmax(X[:, :C], axis=1)
    assert pick_strength(X, noise, C, grid, None, 0) > pick_strength(X, clear, C, grid, None, 0)


def test_large_data_take_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "CHEAP", 10)
    assert pick_strength(X, Y, C, (0.1, 1.0), None, 0) == logistic.DEFAULT
    assert pick_strength(X, Y, C, (0.1,), None, 0) == 0.1


def test_inner_folds_deal_classes_evenly() -> None:
    fold = logistic._inner_folds(Y, 1)
    for c in range(C):
        counts = np.bincount(fold[Y == c], minlength=logistic.INNER)
        assert np.ptp(counts) <= 1
