"""Row losses as curves of one number a row: value, slope and curvature, each (k,) float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CLIP = 1e-15

Curve = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Log:
    """-log z of the probability z of the true class, clipped at 1e-15.

    Where z is clipped, slope and curvature are those at the clip, so that descent can leave.
    """

    positive = True

    def __call__(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of z (k,)."""
        inverse = 1 / np.maximum(z, CLIP)
        return np.log(inverse), -inverse, inverse**2


@dataclass(frozen=True)
class Pinball:
    """|r| / 2 - (q - 1/2) r of a residual r, its kink a parabola within `width` of 0.

    It is never below the pinball loss of y - q-quantile, and at most width / 4 above it.
    """

    quantile: float
    width: float
    positive = False

    def __call__(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of z (k,)."""
        tilt, inside = self.quantile - 0.5, np.abs(z) < self.width
        size = np.where(inside, z**2 / (2 * self.width) + self.width / 2, np.abs(z))
        slope = np.clip(z / self.width, -1, 1) / 2 - tilt
        return size / 2 - tilt * z, slope, inside / (2 * self.width)


@dataclass(frozen=True)
class Logistic:
    """log(1 + exp(-z / scale)): the smooth cost of a pair that is ranked by a difference z."""

    scale: float
    positive = False

    def __call__(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of z (k,)."""
        from scipy.special import expit

        wrong = expit(-z / self.scale)
        slope = -wrong / self.scale
        return np.logaddexp(0, -z / self.scale), slope, wrong * (1 - wrong) / self.scale**2
