"""Weighted quantiles against a search for the constant of least pinball loss."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.metrics import get_metric, weighted_quantile

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("q", [0.03, 0.5, 0.7, 0.9, 0.999])
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_no_row_is_a_better_constant(n: int, q: float) -> None:
    metric = get_metric(f"pinball@{q}")
    values, weight = RNG.normal(size=n), RNG.integers(0, 4, n) + (np.arange(n) == 0)
    for w in (None, weight):
        losses = [metric.score(values, np.full((n, 1), v), w) for v in values]
        found = np.full((n, 1), weighted_quantile(values, q, w))
        assert metric.score(values, found, w) == pytest.approx(min(losses), rel=1e-12)


def test_the_median_is_that_of_numpy() -> None:
    for n in range(1, 9):
        values = RNG.normal(size=n)
        assert weighted_quantile(values, 0.5) == pytest.approx(np.median(values))


def test_weights_count_as_repeated_rows() -> None:
    values, weight = RNG.normal(size=30), RNG.integers(0, 4, 30)
    for q in (0.1, 0.5, 0.8):
        repeated = weighted_quantile(np.repeat(values, weight), q)
        assert weighted_quantile(values, q, weight) == repeated
        assert weighted_quantile(values, q, 0.37 * weight) == repeated
