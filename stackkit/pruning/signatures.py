"""Pruning by signatures: where each member is right (+1) or wrong (−1), row by row.

A value counts as right where its error is at most the pool's median error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.errors import ConfigError
from stackkit.pruning.material import Material, Ordering


@dataclass(frozen=True)
class MarginDistance:
    """Margin distance minimisation: take next what leads nearest to a small margin on every row.

    Martínez-Muñoz and Suárez, "Aggregation ordering in bagging" (2004): the sum of the signatures
    taken, over the size of the whole pool, is led to the point whose coordinates all are `margin`.
    """

    margin: float = 0.075

    def __post_init__(self) -> None:
        if not 0 < self.margin < 1:
            raise ConfigError("a margin lies between 0 and 1", self.margin, "0.075")

    def order(self, material: Material, keep: int | None) -> Ordering:
        """All members, or the first `keep` of them."""
        signs, left, chosen = _signatures(material), list(material.ranked), []
        gap = np.full(signs.shape[1], self.margin)
        while left and len(chosen) < (keep or len(signs)):
            # |gap − s/m|² is least where gap · s is largest: all signatures are of one length
            best = left.pop(int(np.argmax(np.round(signs[left] @ gap, 9))))
            gap -= signs[best] / len(signs)
            chosen.append(best)
        return Ordering(tuple(chosen))


@dataclass(frozen=True)
class Orientation:
    """Orientation ordering: by the angle of each signature with what the whole pool lacks.

    Martínez-Muñoz and Suárez, "Pruning in ordered bagging ensembles" (ICML 2006): the reference is
    the diagonal less its part along the ensemble's mean signature; members at less than a right
    angle from it are kept.
    """

    def order(self, material: Material, keep: int | None) -> Ordering:
        """All members, the smallest angle first."""
        signs = _signatures(material)
        mean = signs.mean(axis=0)
        length = float(mean @ mean)
        reference = 1 - mean * (mean.sum() / length if length > 0 else 0.0)
        towards = np.round(signs @ reference, 9)
        order = sorted(material.ranked, key=lambda j: -towards[j])
        return Ordering(tuple(order), max(1, int((towards > 0).sum())))


def _signatures(material: Material) -> np.ndarray:
    """(m, n) of 1 and −1."""
    return np.where(material.answers.right, 1.0, -1.0)
