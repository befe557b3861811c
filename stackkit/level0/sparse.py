"""Elastic-net paths for values and classes, and the choice of their penalty by inner folds.

The loss of values is half the squared error, of classes the multinomial log-loss, both a mean over
rows; the penalty is strength · (l1_ratio · |w|₁ + (1 − l1_ratio) / 2 · |w|²) (Zou and Hastie,
2005). Intercepts are free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stackkit.level0.calibration import softmax
from stackkit.level0.rows import Rows
from stackkit.linear import quiet

STEP_ITERATIONS = 50  # of a step along a path of classes
ITERATIONS = 300  # of a path of one step


@dataclass(frozen=True)
class Penalty:
    """Falling strengths (p,) of one l1_ratio (0, 1]."""

    strengths: np.ndarray
    l1_ratio: float

    def at(self, position: int) -> Penalty:
        """One of the strengths."""
        return Penalty(self.strengths[[position]], self.l1_ratio)

    def for_rows(self, chosen_on: int, rows: int) -> Penalty:
        """As strong against noise on other numbers of rows."""
        return Penalty(self.strengths * np.sqrt(chosen_on / rows), self.l1_ratio)


@dataclass(frozen=True)
class Path:
    """Coefficients (p, d, t) and intercepts (p, t) for p strengths."""

    coefficients: np.ndarray
    intercepts: np.ndarray

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Linear scores (p, n, t) of rows (n, d)."""
        return values @ self.coefficients + self.intercepts[:, None, :]


def steepest(rows: Rows, targets: np.ndarray) -> float:
    """The largest slope of the loss for targets (n, t) at coefficients of zero.

    A penalty with strength · l1_ratio above it keeps all of them there.
    """
    centred = targets - np.average(targets, axis=0, weights=rows.weight)
    slope = np.abs((rows.values * rows.weight[:, None]).T @ centred).max() / len(rows)
    return float(max(slope, 1e-10))


def values_path(rows: Rows, penalty: Penalty) -> Path:
    """The path of squared error of rows.y by coordinate descent (scikit-learn's `enet_path`)."""
    from sklearn.linear_model import enet_path

    centre = np.average(rows.values, axis=0, weights=rows.weight)
    level = np.average(rows.y, weights=rows.weight)
    root = np.sqrt(rows.weight)
    X = np.asfortranarray((rows.values - centre) * root[:, None])
    y = (rows.y - level) * root
    with quiet():
        _, found, _ = enet_path(
            X, y, l1_ratio=penalty.l1_ratio, alphas=penalty.strengths, precompute=True
        )
    coefficients = found.T[:, :, None]
    return Path(coefficients, level - coefficients[:, :, 0] @ centre[:, None])


def classes_path(rows: Rows, classes: int, penalty: Penalty) -> Path:
    """The path of the log-loss of codes rows.y: L-BFGS on the parts above and below zero.

    Each coefficient is a difference of two that are not negative, which makes the penalty smooth
    (Schmidt, Fung and Rosales, 2007); a step starts where the one before ended.
    """
    from scipy.optimize import minimize

    loss = LogLoss(rows, classes, penalty.l1_ratio)
    most = ITERATIONS if len(penalty.strengths) == 1 else STEP_ITERATIONS
    at, found = loss.start(), []
    for strength in penalty.strengths:
        options = {"maxiter": most, "ftol": 1e-7, "gtol": 1e-5}
        at = minimize(
            loss, at, (strength,), "L-BFGS-B", True, bounds=loss.bounds, options=options
        ).x
        found.append(loss.split(at))
    coefficients = np.stack([up - down for up, down, _ in found])
    return Path(coefficients, np.stack([intercept for *_, intercept in found]))


class LogLoss:
    """The penalised mean log-loss and its gradient at (up (d, t), down (d, t), intercept (t,))."""

    def __init__(self, rows: Rows, classes: int, l1_ratio: float) -> None:
        self.rows, self.l1_ratio = rows, l1_ratio
        self.columns = 1 if classes == 2 else classes
        codes = np.eye(classes)[rows.y]
        self.target = codes[:, 1:] if classes == 2 else codes
        self.shape = rows.values.shape[1], self.columns
        size = self.shape[0] * self.columns
        self.bounds = [(0, None)] * (2 * size) + [(None, None)] * self.columns

    def start(self) -> np.ndarray:
        """No coefficients, and the intercepts of the classes' shares."""
        share = np.average(self.target, axis=0, weights=self.rows.weight)
        share = np.clip(share, 1e-6, 1 - 1e-6)
        intercept = np.log(share / (1 - share)) if self.columns == 1 else np.log(share)
        return np.concatenate([np.zeros(2 * self.shape[0] * self.columns), intercept])

    def split(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """up (d, t), down (d, t) and intercept (t,) of a point."""
        size = self.shape[0] * self.columns
        up, down, intercept = np.split(at, [size, 2 * size])
        return up.reshape(self.shape), down.reshape(self.shape), intercept

    def __call__(self, at: np.ndarray, strength: float) -> tuple[float, np.ndarray]:
        up, down, intercept = self.split(at)
        coefficient = up - down
        p, loss = self._losses(self.rows.values @ coefficient + intercept)
        rise = self.rows.weight[:, None] * (p - self.target) / len(self.rows)
        l1, l2 = strength * self.l1_ratio, strength * (1 - self.l1_ratio)
        slope = self.rows.values.T @ rise + l2 * coefficient
        value = loss + l1 * (up.sum() + down.sum()) + 0.5 * l2 * np.sum(coefficient**2)
        parts = ((slope + l1).ravel(), (l1 - slope).ravel(), rise.sum(axis=0))
        return float(value), np.concatenate(parts)

    def _losses(self, z: np.ndarray) -> tuple[np.ndarray, float]:
        """Probabilities (n, t) of scores (n, t), and their mean weighted log-loss."""
        weight = self.rows.weight
        if self.columns == 1:
            p = 1 / (1 + np.exp(-np.clip(z, -700, 700)))
            each = np.logaddexp(0, z[:, 0]) - self.target[:, 0] * z[:, 0]
        else:
            p = softmax(z)
            each = -np.log(np.maximum((p * self.target).sum(axis=1), 1e-300))
        return p, float(weight @ each) / len(self.rows)


def left_out_losses(
    rows: Rows,
    folds: np.ndarray,
    penalty: Penalty,
    path: Callable[[Rows, Penalty], Path],
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Mean weighted losses (p,) of rows by paths fitted on the rows of the other folds (n,)."""
    total = np.zeros(len(penalty.strengths))
    for k in np.unique(folds):
        out = folds == k
        made = path(rows.take(~out), penalty).scores(rows.values[out])
        total += [rows.weight[out] @ loss(scores, rows.y[out]) for scores in made]
    return total / rows.weight.sum()


def log_losses(z: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Log-loss (n,) of codes (n,) at scores (n, t), t = 1 for two classes."""
    p = probabilities(z)[np.arange(len(codes)), codes]
    return -np.log(np.maximum(p, 1e-15))


def probabilities(z: np.ndarray) -> np.ndarray:
    """Probabilities (n, C) of scores (n, t), t = 1 for two classes."""
    return softmax(np.hstack([np.zeros_like(z), z]) if z.shape[1] == 1 else z)
