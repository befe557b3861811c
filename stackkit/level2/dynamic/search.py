"""Exact nearest neighbours: of many queries among many rows, one as it would be in a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.dynamic.method import Region

Found = tuple[np.ndarray, np.ndarray]

GROUP = 64  # rows of which first the nearest alone is looked at
AT_ONCE = 1_600_000  # float32 distances that stay near the processor
CROWDED = 32  # groups, above twice those needed, that may hold neighbours before float64 decides
PART = 1 << 18  # candidates whose exact distances are taken at once


@dataclass(frozen=True, eq=False)
class Index:
    """Rows to search, shuffled once: rows at the same distance rank in that random order.

    float32 products find for each query all rows that may be among its k nearest (a bound on their
    rounding decides, so equal rows are all found; where too many may be, float64 products do);
    exact differences rank them. Hence a query's neighbours do not depend on the queries beside it.

    `points` (n, d) float64 in shuffled `order` (n,), less `centre` (d,); `exact` (d + 1, padded n)
    are the same with their squared lengths below, padded by far rows; `table` is it in float32.
    """

    order: np.ndarray
    points: np.ndarray
    centre: np.ndarray
    exact: np.ndarray
    table: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Index:
        """The index of rows (n, d); ModelError where there are none or they are not finite."""
        rows = np.asarray(rows, dtype=np.float64)
        if not len(rows) or not np.isfinite(rows).all():
            raise ModelError("neighbours are searched among finite rows", f"{rows.shape}")
        order, centre = np.random.default_rng(0).permutation(len(rows)), np.median(rows, axis=0)
        points = rows[order] - centre
        padded = -(-len(rows) // GROUP) * GROUP
        exact = np.zeros((rows.shape[1] + 1, padded))
        exact[:-1, : len(rows)] = points.T
        exact[-1] = np.finfo(np.float32).max / 4
        exact[-1, : len(rows)] = (points**2).sum(axis=1)
        return cls(order, points, centre, exact, exact.astype(np.float32))

    def __len__(self) -> int:
        return len(self.points)

    def nearest(self, queries: np.ndarray, k: int, threads: int = 1) -> Region:
        """The region of the min(k, n) nearest rows of queries (q, d)."""
        queries = np.asarray(queries, dtype=np.float64) - self.centre
        return self._region(queries, min(k, len(self)), None, threads)

    def own(self, k: int, threads: int = 1) -> Region:
        """The region of each indexed row (as they came) among the min(k, n − 1) others."""
        place = np.argsort(self.order)
        return self._region(self.points[place], min(k, len(self) - 1), place, threads)

    def _region(self, queries: np.ndarray, k: int, own: np.ndarray | None, threads: int) -> Region:
        size = int(np.clip(AT_ONCE // self.table.shape[1], 16, 256))
        starts = range(0, len(queries), size)
        work = partial(self._block, queries, own, k, size)
        rows, distances = np.empty((len(queries), k), np.intp), np.empty((len(queries), k))
        for start, (found, away) in zip(starts, _each(work, starts, threads), strict=True):
            rows[start : start + size], distances[start : start + size] = found, away
        return Region(rows, distances)

    def _block(
        self, queries: np.ndarray, own: np.ndarray | None, k: int, size: int, start: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows (b, k) and distances of the block of queries from `start` on."""
        queries = queries[start : start + size]
        query, near = self._candidates(queries, k + (own is not None))
        if own is not None:
            other = near != own[start : start + size][query]
            query, near = query[other], near[other]
        squared = self._squared(queries, query, near)
        ranked = np.lexsort((near, squared, query))
        first = np.searchsorted(query[ranked], np.arange(len(queries)))
        best = ranked[first[:, None] + np.arange(k)]
        return self.order[near[best]], np.sqrt(squared[best])

    def _candidates(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (query, shuffled row) that hold the k nearest rows of each query."""
        query, near, crowded = self._within(queries, k, self.table, 2 * k + CROWDED)
        if not crowded.size:
            return query, near
        again, more, _ = self._within(queries[crowded], k, self.exact, self.table.shape[1])
        return np.concatenate([query, crowded[again]]), np.concatenate([near, more])

    def _within(
        self, queries: np.ndarray, k: int, table: np.ndarray, most: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs as above; queries with more than `most` groups to look at are left out and told.

        The k-th smallest of the groups' least distances bounds the k-th distance from above.
        """
        k = min(k, len(self))
        minus = np.hstack([-2 * queries, np.ones((len(queries), 1))]).astype(table.dtype)
        far = minus @ table  # squared distances, less the query's squared length
        width = max(1, min(GROUP, 1 << max(0, (len(self) // (4 * max(k, 1))).bit_length() - 1)))
        groups = far.reshape(len(queries), width, -1)
        least = groups.min(axis=1)
        bound = np.partition(least, k - 1, axis=1)[:, k - 1].astype(np.float64)
        unit = float(np.finfo(table.dtype).eps) / 2
        bound = (bound + _rounding(queries, bound, unit)).astype(table.dtype)
        close = least <= bound[:, None]
        crowded = close.sum(axis=1) > most
        query, group = np.nonzero(close & ~crowded[:, None])
        hit, member = np.nonzero(groups[query, :, group] <= bound[query, None])
        query, near = query[hit], member * groups.shape[2] + group[hit]
        inside = near < len(self)
        return query[inside], near[inside], np.flatnonzero(crowded)

    def _squared(self, queries: np.ndarray, query: np.ndarray, near: np.ndarray) -> np.ndarray:
        """(pairs,) exact squared distances."""
        out = np.empty(len(query))
        for start in range(0, len(query), PART):
            part = slice(start, start + PART)
            away = queries[query[part]] - self.points[near[part]]
            out[part] = np.einsum("ij,ij->i", away, away)
        return out


def _rounding(queries: np.ndarray, bound: np.ndarray, unit: float) -> np.ndarray:
    """(b,) how much of the difference of two squared distances below the bound is rounding.

    A sum of d + 1 products errs by at most (d + 1) u of the sum of their sizes, the inputs by u
    each (Higham, Accuracy and Stability of Numerical Algorithms, 2002, §3.1).
    """
    length = np.sqrt((queries**2).sum(axis=1))
    reach = length + np.sqrt(np.maximum(bound + length**2, 0))
    return 2 * (queries.shape[1] + 4) * unit * (length**2 + 2 * reach**2) + 1e-30


def _each(work: Callable[[int], Found], starts: Iterable[int], threads: int) -> Iterator[Found]:
    """The results of the blocks, in order; the products of each on one thread."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        if threads == 1:
            yield from map(work, starts)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(work, starts)
