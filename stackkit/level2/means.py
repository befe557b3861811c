"""Means of another kind than the arithmetic one: power means, and means of the middle members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from stackkit.level2.blend import finished, normalised
from stackkit.metrics import get_space
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import BaseLearner, Objective, check_ranges

CLIP = 1e-6


class _RowMean(Protocol):
    """A learner whose prediction of a row is a mean of its members' predictions alone."""

    def floor(self, y: np.ndarray, objective: Objective) -> float | None:
        """What is learnt of the fit rows: the least value, None where the mean needs none."""

    def mean(self, members: np.ndarray, objective: Objective, floor: float | None) -> np.ndarray:
        """Means (b, c) of members (m, b, c)."""


@dataclass(frozen=True)
class PowerMean(BaseLearner):
    """(mean of pᵢ^power)^(1 / power); 0: the geometric mean, −1 the harmonic, 1 the arithmetic.

    Probabilities are clipped at 1e-6, both of two classes, and renormalised: their geometric mean
    is the mean of logits (of centred log-ratios for several classes; Genest and Zidek, 1986,
    logarithmic pool). Values are clipped at the least target of the fit rows; where that is not
    positive, power means are not defined and the mean in the objective's space is taken.
    """

    kind: ClassVar[str] = "power-mean"
    test_from: ClassVar[str] = "full"
    needs_features: ClassVar[bool] = False
    power: float = 0.0

    def __post_init__(self) -> None:
        check_ranges(self, {"power": (-1e6, 1e6)})

    def build(self, objective: Objective, seed: int) -> RowMeanFit:
        """An unfitted estimator."""
        return RowMeanFit(self, objective)

    def floor(self, y: np.ndarray, objective: Objective) -> float | None:
        """The least target, None where it is not positive, or for classes."""
        least = float(np.min(y))
        return least if objective.output == "value" and least > 0 else None

    def mean(self, members: np.ndarray, objective: Objective, floor: float | None) -> np.ndarray:
        """Means (b, c) of members (m, b, c)."""
        if objective.output == "value":
            if floor is None:
                space = get_space(objective.space)
                return space.inverse(space.forward(members).mean(axis=0))
            return power_mean(np.maximum(members, floor, dtype=np.float64), self.power)
        p = members.astype(np.float64)
        both = np.concatenate([1 - p, p], axis=2) if p.shape[2] == 1 else p
        mean = normalised(power_mean(np.maximum(both, CLIP), self.power))
        return mean[:, 1:] if p.shape[2] == 1 else mean


@dataclass(frozen=True)
class TrimmedMean(BaseLearner):
    """The mean, row by row, of the members left when the share `cut` goes at either end.

    0.5 leaves the median of the members' predictions, which for a quantile is not that quantile of
    anything. Taken in the objective's space; probabilities are renormalised. At least one member
    is left (two of an even number).
    """

    kind: ClassVar[str] = "trimmed-mean"
    test_from: ClassVar[str] = "full"
    needs_features: ClassVar[bool] = False
    cut: float = 0.2

    def __post_init__(self) -> None:
        check_ranges(self, {"cut": (0, 0.5)})

    def build(self, objective: Objective, seed: int) -> RowMeanFit:
        """An unfitted estimator."""
        return RowMeanFit(self, objective)

    def floor(self, y: np.ndarray, objective: Objective) -> None:
        """It needs none."""

    def mean(self, members: np.ndarray, objective: Objective, floor: float | None) -> np.ndarray:
        """Means (b, c) of members (m, b, c)."""
        ordered = np.sort(get_space(objective.space).forward(members), axis=0)
        cut = min(int(self.cut * len(ordered)), (len(ordered) - 1) // 2)
        return finished(ordered[cut : len(ordered) - cut].mean(axis=0), objective)


@dataclass
class RowMeanFit:
    """Predicts block by block."""

    learner: _RowMean
    objective: Objective

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> RowMeanFit:
        """Learn the floor on the rows of positive weight."""
        self.floor_ = self.learner.floor(y[rows_to_fit(X, weight)], self.objective)
        self.names_ = X.names
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Means (n, c) float64."""
        members = X.matched(self.names_)
        blocks = (self.learner.mean(b, self.objective, self.floor_) for b in members.blocks())
        return np.concatenate(list(blocks))


def power_mean(positive: np.ndarray, power: float) -> np.ndarray:
    """(mean over the first axis of positive^power)^(1 / power), geometric at 0.

    >>> power_mean(np.array([1.0, 4.0]), 0).item(), power_mean(np.array([1.0, 4.0]), 1).item()
    (2.0, 2.5)
    """
    if power == 0:
        return np.exp(np.log(positive).mean(axis=0))
    return (positive**power).mean(axis=0) ** (1 / power)
