"""The randomized reference classifier: how likely random supports with given means are right."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

STEPS = 20  # points of the integral over [0, 1]
GRID = 2001  # supports at which the beta distributions are tabulated
TINY = 1e-20
BLOCK = 20_000


def randomized_competence(predictions: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Probability (m, n) that the randomized classifier of each member gives the true class.

    Woloszynski, Kurzynski (2011), eq. 9: ∫ b(u; true) Π over the others of B(u; class) du, where
    the support of a class with mean d is Beta(C d, C (1 − d)). The integral takes `STEPS` points,
    as the authors' own code; the distributions are interpolated between `GRID` tabulated means.

    Parameters
    ----------
    predictions : (m, n, C) probabilities.
    y : (n,) codes of the true classes.
    """
    classes = predictions.shape[2]
    out = np.empty(predictions.shape[:2])
    for member, p in zip(out, predictions, strict=True):
        if classes == 2:
            true = np.where(y == 1, p[:, 1], p[:, 0])
            member[:] = np.interp(true, np.linspace(0, 1, GRID), _binary())
        else:
            for start in range(0, len(y), BLOCK):
                part = slice(start, start + BLOCK)
                member[part] = _integral(_distributions(p[part]), y[part])
    return out


@lru_cache
def _table(classes: int) -> np.ndarray:
    """Distribution functions (GRID, STEPS) of Beta(C d, C (1 − d)) for means d on the grid."""
    from scipy.special import betainc

    a = classes * np.linspace(0, 1, GRID)[:, None]
    points = np.linspace(0, 1, STEPS)
    return betainc(np.maximum(a, TINY), np.maximum(classes - a, TINY), points)


@lru_cache
def _binary() -> np.ndarray:
    """The integral for two classes at each support of the true class on the grid."""
    true = _table(2)
    return _integral(np.stack([true, true[::-1]], axis=1), np.zeros(GRID, dtype=int))


def _distributions(p: np.ndarray) -> np.ndarray:
    """(b, C, STEPS) distribution functions of supports with means p (b, C)."""
    table = _table(p.shape[1])
    place = np.clip(p, 0.0, 1.0).astype(np.float64) * (GRID - 1)
    below = np.minimum(place.astype(np.intp), GRID - 2)
    share = (place - below)[..., None]
    return (1.0 - share) * table[below] + share * table[below + 1]


def _integral(distributions: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Σ over steps of the true class's gain times the product of the others' midpoints."""
    rows = np.arange(len(y))
    gain = np.diff(distributions[rows, y], axis=1)
    middle = (distributions[..., 1:] + distributions[..., :-1]) / 2.0
    middle[rows, y] = 1.0
    return (gain * middle.prod(axis=1)).sum(axis=1)
