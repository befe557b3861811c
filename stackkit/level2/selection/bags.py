"""Bags: a selection repeated on random members and rows, its weights averaged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.selection.candidates import Candidates, stratified

FEWEST = 5  # members of a bag, where the pool has them


class Bagged(Protocol):
    """A learner that says how many bags there are, and the shares that each draws."""

    bags: int
    bag_members: float
    bag_rows: float
    max_rows: int


def check_bags(learner: Bagged) -> None:
    """ModelError for counts below 1 and for shares outside (0, 1]."""
    if min(learner.bags, learner.max_rows) < 1:
        raise ModelError("bags and max_rows are at least 1", repr(learner))
    if not (0 < learner.bag_members <= 1 and 0 < learner.bag_rows <= 1):
        raise ModelError("bag_members and bag_rows are shares in (0, 1]", repr(learner))


def bagged(
    select: Callable[[Candidates], np.ndarray],
    rows: Candidates,
    learner: Bagged,
    rng: np.random.Generator,
) -> np.ndarray:
    """The mean (m,) of the weights that `select` gives to the members of each bag.

    Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of models" (2004):
    each bag has a random share of members, and of rows one spread evenly over the target.
    """
    share = math.ceil(learner.bag_members * rows.members)
    size = max(min(rows.members, FEWEST), share)
    length = min(learner.max_rows, math.ceil(learner.bag_rows * len(rows)))
    total = np.zeros(rows.members)
    for _ in range(learner.bags):
        members = np.sort(rng.permutation(rows.members)[:size])
        total[members] += select(rows.some(members, stratified(rows.y, length, rng)))
    return total / learner.bags
