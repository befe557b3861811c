"""Who was selected for a row, and why, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stackkit.level2.dynamic.local_means import equal_shares, local_sum
from stackkit.level2.dynamic.method import Reference
from stackkit.level2.dynamic.selection import Rows

if TYPE_CHECKING:
    import pandas as pd


def explained(
    rows: Rows, names: tuple[str, ...], reference: Reference, shrink: float, start: int
) -> pd.DataFrame:
    """One line a query and member of a block whose first query stands at `start`."""
    import pandas as pd

    q, m = rows.dynamic.shape
    shares = equal_shares(rows.region, reference.weight)
    lines = {
        "row": np.repeat(np.arange(start, start + q), m),
        "member": np.tile(names, q),
        "prediction": _shown(rows.predictions).T.ravel(),
        "competence": local_sum(rows.region, shares, reference.competence.T).ravel(),
        "selected": rows.selected.ravel(),
        "weight": rows.weights(shrink).ravel(),
        "agreed": np.repeat(rows.agreed, m),
        "neighbours": [near for near in map(tuple, rows.region.rows.tolist()) for _ in range(m)],
    }
    return pd.DataFrame(lines)


def _shown(predictions: np.ndarray) -> np.ndarray:
    """(m, q) the probability of class 1 of two, of the likeliest of several, or the value."""
    return predictions[..., 1] if predictions.shape[2] == 2 else predictions.max(axis=2)
