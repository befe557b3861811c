"""Scores of order against scikit-learn and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from stackkit.metrics.ranking import average_precision, gini

BINARY = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(1, 4)), min_size=2, max_size=30
).filter(lambda rows: len({y for y, _, _ in rows}) == 2)
VALUES = st.lists(
    st.tuples(st.integers(-3, 9), st.integers(0, 6), st.integers(1, 3)), min_size=2, max_size=20
).filter(lambda rows: len({y for y, _, _ in rows}) > 1)


def arrays(rows, weighted):
    y, p, weight = (np.array(x) for x in zip(*rows, strict=True))
    return y, p[:, None] / 8, weight if weighted else None


@settings(max_examples=100, deadline=None)
@given(BINARY, st.booleans())
def test_average_precision_is_that_of_scikit_learn(rows, weighted):
    y, p, weight = arrays(rows, weighted)
    expected = average_precision_score(y, p[:, 0], sample_weight=weight)
    assert average_precision(y, p, weight) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(BINARY, st.booleans())
def test_gini_of_two_classes_is_twice_the_auc_less_one(rows, weighted):
    y, p, weight = arrays(rows, weighted)
    expected = 2 * roc_auc_score(y, p[:, 0], sample_weight=weight) - 1
    assert gini(y, p, weight) == pytest.approx(expected, abs=1e-12)


def lorenz_area(y, order):
    """Area between the curve of y added up in this order, largest first, and the diagonal."""
    y = np.asarray(y, dtype=float)[order]
    return sum(np.cumsum(y) / y.sum() - np.arange(1, len(y) + 1) / len(y))


@pytest.mark.parametrize("seed", range(5))
def test_gini_is_that_of_kaggle_where_no_two_predictions_are_equal(seed):
    rng = np.random.default_rng(seed)
    y = rng.exponential(size=30) * (rng.random(30) < 0.7)
    p = y + rng.normal(size=30)
    expected = lorenz_area(y, np.argsort(-p)) / lorenz_area(y, np.argsort(-y))
    assert gini(y, p[:, None]) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_gini_by_pairs_of_rows_with_weights_as_repeats(rows):
    y, p, weight = arrays(rows, weighted=True)
    found = gini(y, p, weight)
    y, p = np.repeat(y, weight), np.repeat(p[:, 0], weight)
    order_of_p = sum((a - b) * np.sign(q - r) for a, q in zip(y, p, strict=True)
                     for b, r in zip(y, p, strict=True))  # fmt: skip
    order_of_y = sum(abs(a - b) for a in y for b in y)
    assert found == pytest.approx(order_of_p / order_of_y, abs=1e-12)


def test_several_classes_are_averaged_over_those_that_occur():
    rng = np.random.default_rng(0)
    y, p = rng.choice([0, 1, 3], 50), rng.dirichlet(np.ones(4), 50)
    each = [average_precision_score(y == k, p[:, k]) for k in (0, 1, 3)]
    assert average_precision(y, p) == pytest.approx(np.mean(each))


def test_where_they_are_undefined():
    p = np.linspace(0, 1, 4)[:, None]
    assert np.isnan(average_precision(np.zeros(4, dtype=int), p))
    assert average_precision(np.ones(4, dtype=int), p) == 1
    assert np.isnan(gini(np.full(4, 0.1), p))
    assert np.isnan(gini(np.arange(4.0), np.where(p > 0.9, np.nan, p)))
    assert np.isnan(average_precision(np.array([0, 1, 0, 1]), np.where(p > 0.9, np.nan, p)))
    weight = np.array([1.0, 1, 0, 0])
    assert np.isnan(average_precision(np.array([0, 0, 1, 1]), p, weight))
    assert np.isnan(gini(np.array([2.0, 2, 0, 1]), p, weight))
