"""Greedy ensemble selection: members added one at a time, as often as they help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.level2.selection.bags import check_bags, searched
from stackkit.level2.selection.candidates import Candidates
from stackkit.level2.selection.choose import scorer_for
from stackkit.level2.selection.forward import Path, forward, rescored
from stackkit.predictions import Pool
from stackkit.spec import Objective, check_ranges


@dataclass(frozen=True)
class Greedy(Weigher):
    """Forward selection with replacement on the competition's own metric.

    Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of models" (2004),
    with their safeguards: sorted initialisation, bags of models (and of rows), the prefix of the
    best step; and a look ahead of two where single additions stall. The weights of several bags are
    averaged. Members are taken in the order of their names, so that the pool's order is of no
    account. Of equal members one that is in already is preferred.

    Parameters
    ----------
    steps : additions, repetitions counted.
    bags : 1 searches with all members and rows.
    bag_members, bag_rows : shares drawn for each of several bags, rows evenly over the target.
    start : at most so many of the best members begin together; 1 begins with the best one.
    look_ahead : the largest pool in which pairs are tried; 0 never tries them.
    max_rows : above so many rows the search reads a stratified sample; a path searched in one bag
        is cut at its best step on all rows.
    """

    kind: ClassVar[str] = "greedy"
    reads_metric: ClassVar[bool] = True
    steps: int = 25
    bags: int = 1
    bag_members: float = 0.5
    bag_rows: float = 0.8
    start: int = 1
    look_ahead: int = 0
    max_rows: int = 1_000_000

    def __post_init__(self) -> None:
        check_ranges(self, {"steps": (1, np.inf), "start": (1, np.inf), "look_ahead": (0, np.inf)})
        check_bags(self)

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """Shares (m,) of the members in the selected sum, averaged over bags."""
        return searched(self, pool, y, weight, objective, seed)

    def search(self, rows: Candidates, rng: np.random.Generator) -> np.ndarray:
        """Weights (m,) of one search over all members."""
        sample = rows.sample(self.max_rows, rng)
        path = self._path(sample)
        if sample is not rows:
            path = rescored(path, scorer_for(rows))
        return path.weights(rows.members)

    def select(self, rows: Candidates) -> np.ndarray:
        """Weights (m,) of a search on just these rows."""
        return self._path(rows).weights(rows.members)

    def _path(self, rows: Candidates) -> Path:
        return forward(scorer_for(rows), self.steps, self.start, self.look_ahead)
