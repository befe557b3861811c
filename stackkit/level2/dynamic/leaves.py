"""Neighbours by common leaves: rows are near where a supervised forest treats them alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from stackkit.level2.dynamic.method import Region

TREES = 100
SMALLEST = 20  # rows in a leaf, or as many as a region needs
PAIRS = 20_000_000  # of a query and a row in a common leaf, counted at once


@dataclass(frozen=True, eq=False)
class Leaves:
    """Rows to search by their proximity in a forest: the share of trees in a common leaf.

    Breiman, "Random forests" (2001); Geurts, Ernst, Wehenkel, "Extremely randomized trees" (2006)
    have the kernel view. The forest is fitted on the rows that are searched; a distance is
    1 − proximity, and rows at the same distance rank in one random order. Hence a query's
    neighbours do not depend on the queries beside it.

    `forest` is fitted, `starts` (T,) number the leaves of each tree, `known` (n, T) are the leaves
    of the rows, `holders` (leaves, n) is the sparse table of who is in which, `tie` (n,) the random
    order.
    """

    forest: Any
    starts: np.ndarray
    known: np.ndarray
    holders: Any
    tie: np.ndarray

    @classmethod
    def of(
        cls,
        rows: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None,
        task: str,
        k: int,
        seed: int,
        threads: int = 1,
    ) -> Leaves:
        """The leaves, large enough for regions of k, of a forest fitted on rows (n, d), y (n,)."""
        forest = _forest(task, max(SMALLEST, k + 1), seed, threads).fit(rows, y, weight)
        nodes = np.array([tree.tree_.node_count for tree in forest.estimators_])
        starts = np.cumsum(nodes) - nodes
        known = (forest.apply(rows) + starts).astype(np.int32)
        holders = _one_hot(known, nodes.sum()).T.tocsr()
        return cls(forest, starts, known, holders, np.random.default_rng(0).permutation(len(rows)))

    def __len__(self) -> int:
        return len(self.tie)

    def nearest(self, queries: np.ndarray, k: int) -> Region:
        """The region of the min(k, n) nearest rows of queries (q, d)."""
        return self._region(self.forest.apply(queries) + self.starts, min(k, len(self)), None)

    def own(self, k: int) -> Region:
        """The region of each row (as they came) among the min(k, n − 1) others."""
        return self._region(self.known, min(k, len(self) - 1), np.arange(len(self)))

    def _region(self, leaves: np.ndarray, k: int, own: np.ndarray | None) -> Region:
        found = np.empty((len(leaves), k), dtype=np.intp)
        common = np.empty((len(leaves), k))
        for query, rows, counts in self._common(leaves):
            if own is not None:
                rows, counts = rows[rows != own[query]], counts[rows != own[query]]
            if len(rows) < k:
                rows, counts = _with_far_rows(rows, counts, len(self), own, query)
            found[query], common[query] = _first(rows, counts, self.tie, k)
        return Region(found, 1.0 - common / leaves.shape[1])

    def _common(self, leaves: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Each query with the rows that share a leaf with it, and in how many trees."""
        size = np.diff(self.holders.indptr)
        ends = np.cumsum(size[leaves].sum(axis=1)) // PAIRS
        for part in np.split(np.arange(len(leaves)), np.flatnonzero(np.diff(ends)) + 1):
            table = _one_hot(leaves[part], self.holders.shape[0]) @ self.holders
            for query, start, end in zip(part, table.indptr[:-1], table.indptr[1:], strict=True):
                yield query, table.indices[start:end], table.data[start:end]


def _forest(task: str, smallest: int, seed: int, threads: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesRegressor if task == "regression" else ExtraTreesClassifier
    return kind(
        TREES, min_samples_leaf=smallest, max_features="sqrt", random_state=seed, n_jobs=threads
    )


def _one_hot(leaves: np.ndarray, width: int) -> Any:
    """The sparse (q, width) table with a 1 for each leaf of each query (q, T)."""
    from scipy.sparse import csr_matrix

    q, trees = leaves.shape
    where = (leaves.ravel(), np.arange(0, q * trees + 1, trees))
    return csr_matrix((np.ones(q * trees, dtype=np.int32), *where), shape=(q, width))


def _first(
    rows: np.ndarray, counts: np.ndarray, tie: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of most common leaves and their counts, most first."""
    rank = tie[rows] - counts.astype(np.int64) * len(tie)
    best = np.argpartition(rank, k - 1)[:k] if k < len(rank) else np.arange(len(rank))
    best = best[np.argsort(rank[best])]
    return rows[best], counts[best]


def _with_far_rows(
    rows: np.ndarray, counts: np.ndarray, n: int, own: np.ndarray | None, query: int
) -> tuple[np.ndarray, np.ndarray]:
    """All rows but the query itself, those that share no leaf with 0."""
    every = np.zeros(n, dtype=counts.dtype)
    every[rows] = counts
    others = np.arange(n) if own is None else np.delete(np.arange(n), own[query])
    return others, every[others]
