"""Elastic net on the predictions in link space: members that add nothing get no weight at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level1.choice import codes, differences, log_loss, quadratic, softmax
from stackkit.level1.fitted import MetaFit, quantile_shift
from stackkit.meta_features.rows import Rows, links
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective

STEPS, CLOSE = 25, 1e-8  # steps at most, and the relative change of coefficients that ends them
TRACE = 1e-8  # share of the mean curvature that keeps identical members apart


@dataclass(frozen=True)
class ElasticNet(BaseLearner):
    """Least mean loss + α (ρ |v|₁ + (1 − ρ)/2 |v|²), one coefficient a member for all classes.

    Squared error of values as fitted, log-loss of logits (see `choice`). Zou and Hastie,
    "Regularization and variable selection via the elastic net" (2005); of classes by proximal
    Newton steps as in Friedman, Hastie and Tibshirani (2010). Under a quantile, values are moved
    by that quantile of the residuals.

    Parameters
    ----------
    alphas : strengths α, one of them chosen by inner folds of the fit rows.
    l1_ratio : ρ.
    inner_folds : how many.
    """

    kind: ClassVar[str] = "elastic-net-meta"
    needs_features: ClassVar[bool] = False
    alphas: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03)
    l1_ratio: float = 0.5
    inner_folds: int = 5

    def build(self, objective: Objective, seed: int) -> ElasticNetFit:
        """An unfitted estimator."""
        return ElasticNetFit(self, objective, seed)


@dataclass(frozen=True)
class Coefficients:
    """Intercepts (1,) or (C − 1,) and one coefficient a member (m,)."""

    intercept: np.ndarray
    members: np.ndarray

    def scores(self, x: np.ndarray) -> np.ndarray:
        """(n, 1) or (n, C − 1) of inputs (n, C − 1, m)."""
        return self.intercept + x @ self.members


class ElasticNetFit(MetaFit):
    """`model_` holds its coefficients, `alpha_` the strength that was chosen."""

    def _fit(self, rows: Rows) -> None:
        x = differences(links(rows.pool, rows.space))
        values = rows.space is not None
        y = rows.y if values else codes(rows.y, len(rows.objective.classes))
        self.alpha_ = self._choose(x, y, rows.weight, values)
        self.model_ = fit_elastic_net(x, y, rows.weight, self.alpha_, self.learner.l1_ratio, values)
        residuals = rows.y - self.model_.scores(x)[:, 0] if values else np.empty(0)
        self.shift_ = quantile_shift(rows, residuals)

    def _predict(self, pool: Pool) -> np.ndarray:
        scores = self.model_.scores(differences(links(pool, self.space_)))
        if self.space_ is not None:
            return scores[:, 0] + self.shift_
        p = softmax(scores)
        return p[:, ::-1] if p.shape[1] == 2 else p

    def _choose(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray, values: bool) -> float:
        learner = self.learner
        if len(learner.alphas) == 1 or len(y) < 2 * learner.inner_folds:
            return max(learner.alphas)
        fold = np.random.default_rng(self.seed).permutation(len(y)) % learner.inner_folds
        total = np.zeros(len(learner.alphas))
        for k in range(learner.inner_folds):
            a, b = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            for i, alpha in enumerate(learner.alphas):
                model = fit_elastic_net(x[a], y[a], weight[a], alpha, learner.l1_ratio, values)
                scores = model.scores(x[b])
                lost = (scores[:, 0] - y[b]) ** 2 if values else log_loss(scores, y[b])
                total[i] += weight[b] @ lost
        return learner.alphas[int(np.argmin(total))]


def fit_elastic_net(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, alpha: float, l1_ratio: float, values: bool
) -> Coefficients:
    """On inputs (n, C − 1, m), values or codes y (n,); weights count as shares of their sum."""
    share, l1, l2 = weight / weight.sum(), alpha * l1_ratio, alpha * (1 - l1_ratio)
    if values:
        X = x[:, 0]
        centre, middle = share @ X, float(share @ y)
        Z = X - centre
        v = lasso(Z.T @ (share[:, None] * Z), Z.T @ (share * (y - middle)), l1, l2)
        return Coefficients(np.array([middle - centre @ v]), v)
    return _proximal_newton(x, y, share, l1, l2)


def _proximal_newton(
    x: np.ndarray, y: np.ndarray, share: np.ndarray, l1: float, l2: float
) -> Coefficients:
    """Lasso of the quadratic model at the last point, intercepts eliminated, until it rests."""
    free, m = x.shape[1:]
    v = np.zeros(free + m)
    value = _penalised(v, x, y, share, l1, l2)
    for _ in range(STEPS):
        gradient, hessian = quadratic(v, x, y, share)
        hessian[:free, :free] += 1e-6 / len(x) * np.eye(free)
        pull = hessian @ v - gradient
        solved = np.linalg.solve(hessian[:free, :free], np.c_[hessian[:free, free:], pull[:free]])
        curve = hessian[free:, free:] - hessian[free:, :free] @ solved[:, :-1]
        aim = pull[free:] - hessian[free:, :free] @ solved[:, -1]
        members = lasso(curve, aim, l1, l2)
        found = np.r_[solved[:, -1] - solved[:, :-1] @ members, members]
        size = 1.0
        while size > 1e-6 and _penalised(v + size * (found - v), x, y, share, l1, l2) > value:
            size /= 2
        moved = size * (found - v)
        v = v + moved
        value = _penalised(v, x, y, share, l1, l2)
        if size <= 1e-6 or np.abs(moved).max() <= CLOSE**0.5 * max(np.abs(v).max(), 1e-3):
            break
    return Coefficients(v[:free], v[free:])


def _penalised(
    v: np.ndarray, x: np.ndarray, y: np.ndarray, share: np.ndarray, l1: float, l2: float
) -> float:
    free = x.shape[1]
    members = v[free:]
    loss = share @ log_loss(v[:free] + x @ members, y)
    return float(loss + l1 * np.abs(members).sum() + 0.5 * l2 * members @ members)


def lasso(gram: np.ndarray, aim: np.ndarray, l1: float, l2: float) -> np.ndarray:
    """(m,) of least ½ vᵀ (gram + l2) v − aimᵀ v + l1 |v|₁, by coordinate descent."""
    from sklearn.linear_model import Lasso

    from stackkit.linear import quiet

    m = len(gram)
    trace = TRACE * (np.trace(gram) / m + 1e-12)
    root = np.linalg.cholesky(gram + (l2 + trace) * np.eye(m)).T
    target = np.linalg.solve(root.T, aim)
    model = Lasso(alpha=l1 / m, fit_intercept=False, tol=1e-8, max_iter=5000)
    with quiet():
        return model.fit(root, target).coef_
