"""The meta-features of META-DES: what hints at whether a member is right on a query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stackkit.level2.dynamic.behaviour import profiles
from stackkit.level2.dynamic.local_means import equal_shares, local_sum
from stackkit.level2.dynamic.method import Reference, Region
from stackkit.level2.dynamic.search import Index

TENTHS = np.linspace(0.1, 1.0, 10) - 1e-6  # reached up to rounding


@dataclass(frozen=True)
class MetaFeatures:
    """Tables of the reference rows (n, m) that the meta-features of any query are read from.

    `right` are 0/1 votes, `truth` the tenths of the probability of the true class, `competence` as
    in the Reference, `index` of the pool's predictions side by side; regions have `k`
    rows, `kp` rows of like profiles are read.
    """

    right: np.ndarray
    truth: np.ndarray
    competence: np.ndarray
    index: Index
    weight: np.ndarray | None
    k: int
    kp: int

    @classmethod
    def of(cls, reference: Reference, k: int, kp: int) -> MetaFeatures:
        """The tables of a reference whose rows have regions of k others."""
        p, y = reference.predictions, reference.y
        right = (p.argmax(axis=2) == y).T
        truth = np.stack([member[np.arange(len(y)), y] for member in p], axis=1)
        competence = np.ascontiguousarray(reference.competence.T, dtype=np.float64)
        index, kp = Index.of(profiles(p)), min(kp, len(y) - 1)
        return cls(right, tenths(truth), competence, index, reference.weight, k, kp)

    def alike(self, rows: np.ndarray, predictions: np.ndarray) -> Region:
        """The reference rows, others than `rows`, with profiles nearest to `predictions` there."""
        found = self.index.nearest(profiles(predictions), self.kp + 1)
        kept = np.argsort(found.rows == rows[:, None], axis=1, kind="stable")[:, : self.kp]
        return Region(*(np.take_along_axis(a, kept, axis=1) for a in (found.rows, found.distances)))

    def alike_to(self, predictions: np.ndarray) -> Region:
        """The reference rows with profiles nearest to those of queries (m, q, C)."""
        return self.index.nearest(profiles(predictions), self.kp)

    def columns(
        self, region: Region, alike: Region, predictions: np.ndarray
    ) -> Iterator[np.ndarray]:
        """The 2 k + kp + 2 meta-features f1 … f5 in tenths, (q, m) each.

        The order is that of Cruz et al. (2015), section 3.2: right on each row of the region, the
        probability of their true classes, mean competence there, competence on the rows of like
        profiles, the top probability.
        """
        near = Region(region.rows[:, : self.k], region.distances[:, : self.k])
        for rows in near.rows.T:
            yield 10.0 * self.right[rows]
        for rows in near.rows.T:
            yield self.truth[rows]
        yield tenths(local_sum(near, equal_shares(near, self.weight), self.competence))
        for rows in alike.rows.T:
            yield tenths(self.competence[rows])
        yield tenths(predictions.max(axis=2).T)


def tenths(values: np.ndarray) -> np.ndarray:
    """How many of 0.1, 0.2 … 1.0 a value reaches, as in DESlib's naive Bayes."""
    return np.digitize(values, TENTHS).astype(np.uint8)


def margin_of_votes(predictions: np.ndarray) -> np.ndarray:
    """Votes (n,) of the first class less those of the second, as a share of the pool."""
    chosen = predictions.argmax(axis=2)
    counts = np.stack([(chosen == c).sum(axis=0) for c in range(predictions.shape[2])])
    second, first = np.sort(counts, axis=0)[-2:]
    return (first - second) / len(predictions)
