"""The user's functions: how they are called."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.errors import MetricError
from stackkit.metrics.custom import CustomScore, weight_argument

Y, P, W = np.array([0.0, 1, 3]), np.array([[1.0], [1], [1]]), np.array([1.0, 0, 0])


def plain(y, p):
    return np.abs(y - p).mean()


def named(y, p, sample_weight=None):
    return np.average(np.abs(y - p), weights=sample_weight)


def keyword(y, p, *, weight=None):
    return np.average(np.abs(y - p), weights=weight)


def third(y, p, importance):
    return (np.abs(y - p) * importance).sum() / importance.sum()


def required(y, p, w):
    return third(y, p, w)


def score_of(function):
    return CustomScore("mine", function, *weight_argument("mine", function))


@pytest.mark.parametrize("function", [plain, named, keyword, third, required])
def test_one_column_reaches_the_function_as_one_dimension(function):
    assert score_of(function)(Y, P) == pytest.approx(1.0)


@pytest.mark.parametrize("function", [named, keyword, third, required])
def test_weights_reach_the_function(function):
    assert score_of(function)(Y, P, W) == pytest.approx(1.0)
    assert score_of(function)(Y, P, W[::-1]) == pytest.approx(2.0)


def test_several_columns_reach_the_function_as_they_are():
    assert score_of(lambda y, p: p.shape[1])(Y, np.ones((3, 4))) == 4.0


def test_weights_are_not_dropped_in_silence():
    with pytest.raises(MetricError, match="cannot use row weights") as caught:
        score_of(plain)(Y, P, W)
    assert "weight" in caught.value.hint


@pytest.mark.parametrize("result", [None, "0.5", np.ones(3), [1.0]])
def test_a_score_is_one_number(result):
    with pytest.raises(MetricError, match="one number"):
        score_of(lambda y, p: result)(Y, P)


def test_a_function_needs_two_arguments():
    with pytest.raises(MetricError, match=r"\(y, p\)") as caught:
        weight_argument("mine", lambda y: 0.0)
    assert "y" in caught.value.got


def test_defaults_that_are_no_weights_are_left_alone():
    assert weight_argument("mine", lambda y, p, eps=1e-3: 0.0) == (None, False)
    assert weight_argument("mine", lambda *arrays: 0.0) == (None, False)


def test_a_function_that_raises_is_named_with_its_reason():
    def broken(y, p):
        raise KeyError("profit")

    score = CustomScore("mine", broken)
    with pytest.raises(MetricError, match="mine can score every set of rows") as caught:
        score(np.zeros(2), np.zeros((2, 1)))
    assert caught.value.got.startswith("KeyError: 'profit' (test_custom.py, line ")
    assert isinstance(caught.value.__cause__, KeyError)
