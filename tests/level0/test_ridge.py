"""Ridge against a refit for each row that is left out, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from stackkit.level0 import ridge
from stackkit.level0.ridge import fit_ridge

RNG = np.random.default_rng(0)
GRID = (1e-3, 0.03, 1.0)


def problem(n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X = RNG.normal(size=(n, d)).astype(np.float32)
    y = X[:, 0] + 3 + RNG.normal(0, 2, n)
    return X, y, RNG.integers(1, 4, n).astype(float)


def left_out_error(X: np.ndarray, y: np.ndarray, w: np.ndarray, penalty: float) -> float:
    """Refit without each row; the penalty and the weights keep their size."""
    w, error = w / w.sum(), 0.0
    mean, centre = w @ X, w @ y
    for i in range(len(y)):
        v = np.where(np.arange(len(y)) == i, 0, w)
        Z = np.column_stack([X - mean, np.ones(len(y))])
        shrink = np.diag([*[penalty] * X.shape[1], 0.0])
        coef = np.linalg.solve(Z.T @ (Z * v[:, None]) + shrink, Z.T @ (v * (y - centre)))
        error += w[i] * (y[i] - centre - Z[i] @ coef) ** 2
    return error


@pytest.mark.parametrize(("n", "d"), [(40, 3), (12, 20)])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_penalty_has_the_least_left_out_error(n: int, d: int, weighted: bool) -> None:
    X, y, weight = problem(n, d)
    w = weight if weighted else np.ones(n)
    errors = [left_out_error(X.astype(float), y, w, p) for p in GRID]
    chosen = fit_ridge(X, y, GRID, w if weighted else None)[2]
    assert chosen == GRID[int(np.argmin(errors))]


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_equal_scikit_learns(weighted: bool) -> None:
    X, y, weight = problem(50, 4)
    w = weight if weighted else np.ones(50)
    coef, intercept, _ = fit_ridge(X, y, (0.1,), w)
    reference = Ridge(alpha=0.1 * w.sum()).fit(X.astype(float), y, w)
    np.testing.assert_allclose(coef, reference.coef_, rtol=1e-6)
    np.testing.assert_allclose(intercept, reference.intercept_, rtol=1e-6)


def test_blocks_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, weight = problem(50, 4)
    whole = fit_ridge(X, y, GRID, weight)
    monkeypatch.setattr(ridge, "BLOCK", 7)
    parts = fit_ridge(X, y, GRID, weight)
    np.testing.assert_allclose(parts[0], whole[0])
    assert parts[2] == whole[2]
