"""Softmax regression with one coefficient a member for all classes: a conditional logit.

η_ik = b_k + Σ_j v_j x_ijk for every class k but the last, whose η is 0; x are differences of
the members' logits to their logits of the last class, so that no class is special. With two
classes it is logistic regression on logits. McFadden, "Conditional logit analysis of qualitative
choice behavior" (1974).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS, CLOSE = 50, 1e-6  # Newton steps at most; the last one has this relative decrement
HALVINGS = 30


@dataclass(frozen=True)
class Choice:
    """Intercepts (C − 1,) and coefficients (q,), with the inverse Hessian beside them.

    `inverse` (C − 1 + q, C − 1 + q) is that of the penalised loss.
    """

    intercept: np.ndarray
    coefficients: np.ndarray
    inverse: np.ndarray

    def scores(self, x: np.ndarray) -> np.ndarray:
        """η (n, C − 1) of inputs (n, C − 1, q)."""
        return self.intercept + x @ self.coefficients

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """(n, C), the order of classes as it was."""
        return softmax(self.scores(x))


def softmax(eta: np.ndarray) -> np.ndarray:
    """Probabilities (n, C) of scores (n, C − 1) beside a last one of 0."""
    whole = np.concatenate([eta, np.zeros((len(eta), 1))], axis=1)
    grown = np.exp(whole - whole.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def differences(z: np.ndarray) -> np.ndarray:
    """Inputs (n, C − 1, m) of logits (m, n, c): a logit for two classes, else log-ratios.

    The last class is the reference; for two classes it is class 0 and the logit is that of
    class 1, see `codes`.
    """
    ratios = z if z.shape[2] == 1 else z[..., :-1] - z[..., -1:]
    return np.moveaxis(ratios, 0, 2)


def codes(y: np.ndarray, classes: int) -> np.ndarray:
    """Class codes in the order of `differences`, which has class 1 first of two."""
    return 1 - y if classes == 2 else y


def log_loss(eta: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) −log p of class y, classes in the order of the scores eta (n, C − 1)."""
    whole = np.concatenate([eta, np.zeros((len(eta), 1))], axis=1)
    top = whole.max(axis=1)
    return np.log(np.exp(whole - top[:, None]).sum(axis=1)) + top - whole[np.arange(len(y)), y]


def fit_choice(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    penalty: np.ndarray,
    start: Choice | None = None,
) -> Choice:
    """Least Σ w loss + ½ Σ_j penalty_j v_j² by Newton's method with halved steps.

    Parameters
    ----------
    x, y, weight : inputs (n, C − 1, q), classes (n,) in their order, row weights (n,).
    penalty : (q,), positive; intercepts are free but for a trace that keeps them finite.
    start : a fit at another penalty to begin at.
    """
    free, q = x.shape[1:]
    ridge = np.concatenate([np.full(free, 1e-6), penalty])
    v = np.zeros(free + q) if start is None else np.r_[start.intercept, start.coefficients]
    value = _objective(v, x, y, weight, ridge)
    for _ in range(STEPS):
        gradient, hessian = quadratic(v, x, y, weight)
        gradient, hessian = gradient + ridge * v, hessian + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        decrement = float(gradient @ step)
        v, value = _halved(v, step, decrement, value, (x, y, weight, ridge))
        if decrement <= CLOSE * max(value, 1.0):
            break
    return Choice(v[:free], v[free:], np.linalg.inv(hessian))


def left_out_scores(model: Choice, x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """η (n, C − 1) that each row would get from a fit without it, to one Newton step.

    η_i + (I − A W)⁻¹ A g with A = X_i H⁻¹ X_iᵀ and g, W the row's gradient and Hessian: the
    approximate leave-one-out of Rad and Maleki, "A scalable estimate of the out-of-sample
    prediction error via approximate leave-one-out cross-validation" (2020).
    """
    free = x.shape[1]
    eta = model.scores(x)
    p = softmax(eta)[:, :free]
    whole = np.concatenate([np.broadcast_to(np.eye(free), (len(x), free, free)), x], axis=2)
    a = (whole @ model.inverse) @ whole.transpose(0, 2, 1)
    gradient = weight[:, None] * (p - _indicator(y, free))
    curvature = weight[:, None, None] * (np.eye(free) * p[:, :, None] - p[:, :, None] * p[:, None])
    moved = np.linalg.solve(np.eye(free) - a @ curvature, a @ gradient[..., None])
    return eta + moved[..., 0]


def _indicator(y: np.ndarray, free: int) -> np.ndarray:
    return (y[:, None] == np.arange(free)).astype(np.float64)


def _objective(
    v: np.ndarray, x: np.ndarray, y: np.ndarray, weight: np.ndarray, ridge: np.ndarray
) -> float:
    free = x.shape[1]
    return float(weight @ log_loss(v[:free] + x @ v[free:], y) + 0.5 * ridge @ v**2)


def quadratic(
    v: np.ndarray, x: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian of Σ w loss at v = (intercepts, coefficients)."""
    free, q = x.shape[1:]
    p = softmax(v[:free] + x @ v[free:])[:, :free]
    away = weight[:, None] * (p - _indicator(y, free))
    gradient = np.r_[away.sum(axis=0), np.tensordot(away, x, axes=2)]
    share = weight[:, None] * p
    mean = np.einsum("nk,nkq->nq", p, x)
    hessian = np.empty((free + q, free + q))
    hessian[:free, :free] = np.diag(share.sum(axis=0)) - share.T @ p
    hessian[free:, free:] = _gram(x, share) - mean.T @ (weight[:, None] * mean)
    cross = np.einsum("nk,nkq->kq", share, x) - share.T @ mean
    hessian[:free, free:], hessian[free:, :free] = cross, cross.T
    return gradient, hessian


def _gram(x: np.ndarray, share: np.ndarray) -> np.ndarray:
    flat = x.reshape(-1, x.shape[2])
    return flat.T @ (share.reshape(-1, 1) * flat)


def _halved(
    v: np.ndarray, step: np.ndarray, decrement: float, value: float, problem: tuple
) -> tuple[np.ndarray, float]:
    """The first of the step, its half, its quarter … that lowers the loss enough."""
    size = 1.0
    for _ in range(HALVINGS):
        found = _objective(v - size * step, *problem)
        if found <= value - 1e-4 * size * decrement:
            return v - size * step, found
        size /= 2
    return v, value
