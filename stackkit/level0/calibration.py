"""Probabilities from decision values that were made for rows by models not fitted on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stackkit.level0.rows import Rows

PRIOR_ROWS = 1.0  # what the pull towards equal slopes weighs, in rows
ITERATIONS = 200

Score = Callable[[Rows, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Calibration:
    """P(class k) is proportional to exp(slope_k · score_k / unit + shift_k).

    Platt's sigmoid for two classes (Platt, 1999), vector scaling for more (Guo et al., "On
    calibration of modern neural networks", 2017).
    """

    unit: float
    slope: np.ndarray
    shift: np.ndarray

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities (n, C) of decision values (n, C)."""
        return softmax(scores / self.unit * self.slope + self.shift)

    def loss(self, scores: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> float:
        """Mean weighted log-loss of scores (n, C) against codes (n,)."""
        p = self.probabilities(scores)[np.arange(len(codes)), codes]
        return float(np.average(-np.log(np.maximum(p, 1e-15)), weights=weight))


def calibrate(scores: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> Calibration:
    """The slopes and shifts of least weighted log-loss of scores (n, C) against codes (n,).

    Each parameter is pulled towards its neutral value (slope 1, shift 0) with the force of a row,
    which keeps them finite where scores separate the classes. No slope is below 0: scores of rows
    that were left out run against their classes where there is nothing to learn, as each row moves
    the mean of the others away from itself, but those of new rows do not.
    """
    from scipy.optimize import minimize

    spread = scores - scores.mean(axis=1, keepdims=True)
    unit = float(np.sqrt(np.mean(spread**2))) or 1.0
    scaled, count = scores / unit, scores.shape[1]
    target = np.eye(count)[codes]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        return scaling_loss(parameters, scaled, target, weight)

    start = np.concatenate([np.ones(count), np.zeros(count)])
    bounds = [(0, None)] * count + [(None, None)] * count
    options = {"maxiter": ITERATIONS}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return Calibration(unit, found[:count], found[count:])


def scaling_loss(
    parameters: np.ndarray, scores: np.ndarray, target: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Mean weighted log-loss with its pull, and its gradient, at slopes and shifts (2C,)."""
    count, n = scores.shape[1], weight.sum()
    slope, shift = parameters[:count], parameters[count:]
    p = softmax(scores * slope + shift)
    data = -np.sum(weight * np.log(np.maximum((p * target).sum(axis=1), 1e-300)))
    pull = parameters - np.repeat([1.0, 0.0], count)
    rise = weight[:, None] * (p - target)
    gradient = np.concatenate([(rise * scores).sum(axis=0), rise.sum(axis=0)])
    value = data + 0.5 * PRIOR_ROWS * pull @ pull
    return float(value / n), (gradient + PRIOR_ROWS * pull) / n


def cross_fitted(rows: Rows, score: Score, folds: np.ndarray) -> np.ndarray:
    """Decision values (n, C) of each row from `score` fitted on the rows of the other folds (n,).

    `score(fitted rows, values (m, d))` gives those of new rows (m, C).
    """
    members = [folds == k for k in np.unique(folds)]
    made = [score(rows.take(~member), rows.values[member]) for member in members]
    scores = np.empty((len(rows), made[0].shape[1]))
    for member, part in zip(members, made, strict=True):
        scores[member] = part
    return scores


def softmax(z: np.ndarray) -> np.ndarray:
    """Rows (n, C) of positive numbers of sum 1."""
    raised = np.exp(z - z.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
