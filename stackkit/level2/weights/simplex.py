"""Weights that minimise the loss of the objective under constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.level2.weights.feasible import Bounds, Rules
from stackkit.level2.weights.fitting import Fitting
from stackkit.level2.weights.terms import Kind
from stackkit.predictions import Pool
from stackkit.spec import Objective

PULLS = (0.001, 0.01, 0.1, 1.0)


@dataclass(frozen=True)
class Simplex(Weigher):
    """Non-negative weights that sum to 1, of least surrogate loss plus `pull` · m · |w − 1/m|².

    The loss is relative to that of equal weights, so a pull has the same meaning on every target.
    Breiman, "Stacked regressions" (1996), has the constraint; the pull shrinks towards the mean.
    Squared error and pinball loss are those of values in the objective's space.

    Parameters
    ----------
    pulls : strengths, one of them chosen by inner folds of the rows that it is fitted on.
    inner_folds : how many.
    lower, upper : bounds of every weight.
    bounds : (member, lower, upper) for single members.
    max_models : the most members that get a weight; None for all.
    min_weight : the least weight of a member that gets one.
    """

    kind: ClassVar[str] = "simplex"
    version: ClassVar[int] = 2
    pulls: tuple[float, ...] = PULLS
    inner_folds: int = 5
    lower: float = 0.0
    upper: float = 1.0
    bounds: Bounds = ()
    max_models: int | None = None
    min_weight: float = 0.0

    @property
    def reads_names(self) -> bool:
        """Where there are bounds of single members."""
        return bool(self.bounds)

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """The weights (m,) at the pull that inner folds prefer."""
        rules = Rules(self.lower, self.upper, self.bounds)
        fitting = Fitting(
            Kind.surrogate(objective), rules.feasible(pool), self.pulls, self.inner_folds,
            self.max_models, self.min_weight,
        )  # fmt: skip
        return fitting.weights(pool, y, weight, seed)


@dataclass(frozen=True)
class CappedSimplex(Weigher):
    """`Simplex` in which the members of one family have at most `family_cap` together.

    Models of one family err alike: where out-of-fold scores flatter a family (leaky encodings, one
    library's early stopping), the cap bounds the damage. With f families it is at least 1/f; a
    member whose family is not known is one of its own.
    """

    kind: ClassVar[str] = "capped-simplex"
    reads_names: ClassVar[bool] = True
    family_cap: float = 0.5
    pulls: tuple[float, ...] = PULLS
    inner_folds: int = 5
    upper: float = 1.0
    bounds: Bounds = ()

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """The weights (m,) at the pull that inner folds prefer."""
        feasible = Rules(0.0, self.upper, self.bounds, self.family_cap).feasible(pool)
        fitting = Fitting(Kind.surrogate(objective), feasible, self.pulls, self.inner_folds)
        return fitting.weights(pool, y, weight, seed)
