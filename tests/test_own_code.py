"""What of the user's own code enters a key."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from stackkit.errors import ModelError
from stackkit.level0 import get_model
from stackkit.own_code import content, is_own
from stackkit.user_code import code_digest

POWER = 1


def plain(y, p):
    return np.abs(y - p).mean()


def named(y, p, sample_weight=None):
    return np.average(np.abs(y - p), weights=sample_weight)


def helper(x):
    return np.abs(x) ** POWER


def with_helper(y, p):
    return helper(y - p).mean()


class Estimator:
    def fit(self, X, y):
        return self

    @staticmethod
    def predict(X):
        return helper(X)


class Base:
    size = 1


class Learner(Base):
    def build(self, objective, seed):
        return Estimator()


def test_content_is_the_source():
    assert b"np.abs(y - p).mean()" in content(plain)
    assert content(plain) != content(named)


def test_content_follows_helpers_and_constants(monkeypatch):
    before = content(with_helper)
    assert b"def helper" in before
    monkeypatch.setattr(sys.modules[__name__], "POWER", 2)
    assert content(with_helper) != before


def test_two_functions_of_one_factory_differ():
    def factory(alpha):
        def pinball(y, p):
            return np.maximum(alpha * (y - p), (alpha - 1) * (y - p)).mean()

        return pinball

    assert content(factory(0.1)) != content(factory(0.9))
    assert content(factory(0.1)) == content(factory(0.1))


def test_content_without_source():
    space: dict = {}
    exec("def a(y, p):\n    return 1.0\ndef b(y, p):\n    return 2.0", space)
    assert content(space["a"]) != content(space["b"])
    assert content(functools.partial(named, sample_weight=None))
    assert content(np.dot) != content(np.vdot)


def test_content_without_source_is_the_same_in_another_process():
    code = (
        "import hashlib; from stackkit.own_code import content\n"
        "exec('f = lambda y, p: sum(a - b for a, b in zip(y, p))')\n"
        "print(hashlib.sha256(content(f)).hexdigest())"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stderr
    assert runs[0].stdout == runs[1].stdout


def test_recursion_ends():
    def down(y, p):
        return down(y[1:], p[1:]) if len(y) > 1 else 0.0

    assert content(down)


def test_a_class_brings_its_bases_and_what_its_methods_name(monkeypatch):
    before = content(Learner)
    assert all(part in before for part in (b"class Base", b"class Estimator", b"def helper"))
    monkeypatch.setattr(sys.modules[__name__], "POWER", 2)
    assert content(Learner) != before


def test_installed_packages_and_stackkit_are_not_ones_own():
    assert is_own(Learner)
    assert not is_own(Ridge)
    assert not is_own(type(get_model("ridge").learner))
    assert code_digest(Ridge) == ""
    assert len(code_digest(Learner)) == 64


def test_what_has_no_content_is_refused():
    with pytest.raises(ModelError, match="can be read"):
        content(threading.Lock())
