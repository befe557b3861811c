"""Linear discriminant analysis in prediction space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level1.fitted import MetaFit
from stackkit.meta_features.rows import Rows, links
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective

FLOOR = 1e-6  # share of the mean variance that is always added


@dataclass(frozen=True)
class Discriminant(BaseLearner):
    """Classes as Gaussian clouds of one covariance over the members' logits.

    Fisher (1936), Welch (1939). All columns are logits, of one unit, so that the covariance is
    shrunk towards a multiple of the identity as it is.

    Parameters
    ----------
    shrinkage : share 0..1 of the mean variance times the identity.
    """

    kind: ClassVar[str] = "lda-meta"
    needs_features: ClassVar[bool] = False
    shrinkage: float = 0.1

    def build(self, objective: Objective, seed: int) -> DiscriminantFit:
        """An unfitted estimator; it takes classes only."""
        return DiscriminantFit(self, objective, seed)


class DiscriminantFit(MetaFit):
    """Log posteriors z · directions_ + offset_; a weight counts like as many rows."""

    def _fit(self, rows: Rows) -> None:
        z = np.hstack(list(links(rows.pool, None)))
        member = rows.targets * rows.weight[:, None]
        total = member.sum(axis=0)
        means = member.T @ z / np.maximum(total, 1e-12)[:, None]
        covariance = within(z - means[rows.y], rows.weight, self.learner.shrinkage)
        self.directions_ = np.linalg.solve(covariance, means.T)
        share = np.maximum(total / total.sum(), 1 / len(rows) ** 2)
        self.offset_ = np.log(share) - 0.5 * (means * self.directions_.T).sum(axis=1)

    def _predict(self, pool: Pool) -> np.ndarray:
        scores = np.hstack(list(links(pool, None))) @ self.directions_ + self.offset_
        grown = np.exp(scores - scores.max(axis=1, keepdims=True))
        return grown / grown.sum(axis=1, keepdims=True)


def within(away: np.ndarray, weight: np.ndarray, shrinkage: float) -> np.ndarray:
    """Covariance (d, d) of rows less the mean of their class, shrunk."""
    d = away.shape[1]
    covariance = away.T @ (weight[:, None] * away) / weight.sum()
    level = np.trace(covariance) / d or 1.0
    return (1 - shrinkage) * covariance + (shrinkage + FLOOR) * level * np.eye(d)
