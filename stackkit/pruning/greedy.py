"""Greedy pruning: one member in or out at a time, by accuracy and diversity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.pruning.material import Material, Ordering, check_share


@dataclass(frozen=True)
class Forward:
    """Start with the best member; add the one with which the ensemble does best, again and again.

    An ensemble does well by (1 − t) · mean loss of its members − t · its diversity, which is what
    their mean gains on that mean loss (the ambiguity of Krogh and Vedelsby, 1995, where the loss
    decomposes by the mean). t = 0.5 is half the ensemble's own loss, as Caruana et al. (2004) and
    Margineantu and Dietterich's reduced-error pruning (1997) have it, without replacement.

    Parameters
    ----------
    trade_off : t, from 0, accurate members only, to 1, different members only.
    """

    trade_off: float = 0.5

    def __post_init__(self) -> None:
        check_share("trade_off", self.trade_off)

    def order(self, material: Material, keep: int | None) -> Ordering:
        """The members in the order of taking, the first `keep` of them."""
        chosen = material.ranked[:1]
        left, total = material.ranked[1:], material.stack[chosen[0]].copy()
        while left and len(chosen) < (keep or len(material.records)):
            trials = [_traded(material, [*chosen, j], total + material.stack[j], self.trade_off)
                      for j in left]  # fmt: skip
            best = left.pop(int(np.argmin(trials)))
            total += material.stack[best]
            chosen.append(best)
        return Ordering(tuple(chosen))


@dataclass(frozen=True)
class Backward:
    """Start with all members; drop the one without which the ensemble does best.

    What was dropped last is taken first. Does well: as in `Forward`. Banfield et al., "Ensemble
    diversity measures and their application to thinning" (2005), thin in this direction.
    """

    trade_off: float = 0.5

    def __post_init__(self) -> None:
        check_share("trade_off", self.trade_off)

    def order(self, material: Material, keep: int | None) -> Ordering:
        """All members, the last to be dropped first."""
        left, total, dropped = material.ranked[::-1], material.stack.sum(axis=0), []
        while len(left) > 1:
            trials = [_traded(material, [i for i in left if i != j], total - material.stack[j],
                              self.trade_off) for j in left]  # fmt: skip
            worst = left.pop(int(np.argmin(trials)))
            total -= material.stack[worst]
            dropped.append(worst)
        return Ordering((*left, *dropped[::-1]))


def _traded(material: Material, members: list[int], total: np.ndarray, trade_off: float) -> float:
    """Less is better; `total` is the sum of the members' predictions."""
    average = float(material.losses[members].mean())
    diversity = average - material.loss(total / len(members))
    return (1 - trade_off) * average - trade_off * diversity
