"""Neighbours by common leaves: rows are near where a supervised forest treats them alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stackkit.level2.dynamic.method import Region

TREES = 50
SMALLEST = 20  # rows in a leaf, or as many as a region needs


@dataclass(frozen=True, eq=False)
class Leaves:
    """Rows to search by their proximity in a forest: the share of trees in a common leaf.

    Breiman, "Random forests" (2001); Geurts, Ernst, Wehenkel, "Extremely randomized trees" (2006)
    have the kernel view. The forest is fitted on the rows that are searched; a distance is
    1 − proximity, and rows at the same distance rank in one random order. Hence a query's
    neighbours do not depend on the queries beside it.

    `forest` is fitted, `starts` (T,) number the leaves of each tree, `known` (n, T) are the leaves
    of the rows, `held` (n T,) the rows leaf by leaf, `bounds` (leaves + 1,) where each leaf begins,
    `tie` (n,) the random order.
    """

    forest: Any
    starts: np.ndarray
    known: np.ndarray
    held: np.ndarray
    bounds: np.ndarray
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
        held = np.argsort(known, axis=None, kind="stable") // known.shape[1]
        bounds = np.cumsum(np.bincount(known.ravel() + 1, minlength=nodes.sum() + 1))
        tie = np.random.default_rng(0).permutation(len(rows))
        return cls(forest, starts, known, held, bounds, tie)

    def __len__(self) -> int:
        return len(self.tie)

    def nearest(self, queries: np.ndarray, k: int) -> Region:
        """The region of the min(k, n) nearest rows of queries (q, d)."""
        return self._region(self.forest.apply(queries) + self.starts, min(k, len(self)), None)

    def own(self, k: int) -> Region:
        """The region of each row (as they came) among the min(k, n − 1) others."""
        return self._region(self.known, min(k, len(self) - 1), np.arange(len(self)))

    def _region(self, leaves: np.ndarray, k: int, own: np.ndarray | None) -> Region:
        found, common = np.empty((len(leaves), k), dtype=np.intp), np.empty((len(leaves), k))
        for query, mine in enumerate(leaves):
            counts = self._common(mine)
            if own is not None:
                counts[own[query]] = -1
            found[query] = _first(counts, self.tie, k)
            common[query] = counts[found[query]]
        return Region(found, 1.0 - common / leaves.shape[1])

    def _common(self, leaves: np.ndarray) -> np.ndarray:
        """In how many trees (n,) each row shares the leaf of a query with `leaves` (T,)."""
        pairs = zip(self.bounds[leaves], self.bounds[leaves + 1], strict=True)
        return np.bincount(np.concatenate([self.held[a:b] for a, b in pairs]), minlength=len(self))


def _forest(task: str, smallest: int, seed: int, threads: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesRegressor if task == "regression" else ExtraTreesClassifier
    return kind(
        TREES, min_samples_leaf=smallest, max_features="sqrt", random_state=seed, n_jobs=threads
    )


def _first(counts: np.ndarray, tie: np.ndarray, k: int) -> np.ndarray:
    """The k rows of largest counts ≥ 0, the largest first, equal ones by `tie`."""
    # reached[i]: how many rows have one of the i + 1 largest counts
    reached = np.cumsum(np.bincount(counts + 1)[:0:-1])
    least = len(reached) - 1 - np.searchsorted(reached, k)
    rows = np.flatnonzero(counts >= least)
    return rows[np.lexsort((tie[rows], -counts[rows]))[:k]]
