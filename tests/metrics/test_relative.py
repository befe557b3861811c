"""Relative errors against scikit-learn and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_percentage_error

from stackkit.errors import MetricError
from stackkit.metrics.relative import (
    mape,
    relative_error_gradient,
    smape,
    symmetric_error,
    symmetric_error_gradient,
)


@pytest.fixture
def rows():
    """y with signs of both kinds, p, weight."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=80)
    return y, (y + rng.normal(size=80))[:, None], rng.random(80)


@pytest.mark.parametrize("weighted", [False, True])
def test_mape_is_that_of_scikit_learn(rows, weighted):
    y, p, weight = rows
    weight = weight if weighted else None
    expected = mean_absolute_percentage_error(y, p[:, 0], sample_weight=weight)
    assert mape(y, p, weight) == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_smape_by_a_loop(rows, weighted):
    y, p, weight = rows
    y, p = np.r_[y, 0, 0, 2], np.r_[p, [[0], [3], [0]]]
    weight = np.r_[weight, 1, 2, 1] if weighted else np.ones(len(y))
    each = []
    for a, b in zip(y, p[:, 0], strict=True):
        size = (abs(a) + abs(b)) / 2
        each.append(0.0 if size == 0 else 100 * abs(a - b) / size)
    expected = sum(w * e for w, e in zip(weight, each, strict=True)) / weight.sum()
    assert smape(y, p, weight) == pytest.approx(expected)
    assert each[-3:] == [0, 200, 200]
    assert 0 <= smape(y, p) <= 200


def test_zeros():
    with pytest.raises(MetricError, match="other than 0") as caught:
        mape(np.array([1.0, 0, 0]), np.ones((3, 1)))
    assert caught.value.got == "2 of 0"
    assert symmetric_error(np.zeros(1), np.zeros((1, 1))).tolist() == [0]
    assert symmetric_error_gradient(np.zeros(1), np.zeros((1, 1))).tolist() == [[0]]
    assert relative_error_gradient(np.ones(1), np.ones((1, 1))).tolist() == [[0]]
