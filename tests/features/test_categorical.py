"""Codes, indicators and counts against dictionaries."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from stackkit.features.categorical import (
    Codes,
    Counts,
    Indicators,
    count_levels,
    frequent,
    recurring_counts,
)

VALUES = pd.Series(["b", "a", None, "b", "c", "a", "d", "b"], dtype=object)
NEW = pd.Series(["a", "new", None, "d"], dtype=object)


def test_levels_are_counted_most_frequent_first_and_equal_ones_by_name() -> None:
    assert list(count_levels(VALUES).items()) == [("b", 3), ("a", 2), ("c", 1), ("d", 1)]


def test_frequent_levels_have_enough_rows_and_are_few() -> None:
    counts = count_levels(VALUES)
    assert frequent(counts, limit=9, least=2) == ("b", "a")
    assert frequent(counts, limit=1, least=1) == ("b",)


def test_codes_equal_a_dictionary() -> None:
    encoder = Codes("x", ("b", "a"))
    table = {"b": 0.0, "a": 1.0, None: math.nan}
    for values in (VALUES, NEW):
        expected = [table.get(v, 2.0) for v in values]
        np.testing.assert_array_equal(encoder.transform(values)[:, 0], expected)
    assert encoder.levels == (3,)


@pytest.mark.parametrize("other", [True, False])
@pytest.mark.parametrize("missing", [True, False])
def test_indicators_equal_a_loop(other: bool, missing: bool) -> None:
    encoder = Indicators("x", ("b", "a"), other, missing)
    made = encoder.transform(NEW)
    assert made.shape == (4, len(encoder.names)) == (4, 2 + other + missing)
    for i, value in enumerate(NEW):
        state = "missing" if value is None else value if value in ("a", "b") else "other"
        expected = [float(name == f"x={state}") for name in encoder.names]
        assert made[i].tolist() == expected


def test_counts_take_a_new_level_for_one_seen_once_and_missing_for_no_row() -> None:
    made = recurring_counts("x", count_levels(VALUES))
    assert made.counts == {"b": 3, "a": 2}
    np.testing.assert_allclose(np.expm1(made.transform(NEW)[:, 0]), [2, 1, 0, 1])


def test_a_column_without_levels_is_coded() -> None:
    empty = pd.Series([None, None], dtype=object)
    assert np.isnan(Codes("x", ()).transform(empty)).all()
    assert (Counts("x", {}).transform(empty) == 0).all()
