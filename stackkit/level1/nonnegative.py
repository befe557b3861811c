"""Non-negative least squares: a sum of members in which none is subtracted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level1.fitted import MetaFit, quantile_shift
from stackkit.meta_features.rows import Rows, full
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective


@dataclass(frozen=True)
class NonNegative(BaseLearner):
    """Least |y − Σ vᵢ pᵢ|² + penalty |v|², v ≥ 0, the weights free to sum to what they like.

    Breiman, "Stacked regressions" (1996); of classes, probabilities against indicators with one
    weight a member (Ting and Witten, "Issues in stacked generalization", 1999), cut to [0, 1] and
    renormalised. Values have a free intercept and are fitted in the objective's space; under a
    quantile they are moved by that quantile of the residuals.

    Parameters
    ----------
    penalty : of squared weights, in shares of the rows: it only keeps like members apart.
    """

    kind: ClassVar[str] = "nnls-meta"
    needs_features: ClassVar[bool] = False
    penalty: float = 1e-4

    def build(self, objective: Objective, seed: int) -> NonNegativeFit:
        """An unfitted estimator."""
        return NonNegativeFit(self, objective, seed)


class NonNegativeFit(MetaFit):
    """`weights_` (m,) in the order of the members that it was fitted on."""

    def _fit(self, rows: Rows) -> None:
        p = full(rows.pool, rows.space)
        share = rows.weight / rows.weight.sum()
        centre, middle = np.zeros(len(p)), np.zeros(p.shape[2])
        if rows.space is not None:
            centre, middle = p[..., 0] @ share, rows.targets.T @ share
        A = (p - centre[:, None, None]) * np.sqrt(share)[:, None]
        b = (rows.targets - middle) * np.sqrt(share)[:, None]
        self.coefficients_ = nonnegative(A.reshape(len(p), -1).T, b.ravel(), self.learner.penalty)
        self.weights_ = self._as_given(self.coefficients_)
        self.intercept_ = middle - centre @ self.coefficients_
        residuals = rows.y - self._sum(p)[:, 0] if rows.space is not None else np.empty(0)
        self.intercept_ = self.intercept_ + quantile_shift(rows, residuals)

    def _predict(self, pool: Pool) -> np.ndarray:
        made = self._sum(full(pool, self.space_))
        if self.space_ is not None:
            return made[:, 0]
        kept = np.clip(made, 0.0, 1.0)
        total = kept.sum(axis=1, keepdims=True)
        even = np.full(kept.shape, 1 / kept.shape[1])
        return np.divide(kept, total, out=even, where=total > 0)

    def _sum(self, p: np.ndarray) -> np.ndarray:
        return np.tensordot(self.coefficients_, p, axes=1) + self.intercept_


def nonnegative(A: np.ndarray, b: np.ndarray, penalty: float) -> np.ndarray:
    """(m,) v ≥ 0 of least |A v − b|² + penalty |v|² (Lawson and Hanson, 1974)."""
    from scipy.optimize import nnls

    m = A.shape[1]
    root = np.sqrt(penalty) * np.eye(m)
    q, r = np.linalg.qr(np.vstack([A, root]))
    return nnls(r, q.T @ np.r_[b, np.zeros(m)])[0]
