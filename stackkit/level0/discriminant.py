"""Linear discriminant analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.calibration import calibrate, cross_fitted
from stackkit.level0.probabilities import as_columns
from stackkit.level0.rows import Rows, deal, rows_of
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective


@dataclass(frozen=True)
class LinearDiscriminant(BaseLearner):
    """Classes as Gaussian clouds of one covariance, shrunk towards its diagonal.

    Fisher's discriminant with calibrated probabilities: columns are seldom Gaussian, so that the
    log posteriors of rows that inner folds left out give slopes and shifts (see `calibration`).

    Parameters
    ----------
    shrinkage : share 0..1 of the diagonal, None: Ledoit and Wolf's estimate ("A well-conditioned
        estimator for large-dimensional covariance matrices", 2004) on columns standardised within
        classes.
    inner_folds : folds of the calibration.
    """

    kind: ClassVar[str] = "linear-discriminant"
    version: ClassVar[int] = 2
    shrinkage: float | None = None
    inner_folds: int = 5

    def build(self, objective: Objective, seed: int) -> DiscriminantFit:
        """An unfitted discriminant; it takes classes only."""
        return DiscriminantFit(self, len(objective.classes), seed)


@dataclass
class DiscriminantFit:
    """A weight counts like as many rows (after scaling to mean 1)."""

    learner: LinearDiscriminant
    classes: int
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> DiscriminantFit:
        """Fit the discriminants and their calibration on X (n, d) and codes y (n,)."""
        rows = rows_of(X, y, weight)
        folds = deal(rows.y, self.learner.inner_folds, self.seed)
        scores = cross_fitted(rows, self._scores, folds)
        self.calibration_ = calibrate(scores, rows.y, rows.weight)
        self.model_ = self._discriminants(rows)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        scores = self.model_.scores(np.asarray(X, dtype=np.float64))
        return as_columns(self.calibration_.probabilities(scores))

    def _scores(self, rows: Rows, values: np.ndarray) -> np.ndarray:
        return self._discriminants(rows).scores(values)

    def _discriminants(self, rows: Rows) -> Discriminants:
        return fit_discriminants(rows, self.classes, self.learner.shrinkage)


@dataclass(frozen=True)
class Discriminants:
    """Linear scores: directions (d, C) and offsets (C,)."""

    directions: np.ndarray
    offset: np.ndarray

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Log posteriors (n, C) of rows (n, d), up to a constant of the row."""
        return values @ self.directions + self.offset


def fit_discriminants(rows: Rows, classes: int, shrinkage: float | None) -> Discriminants:
    """Weighted means and shares, and the covariance within classes, shrunk."""
    share, means = class_means(rows, classes)
    spread = rows.values - means[rows.y]
    scale = _scale(spread, rows.weight)
    covariance = shrunk_covariance(spread / scale, rows.weight, shrinkage)
    directions = np.linalg.solve(covariance, (means / scale).T) / scale[:, None]
    offset = np.log(np.maximum(share, 1 / len(rows))) - 0.5 * (means * directions.T).sum(axis=1)
    return Discriminants(directions, offset)


def class_means(rows: Rows, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares (C,) of the weight and weighted means (C, d) of the classes."""
    member = np.zeros((len(rows), classes))
    member[np.arange(len(rows)), rows.y] = rows.weight
    total = member.sum(axis=0)
    means = (member.T @ rows.values) / np.where(total > 0, total, 1.0)[:, None]
    return total / total.sum(), means


def _scale(spread: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Standard deviations (d,) of centred columns, 1 for constant ones."""
    scale = np.sqrt(np.average(spread**2, axis=0, weights=weight))
    return np.where(scale > 1e-9, scale, 1.0)


def shrunk_covariance(
    centred: np.ndarray, weight: np.ndarray, shrinkage: float | None = None
) -> np.ndarray:
    """Weighted covariance (d, d) of centred rows (n, d), mixed with its mean variance · identity.

    `shrinkage` None: the share that minimises the expected squared error (Ledoit and Wolf, 2004).
    """
    n, d = centred.shape
    covariance = (centred * weight[:, None]).T @ centred / n
    level = np.trace(covariance) / d
    if shrinkage is None:
        shrinkage = _ledoit_wolf(centred, weight, covariance, level)
    floor = 1e-6 * (level or 1.0)
    return (1 - shrinkage) * covariance + (shrinkage * level + floor) * np.eye(d)


def _ledoit_wolf(
    centred: np.ndarray, weight: np.ndarray, covariance: np.ndarray, level: float
) -> float:
    n, d = centred.shape
    size = np.sum(covariance**2)
    distance = size - d * level**2
    fourth = np.average((centred**2).sum(axis=1) ** 2, weights=weight)
    noise = (fourth - size) / n
    return float(np.clip(noise / distance, 0, 1)) if distance > 1e-12 else 1.0


SPECS = (
    ModelSpec(
        "lda",
        LinearDiscriminant(),
        family="discriminant",
        tasks=("binary", "multiclass"),
        recipe="linear",
        cost=ExpectedCost(0.03, columns=1.0, outputs=0.4, copies=6),
        value=0.3,
    ),
)
