"""What of the user's own code enters a key."""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib
import logging
import os
import re
import subprocess
import sys
import threading
from collections import OrderedDict, deque, namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stackkit.errors import ModelError
from stackkit.level0 import get_model
from stackkit.own_code import content, is_own
from stackkit.user_code import code_digest

POWER = 1
HELD = None
Pair = namedtuple("Pair", "low high")


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


def with_global(y, p):
    return HELD, [helper(x) for x in y]


class Base:
    size = 1


@dataclasses.dataclass
class Pinball:
    alpha: float = 0.5

    def loss(self, y, p):
        return helper(y - p)


class Slotted:
    __slots__ = ("alpha",)

    def __init__(self, alpha):
        self.alpha = alpha


class Side(enum.Enum):
    LEFT = 1
    RIGHT = 2


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


def holding(value, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "HELD", value)
    return content(with_global)


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
CHANGES = {
    "bool for number": (1, True),
    "tuple": ((1, 2), (1, 3)),
    "order of a tuple": ((1, 2), (2, 1)),
    "list for tuple": ([1, 2], (1, 2)),
    "nesting": ([[1], 2], [[1, 2]]),
    "list": (["a", "b"], ["a", "c"]),
    "deque": (deque([1]), deque([2])),
    "named tuple": (Pair(1, 2), Pair(1, 3)),
    "dict value": ({"a": 1}, {"a": 2}),
    "dict key": ({"a": 1}, {"b": 1}),
    "dict in dict": ({"a": {"b": (1,)}}, {"a": {"b": (2,)}}),
    "ordered dict": (OrderedDict(a=1), OrderedDict(a=2)),
    "set": ({"a", "b"}, {"a", "c"}),
    "frozenset": (frozenset("ab"), frozenset("ac")),
    "set of tuples": ({(1, 2), (3, 4)}, {(1, 2), (3, 5)}),
    "array value": (np.array([1.0, 2.0]), np.array([1.0, 3.0])),
    "array type": (np.zeros(2, "int32"), np.zeros(2, "float32")),
    "array shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "array of objects": (np.array(["a", None]), np.array(["b", None])),
    "masked array": (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0])),
    "numpy scalar": (np.float32(1), np.float32(2)),
    "frame value": (FRAME, FRAME.assign(a=[1, 3])),
    "frame text": (FRAME, FRAME.assign(b=["y", None])),
    "frame column": (FRAME, FRAME.rename(columns={"a": "c"})),
    "frame index": (FRAME, FRAME.set_index(pd.Index([5, 6]))),
    "frame type": (FRAME, FRAME.astype({"a": "float32"})),
    "series": (pd.Series([1, 2]), pd.Series([1, 3])),
    "series name": (pd.Series([1], name="a"), pd.Series([1], name="b")),
    "categories": (pd.Categorical(["a"], ["a", "b"]), pd.Categorical(["a"], ["a", "c"])),
    "category type": (pd.CategoricalDtype(["a"]), pd.CategoricalDtype(["b"])),
    "index": (pd.Index(["a"]), pd.Index(["b"])),
    "levels": (pd.MultiIndex.from_tuples([(1, 2)]), pd.MultiIndex.from_tuples([(1, 3)])),
    "time stamp": (pd.Timestamp("2020"), pd.Timestamp("2021")),
    "path": (Path("a"), Path("b")),
    "pattern": (re.compile("a"), re.compile("b")),
    "range": (range(2), range(3)),
    "member": (Side.LEFT, Side.RIGHT),
    "own class": (Pinball, Slotted),
    "instance": (Pinball(), Slotted(0.5)),
    "state": (Pinball(0.1), Pinball(0.9)),
    "state in slots": (Slotted(0.1), Slotted(0.9)),
    "method": (Pinball(0.1).loss, Pinball(0.9).loss),
    "partial": (functools.partial(plain, 1), functools.partial(plain, 2)),
    "function in a list": ([plain], [named]),
    "estimator": (Ridge(alpha=1), Ridge(alpha=2)),
    "installed function": (np.mean, np.median),
    "ufunc": (np.exp, np.log),
}


@pytest.mark.parametrize(("one", "other"), CHANGES.values(), ids=CHANGES)
def test_what_a_global_holds_counts(one, other, monkeypatch):
    before = holding(one, monkeypatch)
    assert holding(other, monkeypatch) != before
    assert holding(one, monkeypatch) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a", "b", "c"}, {"c", "b", "a"}),
        (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
        (FRAME, FRAME.copy()),
        (Pinball(0.1), Pinball(0.1)),
        ((1, (2, 3)), (1, (2, 3))),
        (logging.getLogger("a"), logging.getLogger("b")),
        (threading.Lock(), threading.Lock()),
        (np.random.default_rng(0), np.random.default_rng(1)),
    ],
    ids=str,
)
def test_what_is_the_same_or_decides_nothing_does_not_count(one, other, monkeypatch):
    assert holding(one, monkeypatch) == holding(other, monkeypatch)


def test_what_holds_itself_ends(monkeypatch):
    one: list = [1]
    one.append(one)
    two: dict = {"a": {"b": one}}
    two["c"] = two
    assert holding(one, monkeypatch) != holding([1, [1]], monkeypatch)
    assert holding(two, monkeypatch)
    itself = Slotted(None)
    itself.alpha = {"me": itself, "reader": with_global}
    assert holding(itself, monkeypatch)
    assert holding({with_global, plain}, monkeypatch)


@pytest.mark.parametrize(
    "value",
    [[with_helper], {"a": with_helper}, {with_helper}, functools.lru_cache(with_helper), Pinball()],
)
def test_helpers_of_code_in_a_value_count(value, monkeypatch):
    before = holding(value, monkeypatch)
    monkeypatch.setattr(sys.modules[__name__], "POWER", 2)
    assert holding(value, monkeypatch) != before


def test_code_inside_code_counts(monkeypatch):
    before = content(with_global)
    assert b"def helper" in before
    monkeypatch.setattr(sys.modules[__name__], "POWER", 2)
    assert content(with_global) != before


def test_a_decorator_counts():
    def scaled(by):
        def decorate(function):
            @functools.wraps(function)
            def wrapper(y, p):
                return by * function(y, p)

            return wrapper

        return decorate

    assert b"return by" in content(scaled(1)(plain))
    assert b"def plain" in content(scaled(1)(plain))
    assert content(scaled(1)(plain)) != content(scaled(2)(plain))


def test_attributes_of_a_class_count():
    def kind(table):
        class Kind:
            weights = table

        return Kind

    assert content(kind((1, 2))) != content(kind((1, 3)))
    assert content(kind((1, 2))) == content(kind((1, 2)))


MAIN = """
import {helpers}
from {helpers} import deep

def loss(y, p):
    return {helpers}.loss(y, p) + deep.inner.loss(y, p)

def late(y, p):
    import {helpers}

    return {helpers}.loss(y, p)

def other(y, p):
    return p
"""


@pytest.fixture
def own_modules(tmp_path, monkeypatch):
    """A function that makes a package, with changes to its files, and returns its user's module."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    files = {
        "helpers/__init__.py": "from .losses import loss\n",
        "helpers/losses.py": "SCALE = 1\ndef loss(y, p):\n    return SCALE\n",
        "helpers/deep/__init__.py": "from . import inner\n",
        "helpers/deep/inner.py": "def loss(y, p):\n    return 1\n",
        "helpers/unused.py": "A = 1\n",
        "main_of_user.py": MAIN.format(helpers="helpers"),
    }

    def make(**changes):
        for name, text in (files | changes).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name in [n for n in sys.modules if n.partition(".")[0] in ("helpers", "main_of_user")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return importlib.import_module("main_of_user")

    yield make
    for name in [n for n in sys.modules if n.partition(".")[0] in ("helpers", "main_of_user")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["loss", "late"])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("helpers/losses.py", "SCALE = 1\ndef loss(y, p):\n    return SCALE * 2\n"),
        ("helpers/losses.py", "SCALE = 2\ndef loss(y, p):\n    return SCALE\n"),
        ("helpers/__init__.py", "from .losses import loss\nTABLE = [1]\n"),
    ],
)
def test_own_modules_count(name, file, text, own_modules):
    before = content(vars(own_modules())[name])
    assert content(vars(own_modules(**{file: text}))[name]) != before
    assert content(vars(own_modules())[name]) == before


def test_modules_in_own_modules_count_where_they_are_read(own_modules):
    main = own_modules()
    change = {"helpers/deep/inner.py": "def loss(y, p):\n    return 2\n"}
    before, other = content(main.loss), content(main.other)
    assert b"numpy" not in before
    importlib.import_module("helpers.unused")
    assert content(main.loss) == before
    main = own_modules(**change)
    assert content(main.loss) != before
    assert content(main.other) == other


def test_own_modules_count_by_what_is_taken_from_them_now(own_modules, monkeypatch):
    main = own_modules()
    before = content(main.loss)
    monkeypatch.setattr(main.helpers, "loss", lambda y, p: 0.0)
    assert content(main.loss) != before


def test_modules_are_ones_own_by_where_they_lie(own_modules):
    assert is_own(own_modules())
    assert not any(map(is_own, (np, pd, os, sys, sys.modules["stackkit.own_code"])))


def test_content_is_the_same_under_another_hash_seed(tmp_path):
    (tmp_path / "user.py").write_text(
        "import enum, numpy as np, pandas as pd\n"
        "class Kind(enum.Enum):\n    A = 'a'\n    B = 'b'\n"
        "class State:\n    def __init__(self):\n        self.names = {'x', 'y', 'z'}\n"
        "def one(): return STATE\ndef two(): return one\n"
        "STATE = State()\n"
        "HELD = [{'a', 'b', 'c', ('d', 1)}, {Kind.A, Kind.B}, {one, two, len}, {one: 1, two: 2},\n"
        "        frozenset('xyz'), pd.DataFrame({'a': ['x', 'y']}), np.arange(3), Kind, object()]\n"
        "def f(y, p): return HELD, [STATE for x in y if x in {'a', 'b', 'c'}]\n"
        'exec(\'def g(y): return [x for x in y if x in {"a", "b", "c"}]\')\n'
    )
    code = (
        "import hashlib, user; from stackkit.own_code import content\n"
        "print(hashlib.sha256(content(user.f) + content(user.g)).hexdigest())"
    )
    folders = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed), "PYTHONPATH": folders},
        )
        for seed in range(4)
    ]
    assert runs[0].returncode == 0, runs[0].stderr
    assert len({run.stdout for run in runs}) == 1
