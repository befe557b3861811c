"""Log-loss of blends: only the probability of the true class matters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stackkit.level2.selection.candidates import Candidates

CLIP = np.float32(1e-15)


@dataclass(frozen=True)
class LikelihoodScorer:
    """Log-loss of means of normalised probabilities, by blocks of rows that stay in the cache.

    A blend is its probability of the true class (n,), float64. A step adds float32 numbers, and one
    logarithm serves two rows, whose product cannot underflow after clipping at 1e-15. Two classes
    are read where they lie; of several, the column of the true class is copied once.
    """

    rows: Candidates

    @property
    def members(self) -> int:
        """How many."""
        return self.rows.members

    @cached_property
    def _true(self) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Per member q (n,), and `off` (n,), so that |off − q| is the true class's probability."""
        arrays, y = self.rows.arrays, self.rows.y
        if arrays[0].shape[1] == 1:
            return tuple(a[:, 0] for a in arrays), (1 - y).astype(np.float32)
        index = np.arange(len(y))
        return tuple(a[index, y] for a in arrays), np.zeros(len(y), np.float32)

    def nothing(self) -> np.ndarray:
        """Zeros (n,)."""
        return np.zeros(len(self.rows))

    def moved(self, blend: np.ndarray, member: int, keep: float, add: float) -> np.ndarray:
        """Probabilities of the true class after a step."""
        columns, off = self._true
        return keep * blend + add * np.abs(off - columns[member]).astype(np.float64)

    def score(self, blend: np.ndarray) -> float:
        """Mean log-likelihood."""
        return float(np.average(np.log(np.maximum(blend, CLIP)), weights=self.rows.weight))

    def scores(
        self, blend: np.ndarray, keep: float, add: float, floor: float = -np.inf
    ) -> np.ndarray:
        """log add + mean of log(keep / add · blend + q)."""
        columns, off = self._true
        base = np.maximum(blend * (keep / add), CLIP).astype(np.float32)
        total = np.zeros(self.members)
        for part in self.rows.blocks():
            weight = None if self.rows.weight is None else self.rows.weight[part]
            buffer = np.empty(part.stop - part.start + 1, np.float32)
            for j, column in enumerate(columns):
                total[j] += _log_sum(column[part], off[part], base[part], weight, buffer)
        weight = self.rows.weight
        return np.log(add) + total / (len(self.rows) if weight is None else weight.sum())


def _log_sum(
    q: np.ndarray, off: np.ndarray, base: np.ndarray, weight: np.ndarray | None, out: np.ndarray
) -> float:
    """Σ weight · log(base + |off − q|) over b rows; `out` (b + 1,) is overwritten."""
    sums = out[: len(q)]
    np.subtract(off, q, out=sums)
    np.abs(sums, out=sums)
    np.add(sums, base, out=sums)
    if weight is not None:
        return float(np.log(sums, out=sums) @ weight)
    out[len(q)] = 1.0
    half = len(out) // 2
    pairs = np.multiply(out[:half], out[half : 2 * half], out=out[:half])
    return float(np.log(pairs, out=pairs).sum(dtype=np.float64))
