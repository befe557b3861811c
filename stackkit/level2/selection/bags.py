"""Bags: a selection repeated on random members and rows, its weights averaged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from stackkit.level2.selection.candidates import Candidates, stratified
from stackkit.predictions import Pool
from stackkit.spec import ABOVE_0, Objective, check_ranges

FEWEST = 5  # members of a bag, where the pool has them


class Bagged(Protocol):
    """A learner that says how many bags there are, and the shares that each draws."""

    bags: int
    bag_members: float
    bag_rows: float
    max_rows: int

    def search(self, rows: Candidates, rng: np.random.Generator) -> np.ndarray:
        """Weights (m,) of one search over all members."""

    def select(self, rows: Candidates) -> np.ndarray:
        """Weights (m,) of a search on just these rows, those of a bag."""


def check_bags(learner: Bagged) -> None:
    """ModelError for counts below 1 and for shares outside (0, 1]."""
    check_ranges(learner, {"bags": (1, math.inf), "max_rows": (1, math.inf)})
    check_ranges(learner, {"bag_members": (ABOVE_0, 1), "bag_rows": (ABOVE_0, 1)})


def searched(
    learner: Bagged,
    pool: Pool,
    y: np.ndarray,
    weight: np.ndarray | None,
    objective: Objective,
    seed: int,
) -> np.ndarray:
    """Weights (m,) of one search, or their mean over bags; members stand by name in between, so
    that their order in the pool does not matter."""
    by_name = np.argsort(pool.names)
    rows = Candidates.of(pool.members(by_name), y, weight, objective)
    rng = np.random.default_rng(seed)
    found = np.zeros(rows.members)
    if learner.bags == 1:
        found[by_name] = learner.search(rows, rng)
    else:
        found[by_name] = bagged(learner.select, rows, learner, rng)
    return found


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
