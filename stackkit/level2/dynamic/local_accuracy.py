"""Members by how right they are around the query: OLA, LCA, MLA, A Priori, A Posteriori, DES-P.

All but DES-P select one member, and with it those within `margin` of it: ties are averaged, so that
the order of members does not matter. Sources and notation: Britto, Sabourin, Oliveira, "Dynamic
selection of classifiers: a comprehensive review" (Pattern Recognition 47, 2014); Cruz, Sabourin,
Cavalcanti, "Dynamic classifier selection: recent advances and perspectives" (Information Fusion 41,
2018), §3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.local_means import equal_shares, local_sum, normalised
from stackkit.level2.dynamic.method import Reference, Region

CLASSES = ("binary", "multiclass")
TIE = 1e-9  # competences that differ by less are equal
NEAREST = 1e-10  # distance below which rows weigh no more


@dataclass(frozen=True)
class LocalAccuracy:
    """A method that estimates a competence of each member and selects the best.

    Parameters
    ----------
    margin : members whose competence is less than this below the best are selected too.
    """

    tasks: ClassVar[tuple[str, ...]] = CLASSES
    reads_own: ClassVar[bool] = False
    margin: float = 0.0

    def fit(self, reference: Reference, own: Region, seed: int) -> LocalAccuracyFit:
        """Keep the reference."""
        return LocalAccuracyFit(self, reference)

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Competence (q, m) in [0, 1]; 0 where nothing is known of a member."""
        raise NotImplementedError

    def select(self, competence: np.ndarray, classes: int) -> np.ndarray:
        """Whom (q, m) bool to select."""
        best = competence.max(axis=1, keepdims=True)
        return (competence >= best - self.margin - TIE) & (best > 0)


@dataclass(frozen=True)
class LocalAccuracyFit:
    """A method beside its reference."""

    method: LocalAccuracy
    reference: Reference

    def competence(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """Competence (q, m) of each member at each query."""
        return self.method.competence(self.reference, region, predictions)

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """Equal weights for the selected members."""
        competence = self.competence(region, predictions)
        return averaged(self.method.select(competence, predictions.shape[2]))


@dataclass(frozen=True)
class Ola(LocalAccuracy):
    """Overall local accuracy: δᵢ = (1/K) Σₖ cᵢ(xₖ).

    Woods, Kegelmeyer, Bowyer, "Combination of multiple classifiers using local accuracy estimates"
    (IEEE PAMI 19, 1997).
    """

    name: ClassVar[str] = "ola"

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Mean competence in the region."""
        shares = equal_shares(region, reference.weight)
        return local_sum(region, shares, reference.competence.T)


@dataclass(frozen=True)
class APriori(LocalAccuracy):
    """A priori: δᵢ = Σₖ cᵢ(xₖ) Wₖ / Σₖ Wₖ with Wₖ = 1/dₖ; c is the true class's probability.

    Giacinto, Roli, "Methods for dynamic classifier selection" (ICIAP 1999). With hard competence it
    is OLA with nearer rows counting more.
    """

    name: ClassVar[str] = "a_priori"
    margin: float = 0.1

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Mean competence in the region, by inverse distance."""
        return local_sum(region, inverse_shares(region, reference.weight), reference.competence.T)


@dataclass(frozen=True)
class Lca(LocalAccuracy):
    """Local class accuracy: OLA over the neighbours of the class ω that the member names.

    δᵢ = Σ cᵢ(xₖ) / |{k : yₖ = ω}| over yₖ = ω, ω being the member's own vote on the query. Woods et
    al. (1997) divide by the rows that the member assigns to ω instead; this is the estimate that
    DESlib made the usual one, and theirs, weighted, is A Posteriori's.
    """

    name: ClassVar[str] = "lca"

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Mean competence over the neighbours of the class that each member names."""
        shares = equal_shares(region, reference.weight)
        return class_accuracy(reference, region, shares, predictions)


@dataclass(frozen=True)
class Mla(LocalAccuracy):
    """Modified local accuracy: LCA with Wₖ = 1/dₖ.

    Smits, "Multiple classifier systems for supervised remote sensing image classification based on
    dynamic classifier selection" (IEEE Transactions on Geoscience and Remote Sensing 40, 2002).
    """

    name: ClassVar[str] = "mla"

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Mean competence over neighbours of the class that each names, by inverse distance."""
        shares = inverse_shares(region, reference.weight)
        return class_accuracy(reference, region, shares, predictions)


@dataclass(frozen=True)
class APosteriori(LocalAccuracy):
    """A posteriori: δᵢ = Σ_{yₖ = ω} Pᵢ(ω | xₖ) Wₖ / Σₖ Pᵢ(ω | xₖ) Wₖ with Wₖ = 1/dₖ.

    How far the member is to be believed where it names ω: Giacinto, Roli (1999). It reads the
    probabilities alone, so soft and hard competence are the same to it.
    """

    name: ClassVar[str] = "a_posteriori"
    margin: float = 0.1

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Share of the probability of each member's class that lies on rows of that class."""
        shares = inverse_shares(region, reference.weight)
        out = np.zeros(predictions.shape[1::-1])
        for label, named in _named(predictions):
            probability = reference.predictions[..., label].T
            truly = shares * (reference.y[region.rows] == label)
            found = local_sum(region, truly, probability)
            out = np.where(named, _ratio(found, local_sum(region, shares, probability)), out)
        return out


@dataclass(frozen=True)
class DesP(LocalAccuracy):
    """DES-P: all members that are locally better than chance, δᵢ = (1/K) Σₖ cᵢ(xₖ) > 1/C.

    Woloszynski, Kurzynski, Podsiadlo, Stapor, "A measure of competence based on random
    classification for dynamic ensemble selection" (Information Fusion 13, 2012).

    Parameters
    ----------
    margin : how much better than chance.
    """

    name: ClassVar[str] = "des_p"

    def competence(
        self, reference: Reference, region: Region, predictions: np.ndarray
    ) -> np.ndarray:
        """Mean competence in the region."""
        return local_sum(region, equal_shares(region, reference.weight), reference.competence.T)

    def select(self, competence: np.ndarray, classes: int) -> np.ndarray:
        """Those above chance."""
        return competence > 1 / classes + self.margin + TIE


def inverse_shares(region: Region, weight: np.ndarray | None) -> np.ndarray:
    """Shares (q, k) in proportion to inverse distance and row weight; rows sum to 1."""
    near = np.maximum(region.distances, NEAREST)
    shares = near.min(axis=1, keepdims=True) / near
    return normalised(shares if weight is None else shares * weight[region.rows])


def class_accuracy(
    reference: Reference, region: Region, shares: np.ndarray, predictions: np.ndarray
) -> np.ndarray:
    """Mean competence (q, m) over the neighbours of the class that each member names; 0: none."""
    out = np.zeros(predictions.shape[1::-1])
    for label, named in _named(predictions):
        truly = shares * (reference.y[region.rows] == label)
        found = local_sum(region, truly, reference.competence.T)
        out = np.where(named, _ratio(found, truly.sum(axis=1, keepdims=True)), out)
    return out


def _named(predictions: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each class with whether (q, m) a member names it."""
    votes = predictions.argmax(axis=2).T
    return ((label, votes == label) for label in np.unique(votes))


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0)


def averaged(selected: np.ndarray) -> np.ndarray:
    """Equal weights (q, m) for the selected (q, m) bool; a row of zeros where there are none."""
    return selected / np.maximum(selected.sum(axis=1, keepdims=True), 1)
