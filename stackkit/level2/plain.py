"""The blends that always stand beside any other: the mean and the best single model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.metrics import Metric, fit_decision
from stackkit.predictions import Pool
from stackkit.spec import Objective


@dataclass(frozen=True)
class Mean(Weigher):
    """Equal weights."""

    kind: ClassVar[str] = "mean"

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """1/m each."""
        return np.full(len(pool.arrays), 1 / len(pool.arrays))


@dataclass(frozen=True)
class BestSingle(Weigher):
    """The member with the best score on the fit rows; the first of equal ones."""

    kind: ClassVar[str] = "best-single"
    reads_metric: ClassVar[bool] = True

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """1 for the best member, 0 for the others."""
        metric = objective.metric
        scores = [_score(metric, objective.task, y, p, weight) for p in pool.matrix()]
        chosen = np.zeros(len(scores))
        ranked = np.nan_to_num(metric.sign * np.array(scores), nan=-np.inf)
        chosen[int(np.argmax(ranked))] = 1.0
        return chosen


def _score(
    metric: Metric, task: str, y: np.ndarray, p: np.ndarray, weight: np.ndarray | None
) -> float:
    kind = metric.decision_for(task)
    readable = p if kind is None else fit_decision(kind, metric, y, p, weight).apply(p)
    return metric.score(y, readable, weight)
