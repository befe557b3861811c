"""Ridge regression with its penalty chosen by exact leave-one-out error, in closed form."""

from __future__ import annotations

import numpy as np

BLOCK = 20_000  # rows that are held in float64 at a time


def fit_ridge(
    X: np.ndarray, y: np.ndarray, penalties: tuple[float, ...], weight: np.ndarray | None = None
) -> tuple[np.ndarray, float, float]:
    """Coefficients (d,), intercept and the penalty chosen; X (n, d), y (n,), weight (n,).

    Minimises the weighted mean of squared errors + penalty · |coef|². With the eigenvectors V and
    eigenvalues e of the covariance, row i has leverage h_i = w_i (1 + Σ_j (x_i V)_j² / (e_j + a))
    and left-out residual r_i / (1 − h_i), w summing to 1 (Golub, Heath and Wahba, 1979).
    """
    w = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    mean, y_mean = _mean(X, w), float(w @ y)
    gram, cross = _moments(X, y - y_mean, w, mean)
    e, V = np.linalg.eigh(gram)
    e, projected = np.maximum(e, 0), V.T @ cross
    grid = np.asarray(penalties, np.float64)
    errors = _left_out_errors(X, y - y_mean, w, mean, V, e, projected, grid)
    best = float(grid[int(np.argmin(errors))])
    coef = V @ (projected / (e + best))
    return coef, y_mean - float(mean @ coef), best


def _mean(X: np.ndarray, w: np.ndarray) -> np.ndarray:
    return sum(
        (w[rows] @ X[rows].astype(np.float64) for rows in _blocks(len(X))), np.zeros(X.shape[1])
    )


def _moments(
    X: np.ndarray, y: np.ndarray, w: np.ndarray, mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted covariance (d, d) and covariance with y (d,)."""
    gram, cross = np.zeros((X.shape[1], X.shape[1])), np.zeros(X.shape[1])
    for rows in _blocks(len(X)):
        block = X[rows] - mean
        weighted = block * w[rows, None]
        gram += weighted.T @ block
        cross += weighted.T @ y[rows]
    return gram, cross


def _left_out_errors(
    X: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    mean: np.ndarray,
    V: np.ndarray,
    e: np.ndarray,
    projected: np.ndarray,
    grid: np.ndarray,
) -> np.ndarray:
    """Weighted mean squared left-out error of each penalty (g,)."""
    shrink = 1 / (e[:, None] + grid)
    errors = np.zeros(len(grid))
    for rows in _blocks(len(X)):
        scores = (X[rows] - mean) @ V
        leverage = w[rows, None] * (1 + scores**2 @ shrink)
        residual = y[rows, None] - scores @ (projected[:, None] * shrink)
        errors += w[rows] @ (residual / np.maximum(1 - leverage, 1e-6)) ** 2
    return errors


def _blocks(n: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, n, BLOCK)]
