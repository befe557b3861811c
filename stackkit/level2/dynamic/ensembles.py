"""Ensembles of fixed size, chosen per query: DES-KNN and DES-MI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.local_means import equal_shares, local_sum, normalised
from stackkit.level2.dynamic.method import Reference, Region


@dataclass(frozen=True)
class DesKnn:
    """The locally most accurate members, and of these the most diverse; they count equally.

    Soares, Santana, Canuto, Souto, "Using accuracy and more diversity to select classifiers to
    build ensembles" (IJCNN 2006). Members are ranked by mean competence in the region; of the first
    N the J with the least double fault with the rest of the pool are kept, Fᵢ = Σ over i' ≠ i of
    the mean over the region of (1 − cᵢ)(1 − cᵢ'), which is the share of rows on which both err
    where competence is hard, and its expectation where it is soft.

    Parameters
    ----------
    accurate : N as a share of the pool, rounded down, at least one member.
    diverse : J as a share of the pool, rounded up, at most N.
    """

    name: ClassVar[str] = "des_knn"
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass")
    reads_own: ClassVar[bool] = False
    accurate: float = 0.5
    diverse: float = 0.3

    def fit(self, reference: Reference, own: Region, seed: int) -> DesKnnFit:
        """Keep competences and double faults of the reference rows."""
        fault = 1.0 - np.asarray(reference.competence.T, dtype=np.float64)
        double = fault * (fault.sum(axis=1, keepdims=True) - fault)
        n = max(int(self.accurate * reference.members), 1)
        j = min(max(int(np.ceil(self.diverse * reference.members)), 1), n)
        order = best_first(reference)
        return DesKnnFit(1.0 - fault[:, order], double[:, order], order, reference.weight, n, j)


@dataclass(frozen=True)
class DesKnnFit:
    """Competences and double faults (n, m), the members in `order`, best overall first."""

    competence: np.ndarray
    double_fault: np.ndarray
    order: np.ndarray
    weight: np.ndarray | None
    n: int
    j: int

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """1/J for the J chosen members of each query."""
        shares = equal_shares(region, self.weight)
        accuracy = local_sum(region, shares, self.competence)
        accurate = largest(accuracy, self.n)
        fault = local_sum(region, shares, self.double_fault)
        kept = largest(-np.take_along_axis(fault, accurate, axis=1), self.j)
        chosen = np.take_along_axis(accurate, kept, axis=1)
        return equal_weights(self.order[chosen], len(self.order))


@dataclass(frozen=True)
class DesMi:
    """The members that are best in the region when its rows of rare classes count for more.

    García, Zhang, Altalhi, Alshomrani, Herrera, "Dynamic ensemble selection for multi-class
    imbalanced datasets" (Information Sciences 445–446, 2018), algorithm 2: a neighbour of class y
    weighs 1 / (1 + exp(α n_y)). Here n_y is the class's number of rows over the mean of the
    classes, so that α means the same on tables of any size (theirs is ours times n/C).

    Parameters
    ----------
    accurate : share of the pool that is selected, rounded down, at least one member.
    alpha : how much more the rows of rare classes count.
    """

    name: ClassVar[str] = "des_mi"
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass")
    reads_own: ClassVar[bool] = False
    accurate: float = 0.4
    alpha: float = 0.9

    def fit(self, reference: Reference, own: Region, seed: int) -> DesMiFit:
        """Keep competences and the logarithm of each reference row's weight."""
        rows = np.bincount(reference.y, weights=reference.weight)
        frequency = rows / rows[rows > 0].mean()
        rarity = -np.logaddexp(0.0, self.alpha * frequency)[reference.y]
        n = max(int(self.accurate * reference.members), 1)
        order = best_first(reference)
        competence = reference.competence[order].T.astype(np.float64)
        return DesMiFit(competence, rarity, order, reference.weight, n)


@dataclass(frozen=True)
class DesMiFit:
    """Competences (n, m) of the members in `order`, log-weights `rarity` (n,) of the rows."""

    competence: np.ndarray
    rarity: np.ndarray
    order: np.ndarray
    weight: np.ndarray | None
    n: int

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """1/N for the N best members of each query."""
        rarity = self.rarity[region.rows]
        shares = np.exp(rarity - rarity.max(axis=1, keepdims=True))
        shares = normalised(shares * equal_shares(region, self.weight))
        best = largest(local_sum(region, shares, self.competence), self.n)
        return equal_weights(self.order[best], len(self.order))


def best_first(reference: Reference) -> np.ndarray:
    """Members (m,) by mean competence over all rows: who stands first where regions tie."""
    overall = np.average(reference.competence, axis=1, weights=reference.weight)
    return np.argsort(-np.asarray(overall, dtype=np.float64), kind="stable")


def largest(values: np.ndarray, count: int) -> np.ndarray:
    """Columns (q, count) of the largest values of each row, the earlier of equal ones first.

    Equal means to 12 digits: sums of the same terms in another order are.
    """
    return np.argsort(-np.round(values, 12), axis=1, kind="stable")[:, :count]


def equal_weights(chosen: np.ndarray, members: int) -> np.ndarray:
    """(q, members): 1/count for the chosen members (q, count) of each query, else 0."""
    weights = np.zeros((len(chosen), members))
    np.put_along_axis(weights, chosen, 1.0 / chosen.shape[1], axis=1)
    return weights
