"""Class probabilities in the shape of a record."""

from __future__ import annotations

import numpy as np


def as_columns(probabilities: np.ndarray) -> np.ndarray:
    """(n, C) probabilities as (n, c): P(class 1) alone for two classes, else all."""
    probabilities = np.asarray(probabilities, np.float64)
    return probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities
