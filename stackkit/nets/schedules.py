"""Schedules: factors of a rate as functions of the share t of training that is done."""

from __future__ import annotations

import math


def coslog4(t: float) -> float:
    """Four cosine waves, each twice as long as the one before, that start and end at 0.

    Holzmüller, Grinsztajn and Steinwart (2024), RealMLP.
    """
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))


def flat_cosine(t: float) -> float:
    """1 for the first half, then half a cosine wave down to 0."""
    return 1.0 if t < 0.5 else 0.5 * (1 + math.cos(2 * math.pi * (t - 0.5)))
