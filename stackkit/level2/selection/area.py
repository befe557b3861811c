"""AUC of blends: exact, with bounds from counts that spare most candidates the sorting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stackkit.level2.selection.candidates import Candidates

CELL_BITS = 17  # at most 2**17 cells of a histogram, and about one a row
TINY = np.float32(1e-30)
SLACK = 1e-12  # rounding of means over classes
TOP = np.uint32(1 << 31)


@dataclass(frozen=True)
class AreaScorer:
    """Area under the ROC curve of each blend as float32, rows unweighted; ties count half.

    A blend is its sum (n, c), float64. Counting the rows of each class in cells of like
    scores bounds the area: rows of different cells are in order, those of one cell may not be. Only
    candidates that can still win are sorted. Several classes: the mean of one-vs-rest areas.
    """

    rows: Candidates

    @property
    def members(self) -> int:
        """How many."""
        return self.rows.members

    @cached_property
    def _positive(self) -> tuple[tuple[int, np.ndarray], ...]:
        """The column of each class that has rows and rivals, and (n,) uint32 of 1 for its rows."""
        width, y = self.rows.arrays[0].shape[1], self.rows.y
        classes = [(0, y == 1)] if width == 1 else [(k, y == k) for k in range(width)]
        return tuple((k, of.astype(np.uint32)) for k, of in classes if 0 < of.sum() < len(of))

    def nothing(self) -> np.ndarray:
        """Zeros (n, c)."""
        return np.zeros(self.rows.arrays[0].shape)

    def moved(self, blend: np.ndarray, member: int, keep: float, add: float) -> np.ndarray:
        """The sum after a step, within [0, 1]."""
        return np.clip(keep * blend + add * self.rows.arrays[member].astype(np.float64), 0, 1)

    def score(self, blend: np.ndarray) -> float:
        """The area of the blend, −inf where no class has rivals."""
        return self._mean([area(blend[:, k], of) for k, of in self._positive])

    def scores(
        self, blend: np.ndarray, keep: float, add: float, floor: float = -np.inf
    ) -> np.ndarray:
        """The areas of those that reach the best, the most promising first."""
        base = np.ascontiguousarray((keep * blend).astype(np.float32).T)
        bounds = np.array([self._bounds(base, j, add) for j in range(self.members)])
        found, best = np.full(self.members, -np.inf), floor
        for j in np.argsort(-bounds.sum(axis=1), kind="stable"):
            if bounds[j, 1] + SLACK >= best:
                columns = self._step(base, j, add)
                found[j] = self._mean([area(t, of) for t, of in columns])
                best = max(best, found[j])
        return found

    def _bounds(self, base: np.ndarray, member: int, add: float) -> np.ndarray:
        """(2,): no less than this and no more than that."""
        each = [area_bounds(t, of) for t, of in self._step(base, member, add)]
        return np.mean(each, axis=0) if each else np.full(2, -np.inf)

    def _step(
        self, base: np.ndarray, member: int, add: float
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Per class the scores (n,) float32 after a step and the rows of the class."""
        array, add = self.rows.arrays[member], np.float32(add)
        steps = ((base[k] + add * array[:, k], of) for k, of in self._positive)
        return [(np.clip(t, 0, 1, out=t), of) for t, of in steps]

    @staticmethod
    def _mean(areas: list[float]) -> float:
        return float(np.mean(areas)) if areas else -np.inf


def area(t: np.ndarray, positive: np.ndarray) -> float:
    """The AUC of float32 scores t (n,) for positive (n,) of 0 and 1 (Mann and Whitney, 1947).

    Score and class are sorted together as one integer each; U is the sum of the positives' places.
    """
    ordinal = ordinals(t)
    wide = ordinal if ordinal.max() < TOP else ordinal.astype(np.uint64)
    packed = wide << wide.dtype.type(1) | positive.astype(wide.dtype, copy=False)
    packed.sort()
    wins = (packed & packed.dtype.type(1)).astype(np.float64)
    n, ones = len(t), wins.sum()
    above = np.arange(n, dtype=np.float64) @ wins - ones * (ones - 1) / 2
    return float((above - _tied_pairs(packed) / 2) / (ones * (n - ones)))


def area_bounds(t: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Numbers that the AUC of t (n,), nowhere below 0, lies between, by counting.

    Cells are equal on the scale of square roots, where small probabilities have room too.
    """
    cells = 1 << min(CELL_BITS, len(t).bit_length() - 1)
    place = np.sqrt(t)
    least = place.min()
    place -= least
    place *= np.float32(cells - 1) / max(place.max(), TINY)
    cell = place.astype(np.int32)
    cell += positive * np.int32(cells)
    rest, ones = np.bincount(cell, minlength=2 * cells).reshape(2, -1)
    together, pairs = float(ones @ rest), float(ones.sum()) * float(rest.sum())
    high = float(ones @ np.cumsum(rest))
    return (high - together) / pairs, high / pairs


def ordinals(t: np.ndarray) -> np.ndarray:
    """uint32 in the order of float32 t (n,), equal where they are, 0 for the least."""
    bits = (np.asarray(t, np.float32) + np.float32(0.0)).view(np.int32)  # −0 becomes 0
    least = bits.min()
    if least < 0:
        bits = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
        least = bits.min()
    return bits.view(np.uint32) - least.view(np.uint32)


def _tied_pairs(packed: np.ndarray) -> float:
    """Pairs of a positive and another row of equal score; the others come first in `packed`."""
    last = np.flatnonzero((packed[1:] ^ packed[:-1]) == 1)  # the last of the others in a tie
    if len(last) == 0:
        return 0.0
    start = np.searchsorted(packed, packed[last], side="left")
    end = np.searchsorted(packed, packed[last] | packed.dtype.type(1), side="right")
    return float(((last + 1 - start) * (end - last - 1)).sum())
