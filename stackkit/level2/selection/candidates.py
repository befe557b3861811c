"""Candidates: the members that a selection may add, with the truth of their rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stackkit.level2.sampling import by_target
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

BLOCK = 65_536


@dataclass(frozen=True)
class Candidates:
    """Members of a pool as they lie in memory or in mapped files: nothing is copied.

    `arrays` are m arrays (n, c) in the target's units, `y` (n,) the truth, `weight` (n,) weights of
    rows or None.
    """

    arrays: tuple[np.ndarray, ...]
    y: np.ndarray
    weight: np.ndarray | None
    objective: Objective

    @classmethod
    def of(
        cls, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective
    ) -> Candidates:
        """All rows of a pool; members are copied only where the pool holds some rows of files."""
        arrays = pool.arrays if pool.rows is None else tuple(a[pool.rows] for a in pool.arrays)
        return cls(arrays, np.asarray(y), weight, objective)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def members(self) -> int:
        """How many."""
        return len(self.arrays)

    def some(self, members: np.ndarray, rows: np.ndarray) -> Candidates:
        """A copy of some rows of some members, both by position."""
        return dataclasses.replace(
            self,
            arrays=tuple(np.asarray(self.arrays[i][rows]) for i in members),
            y=self.y[rows],
            weight=None if self.weight is None else self.weight[rows],
        )

    def sample(self, size: int, rng: np.random.Generator) -> Candidates:
        """All members on at most `size` rows, drawn in the order of y: strata of one row a draw."""
        if size >= len(self):
            return self
        return self.some(np.arange(self.members), stratified(self.y, size, rng))

    def in_space(self, member: int) -> np.ndarray:
        """(n, c) of one member in the space where means are taken: float32, or float64 logs."""
        array = self.arrays[member]
        name = self.objective.space
        return array if name == "identity" else get_space(name).forward(array)

    def blocks(self) -> Iterator[slice]:
        """Slices of rows, in order."""
        for start in range(0, len(self), BLOCK):
            yield slice(start, min(start + BLOCK, len(self)))


def stratified(y: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Sorted positions of `size` of the rows of y (n,), spread evenly over its sorted values.

    Each class, and each stretch of a numeric target, keeps its share to within one row.
    """
    ordered = by_target(y, rng)
    drawn = np.floor((np.arange(size) + rng.random()) * (len(y) / size)).astype(np.intp)
    return np.sort(ordered[np.minimum(drawn, len(y) - 1)])
