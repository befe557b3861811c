"""Columns as numbers, flags and codes."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.nets.layout import layout_of, takes_three_values


def test_columns_go_where_their_values_tell() -> None:
    values = np.array([[0, 1, -1, 4, 2], [1, 1, 1, 0, 5], [0.5, 1, 1, 2, 3]], np.float32)
    layout = layout_of(Matrix(values, tuple("abcde"), (0, 0, 0, 7, 0)))
    assert layout.numbers == (0, 4)
    assert layout.flags == (1, 2)
    assert (layout.codes, layout.levels) == ((3,), (7,))


def test_three_values_are_counted_as_distinct_ones() -> None:
    values = np.random.default_rng(0).integers(0, 3, (4, 50))
    expected = [len(np.unique(column)) > 2 for column in values.T]
    assert 0 < sum(expected) < 50
    assert takes_three_values(values).tolist() == expected
