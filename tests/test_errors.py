"""Errors: what they say, and that the tree is the one that is drawn."""

from __future__ import annotations

import pickle

import pytest

from stackkit import errors
from stackkit.errors import ConfigError, StackkitError, check_type, nearest, shown


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("a rule",), "a rule"),
        (("a rule", 3), "a rule; got 3"),
        (("a rule", 0, "a step"), "a rule; got 0; try: a step"),
        (("a rule", None, "a step"), "a rule; try: a step"),
    ],
)
def test_a_message_states_rule_value_and_next_step(arguments: tuple, text: str) -> None:
    error = StackkitError(*arguments)
    padded = (*arguments, None, None)[:3]
    assert str(error) == text
    assert (error.rule, error.got, error.hint) == padded


def test_every_error_is_drawn_in_the_tree_and_stands_on_its_root() -> None:
    kinds = StackkitError.__subclasses__()
    ours = [kind for kind in kinds if kind.__module__ == errors.__name__]
    assert len(ours) == 11
    for kind in ours:
        assert f"── {kind.__name__} " in errors.__doc__


def test_an_error_crosses_processes_whole() -> None:
    error = pickle.loads(pickle.dumps(ConfigError("rule", "got", "hint")))
    assert (type(error), error.rule, error.got, error.hint) == (ConfigError, "rule", "got", "hint")


def test_nearest_names_one_close_spelling_else_all() -> None:
    assert nearest("metrik", ["metric", "target"]) == "did you mean 'metric'?"
    assert nearest("zzz", ["b", "a"]) == "one of a, b"
    assert nearest("ID ", ["id", "idea"]) == "did you mean 'id'?"
    assert nearest("zzz", []) == "there is none yet"
    assert nearest("zzz", map(str, range(30))).endswith(", 19, … (30 in all)")


def test_a_type_is_checked_and_the_value_shown() -> None:
    check_type(3, int, "a rule", "a step")
    check_type("a", (str, int), "a rule", "a step")
    with pytest.raises(ConfigError, match="a rule; got 'x'; try: a step"):
        check_type("x", int, "a rule", "a step")
    with pytest.raises(ConfigError, match="got True"):
        check_type(True, int, "a rule", "a step")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "None"), (2.5, "2.5"), ("a" * 99, "'" + "a" * 59), ([1], "[1]"), ([0] * 99, "a list")],
)
def test_values_are_shown_short(value: object, text: str) -> None:
    assert shown(value) == text
