"""Canonical recipes and keys."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackkit.errors import ConfigError
from stackkit.recipe import array_digest, canonical, content_digest, fit_seed, key_of

GOLDEN = {
    "schema": 1,
    "learner": {"kind": "ridge", "version": 3},
    "parameters": {"alphas": (0.5, 1e-7), "link": "identität", "limit": None, "robust": True},
    "seed": np.int64(0),
    "threads": 1,
    "missing": float("nan"),
    "parents": [],
}
GOLDEN_TEXT = (
    '{"learner":{"kind":"ridge","version":3},"missing":"nan",'
    '"parameters":{"alphas":[0.5,1e-07],"limit":null,"link":"identität","robust":true},'
    '"parents":[],"schema":1,"seed":0,"threads":1}'
)
GOLDEN_KEY = "eb0bc2223e112d78fdf1936023a5ffaac0a9c3076e1d76a15313a1b881f0d905"

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


def test_the_golden_key():
    assert canonical(GOLDEN) == GOLDEN_TEXT.encode()
    assert key_of(GOLDEN) == GOLDEN_KEY


@given(st.dictionaries(st.text(max_size=5), values))
def test_canonical_text_is_json_that_says_the_same_again(recipe):
    text = canonical(recipe)
    again = json.loads(text)
    assert canonical(again) == text
    assert canonical(dict(reversed(recipe.items()))) == text
    assert key_of(again) == content_digest(text)


@given(st.lists(scalars, max_size=4))
def test_tuples_and_arrays_are_lists(items):
    assert canonical({"a": tuple(items)}) == canonical({"a": items})


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**62), 2**62))
def test_numpy_scalars_are_unboxed(number, whole):
    boxed = {"f": np.float64(number), "i": np.int64(whole), "b": np.bool_(True), "s": np.str_("ä")}
    assert canonical(boxed) == canonical({"f": number, "i": whole, "b": True, "s": "ä"})
    assert canonical(np.array([number, number])) == canonical([number, number])
    assert canonical({"a": np.array(whole)}) == canonical({"a": whole})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, '"nan"'),
        (np.float32("nan"), '"nan"'),
        (math.inf, '"inf"'),
        (-math.inf, '"-inf"'),
        (1, "1"),
        (1.0, "1.0"),
        (True, "true"),
        ("naïve\n", '"naïve\\n"'),
        (b"code", f'"{content_digest(b"code")}"'),
        (range(3), "[0,1,2]"),
        ({"b": 1, "a": 2, "Z": 3}, '{"Z":3,"a":2,"b":1}'),
    ],
)
def test_each_kind_of_value_has_one_spelling(value, text):
    assert canonical(value) == text.encode()


def test_dataclasses_are_their_fields():
    @dataclass(frozen=True)
    class Settings:
        depth: int = 3
        rate: float = 0.1

    assert canonical(Settings()) == b'{"depth":3,"rate":0.1}'


@pytest.mark.parametrize(
    "value", [{1, 2}, frozenset("a"), {1: "a"}, object(), len, 1j, bytearray()]
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(ConfigError):
        canonical({"a": [value]})


@pytest.mark.parametrize("changed", ["seed", "threads", "parents", "parameters", "missing"])
def test_every_field_moves_the_key(changed):
    assert key_of({**GOLDEN, changed: "other"}) != key_of(GOLDEN)


def test_keys_are_equal_in_other_processes(tmp_path, python):
    script = tmp_path / "keys.py"
    script.write_text(
        "from stackkit.recipe import key_of, fit_seed\n"
        "recipe = {name: {'x': [name, float('nan')]} for name in {'b', 'a', 'ä', 'z', 'q'}}\n"
        "print(key_of(recipe), fit_seed(3, 'r0f1'))\n",
        encoding="utf-8",
    )
    recipe = {name: {"x": [name, math.nan]} for name in "abqzä"}
    expected = f"{key_of(recipe)} {fit_seed(3, 'r0f1')}\n"
    for hash_seed in ("1", "2"):
        out, err = python(script, PYTHONHASHSEED=hash_seed).communicate(timeout=60)
        assert out == expected, err


def test_fit_seeds_differ_by_fit_and_by_seed():
    seeds = {fit_seed(seed, fit) for seed in range(20) for fit in ("r0f0", "r0f1", "full")}
    assert len(seeds) == 60
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert fit_seed(0, "r0f0") == 895597718


def test_array_digests_say_dtype_shape_and_values():
    array = np.arange(6.0).reshape(2, 3)
    same = array_digest(array)
    assert array_digest(array.astype(">f8")) == array_digest(np.asfortranarray(array)) == same
    others = [array.T, array.reshape(3, 2), array.astype(np.float32), array + 1, array.ravel()]
    assert len({array_digest(other) for other in others} | {same}) == 6
    with pytest.raises(ConfigError):
        array_digest(np.array(["a", None], dtype=object))
