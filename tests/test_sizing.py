"""Sizes: limits in words, and expected cost by rows, columns and outputs."""

from __future__ import annotations

import pytest

from stackkit.sizing import COLUMNS, ROWS, SHORTEST, ExpectedCost, Size


def test_the_stated_seconds_are_those_of_the_stated_size() -> None:
    assert ExpectedCost(7.0).at(Size(ROWS, COLUMNS)) == 7.0


def test_seconds_grow_with_the_stated_powers() -> None:
    cost = ExpectedCost(2.0, rows=1.5, columns=1.0, outputs=1.0)
    assert cost.at(Size(4 * ROWS, 3 * COLUMNS, 5)) == pytest.approx(2.0 * 8 * 3 * 5)


def test_no_fit_is_instant() -> None:
    assert ExpectedCost(1e-6).at(Size(10, 2)) == SHORTEST


def test_memory_is_copies_of_the_rows_in_float64() -> None:
    assert ExpectedCost(copies=2.0).memory_mb(Size(2**17, 8)) == pytest.approx(16.0)


def test_scaled_work_takes_scaled_seconds() -> None:
    assert ExpectedCost(4.0).scaled(0.25).at(Size(ROWS, COLUMNS)) == 1.0
