"""Shapes of probabilities."""

from __future__ import annotations

import numpy as np

from stackkit.level0.probabilities import as_columns


def test_two_classes_give_one_column_and_more_give_all() -> None:
    assert as_columns(np.array([[0.3, 0.7]])).tolist() == [[0.7]]
    assert as_columns(np.full((2, 3), 1 / 3)).shape == (2, 3)
