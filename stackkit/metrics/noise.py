"""Differences that only rounding makes: shown as 0."""

from __future__ import annotations

NOISE = 1e-12


def without_noise(value: float) -> float:
    """The number as it is shown: 0 where it is closer to 0 than 1e-12.

    >>> without_noise(-1.2e-16), without_noise(-1.2e-6)
    (0.0, -1.2e-06)
    """
    return 0.0 if abs(value) < NOISE else value
