"""Means over the region of each query: one sparse product, each row summed on its own."""

from __future__ import annotations

import numpy as np

from stackkit.level2.dynamic.method import Region

EDGE = 1.0 + 1e-9  # the furthest neighbour keeps a weight just above 0


def equal_shares(region: Region, weight: np.ndarray | None = None) -> np.ndarray:
    """Shares (q, k) of the neighbours, in proportion to their row weights (n,); rows sum to 1."""
    plain = np.ones(region.rows.shape)
    return normalised(plain if weight is None else weight[region.rows] * plain)


def tricube_shares(region: Region, weight: np.ndarray | None = None) -> np.ndarray:
    """Shares (q, k) that fall with the distance as (1 − (d/d_max)³)³, rows sum to 1.

    Cleveland, "Robust locally weighted regression" (1979), eq. 1: d_max is the distance of the
    furthest neighbour. Where all are at one distance, the shares are equal.
    """
    furthest = region.distances.max(axis=1, keepdims=True)
    nearest = region.distances.min(axis=1, keepdims=True)
    relative = region.distances / np.where(furthest > 0, furthest * EDGE, 1.0)
    kernel = np.where(furthest > nearest, (1.0 - relative**3) ** 3, 1.0)
    return normalised(kernel if weight is None else kernel * weight[region.rows])


def normalised(values: np.ndarray) -> np.ndarray:
    """Rows divided by their sums; equal shares where a row sums to 0."""
    total = values.sum(axis=1, keepdims=True)
    return np.where(total > 0, values / np.where(total > 0, total, 1.0), 1.0 / values.shape[1])


def local_sum(region: Region, shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Σⱼ shares[q, j] · values[rows[q, j]]: (q, m) float64 of shares (q, k) and values (n, m)."""
    from scipy.sparse import csr_matrix

    q, k = region.rows.shape
    where = (region.rows.ravel(), np.arange(0, q * k + 1, k))
    mixer = csr_matrix((shares.ravel(), *where), shape=(q, len(values)))
    return mixer @ np.asarray(values, dtype=np.float64)


def weights_of(scores: np.ndarray) -> np.ndarray:
    """Scores (q, m) ≥ 0 divided by their sums; a row of zeros stays one: nobody is selected."""
    total = scores.sum(axis=1, keepdims=True)
    return scores / np.where(total > 0, total, 1.0)
