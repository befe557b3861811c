"""Schedules at the points that name them."""

from __future__ import annotations

import pytest

from stackkit.nets.schedules import coslog4, flat_cosine


def test_coslog4_touches_zero_five_times_and_one_between() -> None:
    for k in range(5):
        assert coslog4((2**k - 1) / 15) == pytest.approx(0, abs=1e-12)
    for k in range(4):
        assert coslog4((2 ** (k + 0.5) - 1) / 15) == pytest.approx(1)


def test_flat_cosine_is_flat_then_falls_to_zero() -> None:
    assert flat_cosine(0.0) == flat_cosine(0.49) == 1
    assert flat_cosine(0.75) == pytest.approx(0.5)
    assert flat_cosine(1.0) == pytest.approx(0.0)
