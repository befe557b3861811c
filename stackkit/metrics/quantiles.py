"""Quantiles of weighted rows: the constants of least absolute or pinball loss."""

from __future__ import annotations

import numpy as np

EXACT = 1e-12  # share of the weights below which two of their sums are equal


def weighted_quantile(values: np.ndarray, q: float, weight: np.ndarray | None = None) -> float:
    """The constant of least pinball loss at 0 < q < 1 for values (n,) under weights (n,).

    Where a whole interval is best, its middle: half of an even number of rows have np.median's.
    """
    order = np.argsort(values, kind="stable")
    weight = np.ones(len(order)) if weight is None else np.asarray(weight, np.float64)
    order = order[weight[order] > 0]
    share = np.cumsum(weight[order]) / weight[order].sum()
    ends = np.searchsorted(share, [q - EXACT, q + EXACT]).clip(max=len(order) - 1)
    return float(np.mean(np.asarray(values, np.float64)[order[ends]]))
