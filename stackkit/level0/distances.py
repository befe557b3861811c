"""Squared Euclidean distances between rows, and their typical size."""

from __future__ import annotations

import numpy as np

from stackkit.level0.rows import sample

SAMPLE = 500


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances (n, m) of rows a (n, d) to rows b (m, d), float64."""
    far = -2 * a @ b.T
    far += (a**2).sum(axis=1)[:, None]
    far += (b**2).sum(axis=1)
    return np.maximum(far, 0, out=far)


def typical_square(values: np.ndarray, seed: int) -> float:
    """The median squared distance of distinct rows of a sample; 1 where all rows are equal."""
    some = values[sample(len(values), SAMPLE, seed)]
    far = squared_distances(some, some)[np.triu_indices(len(some), 1)]
    far = far[far > 1e-9]
    return float(np.median(far)) if len(far) else 1.0
