"""Hill climbing with a grid of weights: each step mixes one member into the blend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.blend import Weigher
from stackkit.level2.selection.bags import check_bags, searched
from stackkit.level2.selection.candidates import Candidates
from stackkit.level2.selection.choose import scorer_for
from stackkit.level2.selection.forward import preferred
from stackkit.level2.selection.scorer import Blend, Scorer
from stackkit.predictions import Pool
from stackkit.spec import Objective, check_ranges

GRID = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
SIGNED_GRID = (-0.2, -0.1, -0.05, -0.02, -0.01, *GRID)


@dataclass(frozen=True)
class Step:
    """blend = (1 − weight) blend + weight · member; the first has weight 1."""

    member: int
    weight: float
    score: float


@dataclass(frozen=True)
class HillClimb(Weigher):
    """From the best member, the step of best score over all members and weights, while one helps.

    The Kaggle practice: a member may be visited again, and every step takes its share from all
    members before it. Negative weights are safe only with many rows: blends of classes are clipped
    to [0, 1] and renormalised before they are scored, as they are when they predict. A climb begins
    with one member and ends near it where rows are few; the mean of climbs over bags of members and
    rows does not.

    Parameters
    ----------
    grid : weights that a step tries, each below 1 and not 0.
    steps : the most there are.
    gain : divided by the rows, the least improvement that a step must bring, as a share of the
        score's size; 0.5 is about what a step without merit brings to an RMSE by chance (Akaike,
        1974).
    bags : climbs whose weights are averaged; 1 has all members and rows.
    bag_members, bag_rows : shares drawn for each of several bags, rows evenly over the target.
    max_rows : above so many rows a climb reads a stratified sample; of the blends on the way of a
        single one the best on all rows is taken.
    """

    kind: ClassVar[str] = "hill-climb"
    reads_metric: ClassVar[bool] = True
    grid: tuple[float, ...] = GRID
    steps: int = 100
    gain: float = 0.5
    bags: int = 1
    bag_members: float = 0.5
    bag_rows: float = 0.8
    max_rows: int = 100_000

    def __post_init__(self) -> None:
        check_ranges(self, {"steps": (1, np.inf), "gain": (0, np.inf), "grid": (-np.inf, 1)})
        check_bags(self)
        if not self.grid or not all(weight < 1 and weight != 0 for weight in self.grid):
            raise ModelError("a grid has weights below 1 other than 0", self.grid, "such as 0.05")

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """Weights (m,) that sum to 1; some below 0 if the grid has such."""
        return searched(self, pool, y, weight, objective, seed)

    def search(self, rows: Candidates, rng: np.random.Generator) -> np.ndarray:
        """Weights (m,) of one search over all members."""
        sample = rows.sample(self.max_rows, rng)
        path = self._path(sample)
        if sample is not rows:
            path = path[: _best_length(path, self._scorer(rows))]
        return weights_of(path, rows.members)

    def select(self, rows: Candidates) -> np.ndarray:
        """Weights (m,) of a search on just these rows."""
        return weights_of(self._path(rows), rows.members)

    def _path(self, rows: Candidates) -> list[Step]:
        return climb(self._scorer(rows), self.grid, self.steps, self.gain / len(rows))

    def _scorer(self, rows: Candidates) -> Scorer:
        return scorer_for(rows, convex=min(self.grid) > 0)


def climb(scorer: Scorer, grid: tuple[float, ...], steps: int, gain: float) -> list[Step]:
    """The steps of a climb, the best member first; each gains more than that share of the score."""
    empty = scorer.nothing()
    first = preferred(scorer.scores(empty, 0.0, 1.0), ())
    blend = scorer.moved(empty, first, 0.0, 1.0)
    path = [Step(first, 1.0, scorer.score(blend))]
    while len(path) < steps and scorer.members > 1:
        before = path[-1].score
        floor = before + gain * abs(before)
        member, weight = _best_step(scorer, blend, grid, floor)
        blend = scorer.moved(blend, member, 1 - weight, weight)
        path.append(Step(member, weight, scorer.score(blend)))
        if not path[-1].score > floor:
            return path[:-1]
    return path


def weights_of(path: list[Step], members: int) -> np.ndarray:
    """Weights (m,) after the last step."""
    weights = np.zeros(members)
    for step in path:
        weights *= 1 - step.weight
        weights[step.member] += step.weight
    return weights


def _best_step(
    scorer: Scorer, blend: Blend, grid: tuple[float, ...], floor: float
) -> tuple[int, float]:
    """The member and weight of the best score; the first of equal ones."""
    best, found = -np.inf, (0, grid[0])
    for weight in grid:
        scores = scorer.scores(blend, 1 - weight, weight, max(best, floor))
        if scores.max() > best:
            best, found = scores.max(), (int(scores.argmax()), weight)
    return found


def _best_length(path: list[Step], scorer: Scorer) -> int:
    """Steps after which another scorer's score is best."""
    blend, scores = scorer.nothing(), []
    for step in path:
        blend = scorer.moved(blend, step.member, 1 - step.weight, step.weight)
        scores.append(scorer.score(blend))
    return int(np.argmax(scores)) + 1
