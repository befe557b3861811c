"""K-nearest-oracles: members that are right around the query, KNORA-E and KNORA-U.

Ko, Sabourin, Britto, "From dynamic classifier selection to dynamic ensemble selection" (Pattern
Recognition 41, 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.local_accuracy import CLASSES, averaged
from stackkit.level2.dynamic.local_means import equal_shares, local_sum, weights_of
from stackkit.level2.dynamic.method import Reference, Region

RIGHT = 0.5  # competence above which a member is right: the true class has the most probability


@dataclass(frozen=True)
class KnoraU:
    """Union: each member has a vote for each neighbour that it is right on, wᵢ ∝ Σₖ cᵢ(xₖ)."""

    name: ClassVar[str] = "knora_u"
    tasks: ClassVar[tuple[str, ...]] = CLASSES
    reads_own: ClassVar[bool] = False

    def fit(self, reference: Reference, own: Region, seed: int) -> KnoraUFit:
        """Keep the reference."""
        return KnoraUFit(reference)


@dataclass(frozen=True)
class KnoraUFit:
    """A reference of which competences are summed."""

    reference: Reference

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """In proportion to the competence in the region."""
        shares = equal_shares(region, self.reference.weight)
        return weights_of(local_sum(region, shares, self.reference.competence.T))


@dataclass(frozen=True)
class KnoraE:
    """Eliminate: the members that are right on all of the K nearest, for the largest K with any.

    A member is right where its competence is above 1/2. Nobody is selected where none is right on
    the nearest row.
    """

    name: ClassVar[str] = "knora_e"
    tasks: ClassVar[tuple[str, ...]] = CLASSES
    reads_own: ClassVar[bool] = False

    def fit(self, reference: Reference, own: Region, seed: int) -> KnoraEFit:
        """Keep who is right where."""
        return KnoraEFit(np.ascontiguousarray(reference.competence.T > RIGHT))


@dataclass(frozen=True)
class KnoraEFit:
    """Whether (n, m) each member is right on each reference row."""

    right: np.ndarray

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """Equal weights for those that are right the farthest."""
        so_far = np.logical_and.accumulate(self.right[region.rows], axis=1)
        reach = so_far.sum(axis=1)
        farthest = reach.max(axis=1, keepdims=True)
        return averaged((reach == farthest) & (farthest > 0))
