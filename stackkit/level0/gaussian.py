"""Gaussian process regression, and classification by regression on class indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.calibration import calibrate
from stackkit.level0.distances import typical_square
from stackkit.level0.probabilities import as_columns
from stackkit.level0.process import fit_covariance, posterior
from stackkit.level0.rows import rows_of, sample, sample_classes
from stackkit.level0.targets import averaged, space_of
from stackkit.sizing import ExpectedCost, Limits
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import MARGIN


@dataclass(frozen=True)
class GaussianProcess(BaseLearner):
    """A smooth function plus a linear one plus noise, seen exactly at all rows.

    The covariance is amplitude · Matérn-5/2(distance / length) + slope · x·z / d + constant. Its
    four numbers (with the noise) maximise the marginal likelihood of `sample_rows` rows; then the
    posterior mean is computed from all rows (Rasmussen and Williams, "Gaussian processes for
    machine learning", 2006, §2.2 and §5.4.1). Classes are regressions of their indicators with one
    covariance, and leave-one-out predictions, which are exact and cost no refit, calibrate them
    (§6.5). Time grows with the cube and memory with the square of the rows.
    """

    kind: ClassVar[str] = "gaussian-process"
    version: ClassVar[int] = 2
    sample_rows: int = 500

    def build(self, objective: Objective, seed: int) -> ProcessFit:
        """An unfitted process."""
        return ProcessFit(self, objective, seed)


@dataclass
class ProcessFit:
    """A row of weight w has noise variance noise / w (weights of mean 1)."""

    learner: GaussianProcess
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> ProcessFit:
        """Fit on X (n, d) and y (n,)."""
        rows = rows_of(X, y, weight)
        self.space_ = space_of(self.objective, rows.y, MARGIN)
        targets = averaged(self.objective, rows.y, self.space_)
        self.centre_ = np.average(targets, axis=0, weights=rows.weight)
        spread = np.average((targets - self.centre_) ** 2, axis=0, weights=rows.weight)
        self.scale_ = np.where(spread > 1e-12, np.sqrt(spread), 1.0)
        targets = (targets - self.centre_) / self.scale_
        chosen = self._sample(rows.y)
        far = typical_square(rows.values, self.seed)
        covariance = fit_covariance(rows.take(chosen), targets[chosen], far)
        self.posterior_, left_out = posterior(rows, targets, covariance)
        if self.space_ is None:
            self.calibration_ = calibrate(left_out, rows.y, rows.weight)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        made = self.posterior_.mean(np.asarray(X, dtype=np.float64))
        if self.space_ is None:
            return as_columns(self.calibration_.probabilities(made))
        return self.space_.inverse(made[:, 0] * self.scale_[0] + self.centre_[0])

    def _sample(self, y: np.ndarray) -> np.ndarray:
        if self.space_ is None:
            return sample_classes(y, self.learner.sample_rows, self.seed)
        return sample(len(y), self.learner.sample_rows, self.seed)


SPECS = (
    ModelSpec(
        "gp",
        GaussianProcess(),
        family="kernel",
        recipe="kernel",
        limits=Limits(rows=6000),
        cost=ExpectedCost(4.5, rows=0.7, columns=0.1, outputs=0.1, copies=450),
    ),
)
