"""Multinomial logistic regression with an L2 penalty, by L-BFGS."""

from __future__ import annotations

import numpy as np

CHEAP = 3_000_000  # rows · columns · classes up to which the penalty is chosen by inner folds
DEFAULT = 1e-2  # penalty a row where that is not cheap
INNER = 5


def fit_softmax(
    X: np.ndarray,
    y: np.ndarray,
    classes: int,
    penalty: float,
    weight: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Coefficients (d + 1, C), intercept last, of X (n, d) and codes y (n,).

    Minimises mean log-loss + penalty / 2 · |coef|² (intercepts are free).
    """
    from scipy.optimize import minimize

    w = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    X = np.asarray(X, np.float64)
    shape = (X.shape[1] + 1, classes)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        return _loss(flat.reshape(shape), X, y, w, penalty)

    begin = np.zeros(shape) if start is None else start
    options = {"maxiter": 300, "gtol": 1e-6}
    found = minimize(loss, begin.ravel(), method="L-BFGS-B", jac=True, options=options)
    return found.x.reshape(shape)


def pick_strength(
    X: np.ndarray,
    y: np.ndarray,
    classes: int,
    penalties: tuple[float, ...],
    weight: np.ndarray | None,
    seed: int,
) -> float:
    """The penalty of least log-loss over inner folds; a default one where that is dear."""
    if X.size * classes > CHEAP or len(penalties) == 1:
        return DEFAULT if len(penalties) > 1 else penalties[0]
    w = np.ones(len(y)) if weight is None else weight
    fold = _inner_folds(y, seed)
    losses = np.zeros(len(penalties))
    for k in range(INNER):
        inner, scored = fold != k, fold == k
        coef = None
        for j in np.argsort(penalties)[::-1]:
            coef = fit_softmax(X[inner], y[inner], classes, penalties[j], w[inner], coef)
            losses[j] += _loss(coef, X[scored].astype(np.float64), y[scored], w[scored], 0.0)[0]
    return float(penalties[int(np.argmin(losses))])


def _loss(
    coef: np.ndarray, X: np.ndarray, y: np.ndarray, w: np.ndarray, penalty: float
) -> tuple[float, np.ndarray]:
    """Weighted log-loss with penalty, and its gradient (flat)."""
    scores = X @ coef[:-1] + coef[-1]
    scores -= scores.max(axis=1, keepdims=True)
    exp = np.exp(scores)
    total = exp.sum(axis=1)
    rows = np.arange(len(y))
    value = w @ (np.log(total) - scores[rows, y]) + penalty / 2 * np.sum(coef[:-1] ** 2)
    delta = exp / total[:, None]
    delta[rows, y] -= 1
    delta *= w[:, None]
    gradient = np.vstack([X.T @ delta + penalty * coef[:-1], delta.sum(axis=0)])
    return float(value), gradient.ravel()


def _inner_folds(y: np.ndarray, seed: int) -> np.ndarray:
    """Fold numbers (n,), classes dealt evenly."""
    shuffled = np.random.default_rng(seed).permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(len(y), np.int64)
    fold[order] = np.arange(len(y)) % INNER
    return fold
