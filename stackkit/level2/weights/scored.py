"""What weights are worth by the metric itself, on rows in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.level2.blend import finished
from stackkit.metrics import Decision, fit_decision, get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective


@dataclass(frozen=True)
class Scored:
    """Members (m, n, c) float32 in the objective's space, targets (n,), row weights (n,) or None.

    Scores are signed: greater is better, -inf where the metric is undefined.
    """

    members: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    objective: Objective

    @classmethod
    def of(
        cls, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective
    ) -> Scored:
        """The rows of a pool."""
        forward = get_space(objective.space).forward
        members = pool.matrix()
        if objective.space != "identity":
            members = np.stack([forward(member).astype(np.float32) for member in members])
        return cls(members, y, weight, objective)

    def take(self, rows: np.ndarray) -> Scored:
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Scored(self.members[:, rows], self.y[rows], weight, self.objective)

    def mixed(self, w: np.ndarray) -> np.ndarray:
        """Sums (k, n, c) float32 in the space, of k weight vectors (k, m)."""
        m, n, c = self.members.shape
        return (w.astype(np.float32) @ self.members.reshape(m, n * c)).reshape(len(w), n, c)

    def decision(self, w: np.ndarray) -> Decision | None:
        """How labels come from the mix under weights (m,); None for a metric of no labels."""
        metric = self.objective.metric
        kind = metric.decision_for(self.objective.task)
        if kind is None:
            return None
        p = finished(self.mixed(w[None])[0], self.objective)
        return fit_decision(kind, metric, self.y, p, self.weight)

    def score(self, w: np.ndarray) -> float:
        """Of weights (m,), with the decision that is best on these rows."""
        return self.score_mix(self.mixed(w[None])[0], self.decision(w))

    def score_mix(self, mix: np.ndarray, decision: Decision | None) -> float:
        """Of one mix (n, c), under a decision."""
        p = finished(mix, self.objective)
        readable = p if decision is None else decision.apply(p)
        metric = self.objective.metric
        found = metric.sign * metric.score(self.y, readable, self.weight)
        return found if np.isfinite(found) else -np.inf
