"""The user's functions: how they are called and what of them enters a key."""

from __future__ import annotations

import functools
import subprocess
import sys

import numpy as np
import pytest

from stackkit.errors import MetricError
from stackkit.metrics.custom import CustomScore, function_bytes, weight_argument

Y, P, W = np.array([0.0, 1, 3]), np.array([[1.0], [1], [1]]), np.array([1.0, 0, 0])
POWER = 1


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


def helper(x):
    return np.abs(x) ** POWER


def with_helper(y, p):
    return helper(y - p).mean()


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


def test_content_is_the_source():
    assert b"np.abs(y - p).mean()" in function_bytes(plain)
    assert function_bytes(plain) != function_bytes(named)


def test_content_follows_helpers_and_constants(monkeypatch):
    before = function_bytes(with_helper)
    assert b"def helper" in before
    monkeypatch.setattr(sys.modules[__name__], "POWER", 2)
    assert function_bytes(with_helper) != before


def test_two_functions_of_one_factory_differ():
    def factory(alpha):
        def pinball(y, p):
            return np.maximum(alpha * (y - p), (alpha - 1) * (y - p)).mean()

        return pinball

    assert function_bytes(factory(0.1)) != function_bytes(factory(0.9))
    assert function_bytes(factory(0.1)) == function_bytes(factory(0.1))


def test_content_without_source():
    space: dict = {}
    exec("def a(y, p):\n    return 1.0\ndef b(y, p):\n    return 2.0", space)
    assert function_bytes(space["a"]) != function_bytes(space["b"])
    assert function_bytes(functools.partial(keyword, weight=None))
    assert function_bytes(np.dot) != function_bytes(np.vdot)


def test_content_without_source_is_the_same_in_another_process():
    code = (
        "import hashlib; from stackkit.metrics.custom import function_bytes\n"
        "exec('f = lambda y, p: sum(a - b for a, b in zip(y, p))')\n"
        "print(hashlib.sha256(function_bytes(f)).hexdigest())"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stderr
    assert runs[0].stdout == runs[1].stdout


def test_recursion_ends():
    def down(y, p):
        return down(y[1:], p[1:]) if len(y) > 1 else 0.0

    assert function_bytes(down)
