"""Weights for values, from the members' losses or residuals around each query.

Competence is minus the loss of each reference row (squared, absolute or pinball, in the objective's
space); neighbours count by the tricube of their distance, as in local regression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.local_means import local_sum, tricube_shares, weights_of
from stackkit.level2.dynamic.local_nnls import simplex_least_squares
from stackkit.level2.dynamic.method import Reference, Region

VALUES = ("regression",)
CHUNK = 2_000_000  # residuals gathered at once
EXACT = 1e-9  # share of the pool's local loss that a member's loss cannot fall below


@dataclass(frozen=True)
class LocalBest:
    """The member of least local loss; where several tie, the best of them over all rows.

    Dynamic selection of Rooney, Patterson, Anand, Tsymbal, "Dynamic integration of regression
    models" (MCS 2004).
    """

    name: ClassVar[str] = "local_best"
    tasks: ClassVar[tuple[str, ...]] = VALUES
    reads_own: ClassVar[bool] = False

    def fit(self, reference: Reference, own: Region, seed: int) -> LocalLoss:
        """Keep the losses of the reference rows, and who is best over all."""
        loss = losses(reference)
        overall = np.average(loss, axis=0, weights=reference.weight)
        return LocalLoss(
            loss, reference.weight, partial(best, order=overall.argsort(kind="stable"))
        )


@dataclass(frozen=True)
class InverseLoss:
    """Members weigh by (1 / local loss)^power.

    Dynamic weighting of Rooney et al. (2004). With squared loss and power 1 these are the best
    weights of members whose errors are independent.

    Parameters
    ----------
    power : 0 is the plain mean; the larger, the nearer to the locally best member.
    """

    name: ClassVar[str] = "inverse_loss"
    tasks: ClassVar[tuple[str, ...]] = VALUES
    reads_own: ClassVar[bool] = False
    power: float = 1.0

    def fit(self, reference: Reference, own: Region, seed: int) -> LocalLoss:
        """Keep the losses of the reference rows."""
        return LocalLoss(losses(reference), reference.weight, partial(inverse, power=self.power))


@dataclass(frozen=True)
class BetterThanMean:
    """Members whose local loss is below the pool's mean local loss, by how much it is.

    The rule of DES-P (Woloszynski, Kurzynski, Podsiadlo, Stapor, Information Fusion 13, 2012:
    members better than a random guess, by the margin) with the average member in place of chance.
    """

    name: ClassVar[str] = "better_than_mean"
    tasks: ClassVar[tuple[str, ...]] = VALUES
    reads_own: ClassVar[bool] = False

    def fit(self, reference: Reference, own: Region, seed: int) -> LocalLoss:
        """Keep the losses of the reference rows."""
        return LocalLoss(losses(reference), reference.weight, margins)


@dataclass(frozen=True)
class LocalLoss:
    """Losses (n, m) of the reference rows, and the rule that makes local means of them weights."""

    loss: np.ndarray
    weight: np.ndarray | None
    rule: Callable[[np.ndarray], np.ndarray]

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """The rule on the mean losses (q, m) of the regions."""
        return self.rule(local_sum(region, tricube_shares(region, self.weight), self.loss))


def best(local: np.ndarray, order: np.ndarray) -> np.ndarray:
    """1 for the member of least loss, of equal ones the first in `order` (m,)."""
    weights = np.zeros(local.shape)
    weights[np.arange(len(local)), order[local[:, order].argmin(axis=1)]] = 1.0
    return weights


def inverse(local: np.ndarray, power: float) -> np.ndarray:
    """In proportion to (1 / loss)^power."""
    floor = EXACT * local.mean(axis=1, keepdims=True)
    local = np.where(floor > 0, np.maximum(local, floor), 1.0)
    return weights_of((local.min(axis=1, keepdims=True) / local) ** power)


def margins(local: np.ndarray) -> np.ndarray:
    """In proportion to how far the loss is below the mean; nobody where all err alike."""
    mean = local.mean(axis=1, keepdims=True)
    return weights_of(np.where(mean - local > EXACT * mean, mean - local, 0.0))


@dataclass(frozen=True)
class LocalNnls:
    """Weights on the simplex of least squared error in the region, by non-negative least squares.

    Breiman's stacked regression (1996) around each query: min Σⱼ sⱼ (Σᵢ wᵢ rᵢⱼ)² + ridge · d · |w|²
    over w ≥ 0, Σ w = 1, where r are residuals, s the neighbours' shares and d the members' mean
    squared local residual, so that a ridge means the same on every target and in every region.

    Parameters
    ----------
    ridge : pull to equal weights, above 0.
    """

    name: ClassVar[str] = "local_nnls"
    tasks: ClassVar[tuple[str, ...]] = VALUES
    reads_own: ClassVar[bool] = False
    ridge: float = 0.1

    def fit(self, reference: Reference, own: Region, seed: int) -> LocalNnlsFit:
        """Keep the residuals of the reference rows."""
        residuals = reference.predictions[..., 0].T.astype(np.float64) - reference.y[:, None]
        return LocalNnlsFit(residuals, reference.weight, self.ridge)


@dataclass(frozen=True)
class LocalNnlsFit:
    """Residuals (n, m) of the reference rows."""

    residuals: np.ndarray
    weight: np.ndarray | None
    ridge: float

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """The best weights around each query."""
        members = self.residuals.shape[1]
        size = max(CHUNK // (members * max(region.rows.shape[1], members)), 1)
        parts = (slice(i, i + size) for i in range(0, len(region), size))
        return np.concatenate([self._solve(_part(region, p)) for p in parts])

    def _solve(self, region: Region) -> np.ndarray:
        shares = tricube_shares(region, self.weight)
        around = self.residuals[region.rows] * np.sqrt(shares)[..., None]
        return simplex_least_squares(around.transpose(0, 2, 1) @ around, self.ridge)


def losses(reference: Reference) -> np.ndarray:
    """Losses (n, m) float64 of the reference rows."""
    return -np.asarray(reference.competence.T, dtype=np.float64)


def _part(region: Region, rows: slice) -> Region:
    return Region(region.rows[rows], region.distances[rows])
