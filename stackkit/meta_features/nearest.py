"""Nearest rows, exactly: equal ones are one point, so that no choice among ties is ever made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPARE = 16  # points beyond k that are measured anew: more than rounding can put out of order
BLOCK = 1024  # queries measured at once


@dataclass(frozen=True)
class Points:
    """Distinct rows (p, d) with what lies on each: its weight (p,) and weighted targets (p, t).

    `prior` (t,) is the weighted mean target of all.
    """

    values: np.ndarray
    weight: np.ndarray
    targets: np.ndarray
    prior: np.ndarray
    place: np.ndarray

    def nearest(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions and Euclidean distances (q, k) of the nearest points, by (distance, position).

        A query is measured alone, in float64 differences: its batch does not matter.
        """
        from sklearn.neighbors import NearestNeighbors

        k = min(k, len(self.values))
        found = NearestNeighbors(n_neighbors=min(k + SPARE, len(self.values)), algorithm="brute")
        found.fit(self.values)
        places = np.empty((len(queries), k), dtype=np.intp)
        far = np.empty((len(queries), k))
        for start in range(0, len(queries), BLOCK):
            block = slice(start, start + BLOCK)
            near = found.kneighbors(queries[block], return_distance=False)
            places[block], far[block] = self._measured(queries[block], near, k)
        return places, far

    def _measured(
        self, queries: np.ndarray, near: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        near = np.sort(near, axis=1)
        away = self.values[near] - queries[:, None]
        square = np.einsum("qkd,qkd->qk", away, away)
        order = np.argsort(square, axis=1, kind="stable")[:, :k]
        far = np.sqrt(np.take_along_axis(square, order, axis=1))
        return np.take_along_axis(near, order, axis=1), far

    def means(self, queries: np.ndarray, counts: tuple[int, ...], votes: float) -> list[np.ndarray]:
        """(q, t) weighted mean targets of the k nearest points, for each k of `counts`.

        `votes` of the prior are added to theirs.
        """
        near, _ = self.nearest(queries, max(counts))
        return self._means(self.targets[near], self.weight[near], counts, votes)

    def left_out_means(
        self, y: np.ndarray, weight: np.ndarray, counts: tuple[int, ...], votes: float
    ) -> list[np.ndarray]:
        """`means` for the rows that the points were made of, each without its own target (n, t)."""
        near, _ = self.nearest(self.values, max(counts) + 1)
        near = near[self.place]
        own = near == self.place[:, None]
        totals = self.weight[near] - own * weight[:, None]
        sums = self.targets[near] - own[..., None] * (weight[:, None] * y)[:, None]
        empty = totals < 1e-9
        order = np.argsort(empty, axis=1, kind="stable")
        totals = np.take_along_axis(np.where(empty, 0, totals), order, axis=1)
        sums = np.take_along_axis(np.where(empty[..., None], 0, sums), order[..., None], axis=1)
        return self._means(sums, totals, counts, votes)

    def _means(
        self, sums: np.ndarray, totals: np.ndarray, counts: tuple[int, ...], votes: float
    ) -> list[np.ndarray]:
        sums, totals = sums.cumsum(axis=1), totals.cumsum(axis=1)
        made = []
        for count in counts:
            last = min(count, sums.shape[1]) - 1
            made.append((sums[:, last] + votes * self.prior) / (totals[:, last] + votes)[:, None])
        return made


def points_of(values: np.ndarray, targets: np.ndarray, weight: np.ndarray) -> Points:
    """The points of rows (n, d) with targets (n, t) and weights (n,)."""
    distinct, place = np.unique(values, axis=0, return_inverse=True)
    place = place.reshape(-1)
    total = np.bincount(place, weight, len(distinct))
    weighted = weight[:, None] * targets
    sums = np.stack([np.bincount(place, t, len(distinct)) for t in weighted.T], axis=1)
    return Points(distinct, total, sums, sums.sum(axis=0) / total.sum(), place)
