"""Ridge regression at several penalties from one decomposition, with what it leaves out exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

LEAST_FREE = 1e-6  # share of a row that its own fit leaves free, at least


@dataclass(frozen=True)
class Ridge:
    """A fit at one penalty: coefficients (q,), and residuals (n,) of fits without each row."""

    penalty: float
    coefficients: np.ndarray
    intercept: float
    left_out: np.ndarray


def ridge_path(
    X: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    penalties: Sequence[float],
    factors: np.ndarray,
) -> Iterator[Ridge]:
    """Fits of least Σ w (y − b − X v)² + penalty Σ_j factor_j v_j², one for each penalty.

    X (n, q), y (n,), weight (n,) positive; the intercept b is free. Leave-one-out residuals are
    those over one less the leverage (Golub, Heath and Wahba, 1979): the intercept moves too.
    """
    total, shrink = weight.sum(), 1 / np.sqrt(factors)
    centre, middle = weight @ X / total, float(weight @ y / total)
    Z, away = (X - centre) * shrink, y - middle
    values, vectors = np.linalg.eigh(Z.T @ (weight[:, None] * Z))
    values = np.maximum(values, 0.0)
    turned = Z @ vectors
    aim, square = turned.T @ (weight * away), turned**2
    for penalty in penalties:
        solution = aim / (values + penalty)
        leverage = weight * (1 / total + square @ (1 / (values + penalty)))
        left = (away - turned @ solution) / np.maximum(1 - leverage, LEAST_FREE)
        v = shrink * (vectors @ solution)
        yield Ridge(penalty, v, middle - float(centre @ v), left)
