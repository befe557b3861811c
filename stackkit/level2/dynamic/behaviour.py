"""Methods that compare how the pool behaves at the query and at its neighbours: MCB and KNOP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.knora import KnoraUFit
from stackkit.level2.dynamic.local_accuracy import LocalAccuracy
from stackkit.level2.dynamic.local_means import equal_shares, local_sum, normalised
from stackkit.level2.dynamic.method import Reference, Region
from stackkit.level2.dynamic.search import Index


@dataclass(frozen=True)
class Mcb(LocalAccuracy):
    """OLA over the neighbours at which the pool's votes are like those at the query.

    Giacinto, Roli, "Dynamic classifier selection based on multiple classifier behaviour" (Pattern
    Recognition 34, 2001): S(x, xₖ) = (1/m) Σᵢ [votes of member i at x and xₖ are equal]; where no
    neighbour is alike, all count.

    Parameters
    ----------
    similarity : S above which a neighbour is alike.
    """

    name: ClassVar[str] = "mcb"
    margin: float = 0.1
    similarity: float = 0.7

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Mean competence over the neighbours of like behaviour."""
        known, here = (p.argmax(axis=2).T for p in (reference.predictions, predictions))
        alike = (known[region.rows] == here[:, None]).mean(axis=2) > self.similarity
        alike |= ~alike.any(axis=1, keepdims=True)
        shares = normalised(equal_shares(region, reference.weight) * alike)
        return local_sum(region, shares, reference.competence.T)


@dataclass(frozen=True)
class Knop:
    """KNORA-U over the reference rows whose output profiles are nearest to the query's.

    Cavalin, Sabourin, Suen, "Dynamic selection approaches for multiple classifier systems" (Neural
    Computing and Applications 22, 2013). A profile is all members' probabilities side by side; as
    many rows are read as the region has.
    """

    name: ClassVar[str] = "knop"
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass")
    reads_own: ClassVar[bool] = False

    def fit(self, reference: Reference, own: Region, seed: int) -> KnopFit:
        """Index the output profiles of the reference."""
        return KnopFit(Index.of(profiles(reference.predictions)), KnoraUFit(reference))


@dataclass(frozen=True)
class KnopFit:
    """The index of profiles beside KNORA-U."""

    index: Index
    votes: KnoraUFit

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """In proportion to competence among rows of like profiles."""
        alike = self.index.nearest(profiles(predictions), region.rows.shape[1])
        return self.votes.weights(alike, predictions)


def profiles(predictions: np.ndarray) -> np.ndarray:
    """(n, d) probabilities of (m, n, C) side by side; of two classes the second alone."""
    told = predictions[..., 1:] if predictions.shape[2] == 2 else predictions
    return np.concatenate(list(told), axis=1)
