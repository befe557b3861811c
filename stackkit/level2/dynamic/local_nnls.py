"""Non-negative least squares for many small problems at once, by block principal pivoting."""

from __future__ import annotations

import numpy as np

FULL_EXCHANGES = 3  # that may fail to reduce the wrong signs before one is exchanged at a time
ROUNDS = 1000
TOLERANCE = 1e-10


def simplex_least_squares(grams: np.ndarray, ridge: float) -> np.ndarray:
    """Weights (q, m) on the simplex that minimise wᵀ G w + ridge · d · |w|², d = trace(G) / m.

    The loss is homogeneous in w, so the minimiser on the simplex is that of the loss plus
    d (Σ w − 1)² over w ≥ 0, divided by its sum: non-negative least squares.

    Parameters
    ----------
    grams : (q, m, m) positive semidefinite.
    ridge : above 0.
    """
    q, m, _ = grams.shape
    scale = np.trace(grams, axis1=1, axis2=2) / m
    relative = grams / np.where(scale > 0, scale, 1.0)[:, None, None]
    found = batched_nnls(relative + ridge * np.eye(m) + 1.0, np.ones((q, m)))
    return found / found.sum(axis=1, keepdims=True)


def batched_nnls(grams: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """The w ≥ 0 (q, m) that minimise wᵀ G w / 2 − hᵀ w for each of q problems.

    Kim, Park, "Fast nonnegative matrix factorization: an active-set-like method" (SIAM J. Sci.
    Comput. 33, 2011), section 3: all variables of wrong sign change between free and zero at once;
    where that fails to reduce their number three times, only the last of them does, which ends
    after finitely many rounds. Each problem is solved on its own: batches do not matter.

    Parameters
    ----------
    grams : (q, m, m) positive definite, with entries of the order of 1.
    moments : (q, m).
    """
    q, m = moments.shape
    solution, free = np.zeros((q, m)), np.ones((q, m), dtype=bool)
    fewest, patience = np.full(q, m + 1), np.full(q, FULL_EXCHANGES)
    open_ = np.arange(q)
    for _ in range(ROUNDS):
        w, slope = _stationary(grams[open_], moments[open_], free[open_])
        solution[open_] = w
        wrong = np.where(free[open_], w, slope) < -TOLERANCE
        count = wrong.sum(axis=1)
        wrong, count, open_ = wrong[count > 0], count[count > 0], open_[count > 0]
        if not len(open_):
            break
        fewer = count < fewest[open_]
        patience[open_] = np.where(fewer, FULL_EXCHANGES, patience[open_] - 1)
        fewest[open_] = np.minimum(count, fewest[open_])
        free[open_] ^= np.where((patience[open_] >= 0)[:, None], wrong, _last(wrong))
    return np.maximum(solution, 0.0)


def _stationary(
    grams: np.ndarray, moments: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Minimisers (q, m) with the variables that are not free at 0, and the gradient there."""
    both = free[:, :, None] & free[:, None, :]
    reduced = np.where(both, grams, np.eye(grams.shape[1]))
    w = np.linalg.solve(reduced, np.where(free, moments, 0.0)[..., None])
    return w[..., 0], (grams @ w)[..., 0] - moments


def _last(wrong: np.ndarray) -> np.ndarray:
    """Only the last true column of each row."""
    columns = wrong.shape[1] - 1 - wrong[:, ::-1].argmax(axis=1)
    return np.arange(wrong.shape[1]) == columns[:, None]
