"""Competence as a field around the reference rows: DES-KL and DES-RRC.

Each reference row is a source of competence of each member; a query feels the sources of its region
in proportion to a Gaussian potential of the distance, and the members that are felt to be better
than chance weigh by their competence. The papers sum over all reference rows: that is a region of
all rows (k = n), exact; a region of the k nearest drops the terms of least potential.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.local_means import local_sum, normalised, weights_of
from stackkit.level2.dynamic.method import Reference, Region
from stackkit.level2.dynamic.randomized import randomized_competence

CLASSES = ("binary", "multiclass")
TINY = 1e-300


@dataclass(frozen=True)
class DesKl:
    """Members by how far and how rightly their supports depart from those of a random guess.

    Woloszynski, Kurzynski, "On a new measure of classifier competence applied to the design of
    multiclassifier systems" (ICIAP 2009): the source is ±KL(supports ‖ uniform) / log C, positive
    where the member is right. The sign is 2 c^(log 2 / log C) − 1 of the competence c: ±1 where it
    is hard, 0 where a soft one is that of a random guess (the logarithmic competence of the same
    authors). Members above 0 weigh by their competence.

    Parameters
    ----------
    width : distance at which the potential exp(−(d/width)²) has fallen to 1/e; None: that of the
        furthest of the query's region, so that it means the same in any number of columns.
    """

    name: ClassVar[str] = "des_kl"
    tasks: ClassVar[tuple[str, ...]] = CLASSES
    reads_own: ClassVar[bool] = False
    width: float | None = None

    def fit(self, reference: Reference, own: Region, seed: int) -> Field:
        """The field of the sources."""
        return Field(divergence(reference), 0.0, self.width, reference.weight)


@dataclass(frozen=True)
class DesRrc:
    """Members by the probability that a randomized classifier of their supports is right.

    Woloszynski, Kurzynski, "A probabilistic model of classifier competence for dynamic ensemble
    selection" (Pattern Recognition 44, 2011): the source is the chance that random supports, each
    beta distributed with the member's own support as its mean, favour the true class (eq. 5–9); it
    reads the supports alone, so soft and hard competence are the same to it. Members above 1/C
    weigh by their competence.

    Parameters
    ----------
    width : distance at which the potential exp(−(d/width)²) has fallen to 1/e; None: that of the
        furthest of the query's region, so that it means the same in any number of columns.
    """

    name: ClassVar[str] = "des_rrc"
    tasks: ClassVar[tuple[str, ...]] = CLASSES
    reads_own: ClassVar[bool] = False
    width: float | None = None

    def fit(self, reference: Reference, own: Region, seed: int) -> Field:
        """The field of the sources."""
        sources = randomized_competence(reference.predictions, reference.y).T
        chance = 1.0 / reference.predictions.shape[2]
        return Field(sources, chance, self.width, reference.weight)


@dataclass(frozen=True)
class Field:
    """Sources of competence (n, m), felt within `width`; members above `chance` are selected."""

    sources: np.ndarray
    chance: float
    width: float | None
    weight: np.ndarray | None

    def competence(self, region: Region) -> np.ndarray:
        """Mean source (q, m), each neighbour in proportion to its potential."""
        shares = potential(region.distances, self.width)
        if self.weight is not None:
            shares = shares * self.weight[region.rows]
        return local_sum(region, normalised(shares), self.sources)

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """In proportion to competence, 0 at or below chance."""
        felt = self.competence(region)
        return weights_of(np.where(felt > self.chance, felt, 0.0))


def divergence(reference: Reference) -> np.ndarray:
    """Sources (n, m) of DES-KL: sign times KL(supports ‖ uniform) / log C, in [−1, 1]."""
    classes = reference.predictions.shape[2]
    out = np.empty(reference.competence.T.shape)
    for i, (p, c) in enumerate(zip(reference.predictions, reference.competence, strict=True)):
        p = np.asarray(p, dtype=np.float64)
        entropy = -(p * np.log(np.maximum(p, TINY))).sum(axis=1) / np.log(classes)
        sign = 2.0 * np.asarray(c, dtype=np.float64) ** (np.log(2.0) / np.log(classes)) - 1.0
        out[:, i] = sign * (1.0 - entropy)
    return out


def potential(distances: np.ndarray, width: float | None) -> np.ndarray:
    """exp(−(d/width)²) of distances (q, k), over that of the nearest, which thus never vanishes."""
    unit = distances.max(axis=1, keepdims=True) if width is None else width
    relative = distances / np.where(unit > 0, unit, 1.0)
    return np.exp(relative.min(axis=1, keepdims=True) ** 2 - relative**2)
