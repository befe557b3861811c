"""Weights that minimise the loss of the objective under constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.level2.weights.feasible import Bounds, Rules, check_bounds
from stackkit.level2.weights.fitting import Fitting
from stackkit.level2.weights.terms import Kind
from stackkit.predictions import Pool
from stackkit.spec import ABOVE_0, Objective, check_ranges

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
    lower, upper : bounds of every weight: `lower` at most 1/m, `upper` read as at least 1/m.
    bounds : (member, lower, upper) for single members.
    family_cap : the most that members of one family have together, with f families at least 1/f;
        None: no cap. A member whose family is not known is one of its own. Models of one family err
        alike: where out-of-fold scores flatter a family (leaky encodings, one library's early
        stopping), the cap bounds the damage.
    max_models : the most members that get a weight; None for all. Bounds may need more: ModelError.
    min_weight : the least weight of a member that gets one.
    """

    kind: ClassVar[str] = "simplex"
    version: ClassVar[int] = 2
    pulls: tuple[float, ...] = PULLS
    inner_folds: int = 5
    lower: float = 0.0
    upper: float = 1.0
    bounds: Bounds = ()
    family_cap: float | None = None
    max_models: int | None = None
    min_weight: float = 0.0

    def __post_init__(self) -> None:
        check_ranges(self, {"pulls": (0, np.inf), "inner_folds": (2, np.inf), "lower": (0, 1)})
        check_ranges(self, {"upper": (ABOVE_0, 1), "family_cap": (ABOVE_0, 1)})
        check_ranges(self, {"max_models": (1, np.inf), "min_weight": (0, 1)})
        check_bounds(self.bounds)

    @property
    def reads_names(self) -> bool:
        """Where single members or families have bounds of their own."""
        return bool(self.bounds) or self.family_cap is not None

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """The weights (m,) at the pull that inner folds prefer."""
        rules = Rules(self.lower, self.upper, self.bounds, self.family_cap)
        feasible = rules.feasible(pool)
        feasible.check_few(self.max_models)
        fitting = Fitting(
            Kind.surrogate(objective), feasible, self.pulls, self.inner_folds,
            self.max_models, self.min_weight,
        )  # fmt: skip
        return fitting.weights(pool, y, weight, seed)
