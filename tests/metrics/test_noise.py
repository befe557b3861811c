"""What only rounding tells from 0 is shown as 0."""

from __future__ import annotations

import math

import pytest

from stackkit.metrics.noise import without_noise


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-1.22e-16, 0.0), (1.33e-16, 0.0), (2e-12, 2e-12), (-0.5, -0.5), (math.inf, math.inf)],
)
def test_noise_is_nothing(value: float, shown: float) -> None:
    assert without_noise(value) == shown


def test_what_is_no_number_stays() -> None:
    assert math.isnan(without_noise(math.nan))
