"""Elastic net on the predictions in link space: members that add nothing get no weight at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level1.choice import codes, differences, log_loss, quadratic, softmax
from stackkit.level1.fitted import MetaFit, quantile_shift
from stackkit.meta_features.rows import Rows, links
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective

STEPS, CLOSE = 25, 1e-4  # steps at most, and the relative change of coefficients that ends them
SMALLEST = 1e-6  # share of a step below which none is taken
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


Solver = Callable[[np.ndarray, np.ndarray, np.ndarray, float, float], Coefficients]
Losses = Callable[[np.ndarray, np.ndarray], np.ndarray]


class ElasticNetFit(MetaFit):
    """`model_` holds its coefficients, `alpha_` the strength that was chosen.

    `weights_` (m,) are coefficients in the order of the members that it was fitted on.
    """

    def _fit(self, rows: Rows) -> None:
        x, y = differences(links(rows.pool, rows.space)), rows.y
        solver, losses = fit_values, squared
        if rows.space is None:
            solver, losses = fit_classes, log_loss
            y = codes(y, len(rows.objective.classes))
        self.alpha_ = self._choose(x, y, rows.weight, solver, losses)
        self.model_ = solver(x, y, rows.weight, *self._penalties(self.alpha_))
        self.weights_ = self._as_given(self.model_.members)
        self.shift_ = quantile_shift(rows, y - self.model_.scores(x)[:, 0])

    def _predict(self, pool: Pool) -> np.ndarray:
        scores = self.model_.scores(differences(links(pool, self.space_)))
        if self.space_ is not None:
            return scores[:, 0] + self.shift_
        p = softmax(scores)
        return p[:, ::-1] if p.shape[1] == 2 else p

    def _choose(
        self, x: np.ndarray, y: np.ndarray, weight: np.ndarray, solver: Solver, losses: Losses
    ) -> float:
        """The alpha of least loss on rows that inner folds leave out; the largest for few rows."""
        alphas, folds = self.learner.alphas, self.learner.inner_folds
        if len(alphas) == 1 or len(y) < 2 * folds:
            return max(alphas)
        fold = np.random.default_rng(self.seed).permutation(len(y)) % folds
        total = np.zeros(len(alphas))
        for k in range(folds):
            a, b = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            for i, alpha in enumerate(alphas):
                model = solver(x[a], y[a], weight[a], *self._penalties(alpha))
                total[i] += weight[b] @ losses(model.scores(x[b]), y[b])
        return alphas[int(np.argmin(total))]

    def _penalties(self, alpha: float) -> tuple[float, float]:
        """Of |v|₁ and of |v|²/2."""
        return alpha * self.learner.l1_ratio, alpha * (1 - self.learner.l1_ratio)


def squared(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) squared errors of scores (n, 1)."""
    return (scores[:, 0] - y) ** 2


def fit_values(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, l1: float, l2: float
) -> Coefficients:
    """Least ½ mean squared error plus penalties, inputs (n, 1, m); weights count as shares."""
    share, X = weight / weight.sum(), x[:, 0]
    centre, middle = share @ X, float(share @ y)
    Z = X - centre
    v = lasso(Z.T @ (share[:, None] * Z), Z.T @ (share * (y - middle)), l1, l2)
    return Coefficients(np.array([middle - centre @ v]), v)


def fit_classes(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, l1: float, l2: float
) -> Coefficients:
    """Least mean log-loss plus penalties, inputs (n, C − 1, m), codes (n,), weights as shares.

    Each step goes towards the least of the quadratic model at the last point.
    """
    free, share = x.shape[1], weight / weight.sum()
    v = np.zeros(free + x.shape[2])
    value = _penalised(v, x, y, share, l1, l2)
    for _ in range(STEPS):
        away, size = _least_of_model(v, x, y, share, l1, l2) - v, 1.0
        while size > SMALLEST and _penalised(v + size * away, x, y, share, l1, l2) > value:
            size /= 2
        if size <= SMALLEST:
            break
        v = v + size * away
        value = _penalised(v, x, y, share, l1, l2)
        if size * np.abs(away).max() <= CLOSE * np.abs(v).max():
            break
    return Coefficients(v[:free], v[free:])


def _least_of_model(
    v: np.ndarray, x: np.ndarray, y: np.ndarray, share: np.ndarray, l1: float, l2: float
) -> np.ndarray:
    """Where the quadratic model at v plus penalties is least, the free intercepts eliminated."""
    free = x.shape[1]
    gradient, hessian = quadratic(v, x, y, share)
    hessian[:free, :free] += TRACE * np.eye(free)
    aim = hessian @ v - gradient
    solved = np.linalg.solve(hessian[:free, :free], np.c_[hessian[:free, free:], aim[:free]])
    slopes, start = solved[:, :-1], solved[:, -1]
    cross = hessian[free:, :free]
    members = lasso(hessian[free:, free:] - cross @ slopes, aim[free:] - cross @ start, l1, l2)
    return np.r_[start - slopes @ members, members]


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
