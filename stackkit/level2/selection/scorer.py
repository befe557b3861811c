"""The protocol of scorers: how good a blend is, and how good each next step from it would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stackkit.level2.blend import finished
from stackkit.level2.selection.candidates import Candidates
from stackkit.metrics import Decision, fit_decision

Blend = Any  # what a scorer remembers of Σ wᵢ pᵢ


class Scorer(Protocol):
    """Scores of blends, higher is better, NaN never (−inf instead).

    A step takes a blend to keep · blend + add · member, taken in the objective's space.
    """

    members: int

    def nothing(self) -> Blend:
        """The blend of no members: its steps have keep = 0."""

    def moved(self, blend: Blend, member: int, keep: float, add: float) -> Blend:
        """The blend after a step."""

    def score(self, blend: Blend) -> float:
        """The competition's score of a blend, times its sign."""

    def scores(self, blend: Blend, keep: float, add: float, floor: float = -np.inf) -> np.ndarray:
        """(m,) scores after each possible step.

        Exact for the best of them and what ties with it; −inf may stand for any other, and for all
        of them where none is above `floor`.
        """


@dataclass(frozen=True)
class RowScorer:
    """Any metric that reads probabilities or values: a step is scored on all rows, in float64."""

    rows: Candidates

    @property
    def members(self) -> int:
        """How many."""
        return self.rows.members

    def nothing(self) -> np.ndarray:
        """Zeros (n, c)."""
        return np.zeros(self.rows.arrays[0].shape)

    def moved(self, blend: np.ndarray, member: int, keep: float, add: float) -> np.ndarray:
        """(n, c) float64, in the objective's space."""
        return keep * blend + add * self.rows.in_space(member).astype(np.float64)

    def score(self, blend: np.ndarray) -> float:
        """The metric's own score of the blend."""
        return signed(self.rows, finished(blend, self.rows.objective))

    def scores(
        self, blend: np.ndarray, keep: float, add: float, floor: float = -np.inf
    ) -> np.ndarray:
        """One call of the metric a member."""
        steps = (self.moved(blend, j, keep, add) for j in range(self.members))
        return np.array([self.score(step) for step in steps])


@dataclass(frozen=True)
class LabelScorer(RowScorer):
    """Metrics that read labels: a step is judged under the decision that suits the blend before it.

    A blend's own score has its decision fitted anew; so has each member's where the blend is empty.
    """

    def score(self, blend: np.ndarray) -> float:
        """The metric's score under the decision fitted on these rows."""
        p = finished(blend, self.rows.objective)
        return signed(self.rows, self._decision(p).apply(p))

    def scores(
        self, blend: np.ndarray, keep: float, add: float, floor: float = -np.inf
    ) -> np.ndarray:
        """One call of the metric a member."""
        if keep == 0:
            return super().scores(blend, keep, add)
        decision = self._decision(finished(blend, self.rows.objective))
        steps = (self.moved(blend, j, keep, add) for j in range(self.members))
        made = (decision.apply(finished(step, self.rows.objective)) for step in steps)
        return np.array([signed(self.rows, labels) for labels in made])

    def _decision(self, p: np.ndarray) -> Decision:
        rows, goal = self.rows, self.rows.objective
        kind = goal.metric.decision_for(goal.task)
        return fit_decision(kind, goal.metric, rows.y, p, rows.weight)


def signed(rows: Candidates, readable: np.ndarray) -> float:
    """The metric's score times its sign; −inf for NaN."""
    metric = rows.objective.metric
    score = metric.sign * metric.score(rows.y, readable, rows.weight)
    return -np.inf if np.isnan(score) else float(score)
