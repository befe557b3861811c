"""Cost-aware pruning: the best ensemble that predicts within some seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stackkit.errors import BudgetError, ConfigError, PredictionError
from stackkit.pruning.material import Material, Ordering

EXACT = 10  # members of which every subset is tried


@dataclass(frozen=True)
class WithinSeconds:
    """Members whose mean loses least, of those that predict in at most `seconds` together.

    Seconds are those that each record's Fits took to predict. Of up to ten affordable members
    every subset is tried. Of more, the better of two greedy searches: by fall of loss, and by fall
    of loss per second (Leskovec et al., "Cost-effective outbreak detection in networks", KDD 2007:
    either alone can be arbitrarily bad); each stops where nothing affordable helps.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ConfigError("seconds of prediction are above 0", self.seconds, "such as 1.0")

    def order(self, material: Material, keep: int | None) -> Ordering:
        """The members chosen, the best first, at most `keep`.

        Raises
        ------
        PredictionError : a record without measured seconds. BudgetError : none is cheap enough.
        """
        most = keep or len(material.records)
        affordable = self._affordable(material)
        if len(affordable) <= EXACT:
            found = self._best_of_all(material, affordable, most)
        else:
            both = [list(self._greedy(material, affordable, most, rate)) for rate in (False, True)]
            found = min(both, key=lambda members: material.loss(material.mean(members)))
        return Ordering(tuple(found), len(found))

    def _affordable(self, material: Material) -> list[int]:
        names, seconds = material.answers.names, material.seconds
        unknown = [name for name, s in zip(names, seconds, strict=True) if np.isnan(s)]
        if unknown:
            hint = "leave imported records out"
            raise PredictionError("seconds of prediction were measured", f"none of {unknown}", hint)
        cheap = [j for j in material.ranked if seconds[j] <= self.seconds]
        if not cheap:
            rule = f"a record predicts within {self.seconds:g} s"
            raise BudgetError(rule, f"{seconds.min():g} s at least", "allow more seconds")
        return cheap

    def _best_of_all(self, material: Material, members: list[int], most: int) -> tuple[int, ...]:
        """By trying; of equal losses the cheapest."""
        subsets = [
            subset
            for size in range(1, min(most, len(members)) + 1)
            for subset in combinations(members, size)
            if material.seconds[list(subset)].sum() <= self.seconds
        ]
        spent = {subset: material.seconds[list(subset)].sum() for subset in subsets}
        return min(subsets, key=lambda s: (round(material.loss(material.mean(s)), 12), spent[s]))

    def _greedy(
        self, material: Material, members: list[int], most: int, rate: bool
    ) -> Iterator[int]:
        """Members one by one, by fall of loss, or by fall of loss per second."""
        view, seconds = material.view, np.maximum(material.seconds, 1e-9)
        share = np.average(view.truth, axis=0, weights=view.row_weight)
        now = material.loss(np.broadcast_to(share, view.truth.shape))
        total, spent, left = np.zeros_like(view.truth), 0.0, list(members)
        for count in range(1, most + 1):
            left = [j for j in left if spent + material.seconds[j] <= self.seconds]
            falls = [now - material.loss((total + material.stack[j]) / count) for j in left]
            if not left or (max(falls) <= 0 and count > 1):
                return
            worth = np.array(falls) / (seconds[left] if rate and max(falls) > 0 else 1.0)
            best = int(np.argmax(worth))
            now, chosen = now - falls[best], left.pop(best)
            total, spent = total + material.stack[chosen], spent + material.seconds[chosen]
            yield chosen
