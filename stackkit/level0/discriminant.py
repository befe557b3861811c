"""Linear discriminant analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.calibration import softmax
from stackkit.level0.probabilities import as_columns
from stackkit.level0.rows import Rows, rows_of
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective


@dataclass(frozen=True)
class LinearDiscriminant(BaseLearner):
    """Classes as Gaussian clouds of one covariance, shrunk towards its diagonal.

    Fisher's discriminant as a posterior; `shrinkage` 0..1 is the share of the diagonal, None:
    Ledoit and Wolf's estimate ("A well-conditioned estimator for large-dimensional covariance
    matrices", 2004) on columns standardised within classes.
    """

    kind: ClassVar[str] = "linear-discriminant"
    shrinkage: float | None = None

    def build(self, objective: Objective, seed: int) -> DiscriminantFit:
        """An unfitted discriminant; it takes classes only."""
        return DiscriminantFit(self, len(objective.classes))


@dataclass
class DiscriminantFit:
    """A weight counts like as many rows (after scaling to mean 1)."""

    learner: LinearDiscriminant
    classes: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> DiscriminantFit:
        """Fit means, shares and the common covariance on X (n, d) and codes y (n,)."""
        rows = rows_of(X, y, weight)
        share, means = class_means(rows, self.classes)
        spread = rows.values - means[rows.y]
        scale = _scale(spread, rows.weight)
        covariance = shrunk_covariance(spread / scale, rows.weight, self.learner.shrinkage)
        self.directions_ = np.linalg.solve(covariance, (means / scale).T) / scale[:, None]
        half = 0.5 * np.einsum("kd,dk->k", means, self.directions_)
        self.offset_ = np.log(np.maximum(share, 1e-12)) - half
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        values = np.asarray(X, dtype=np.float64)
        return as_columns(softmax(values @ self.directions_ + self.offset_))


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
        cost=ExpectedCost(0.1),
        value=0.3,
    ),
)
