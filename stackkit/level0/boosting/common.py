"""What boosters of every library share: the target's space, shapes, and rounds fixed beforehand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.spec import Objective
from stackkit.target_space import target_space

REFERENCE = 5000  # rows at which `rounds` are boosted
GROWTH = 0.15  # rounds grow with (n / REFERENCE) to this power, at most threefold
MOST_GROWTH = 3.0


def grown(rounds: int, n: int) -> int:
    """The rounds for n rows, at least 1.

    >>> grown(600, 5000), grown(600, 1000), grown(600, 10**9)
    (600, 471, 1800)
    """
    return max(1, round(rounds * min(MOST_GROWTH, (n / REFERENCE) ** GROWTH)))


def chosen(value: float | None, rule: float) -> float:
    """A parameter that is set, else what its rule says."""
    return rule if value is None else value


@dataclass
class BoostedFit(ABC):
    """One fitted booster; values are boosted in the objective's space, standardised.

    A library gives `_boost` and `_raw`.
    """

    learner: Any
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> BoostedFit:
        """Boost on X (n, d), y (n,) and row weights (n,): one tree a round, or one a class."""
        if self.objective.of_values:
            self.space_ = target_space(y, self.objective.space)
            y = self.space_.forward(y)
        self.model_ = self._boost(X, y, weight)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        if self.objective.of_values:
            return self.space_.inverse(self._raw(X))
        return as_columns(self._raw(X))

    @property
    def _classes(self) -> int:
        return len(self.objective.classes)

    @abstractmethod
    def _boost(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None) -> Any:
        """The fitted booster of the library."""

    @abstractmethod
    def _raw(self, X: Matrix) -> np.ndarray:
        """Values as fitted (n,), or probabilities (n, C) or P(class 1) (n, 1)."""
