"""Columns that are missing, twice there, of another name, or that nobody named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def ids(part: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def spoil(desk: Any) -> None:
        frame = getattr(desk, part)
        frame["id"] = change(frame["id"])
        desk.write()

    return spoil


def renamed(part: str, **names: str) -> Callable[[Any], None]:
    def spoil(desk: Any) -> None:
        setattr(desk, part, getattr(desk, part).rename(columns=names))
        desk.write()

    return spoil


def key(old: str, new: str) -> Callable[[Any], None]:
    def spoil(desk: Any) -> None:
        desk.set(old, new)
        desk.write()

    return spoil


def twice(values: Any) -> Any:
    return values.where(values != values.iloc[1], values.iloc[0])


def absent(values: Any) -> Any:
    return values.where(values != values.iloc[1])


def other_table(desk: Any) -> None:
    desk.train = desk.train.assign(**{f"a{i}": 1.0 * desk.train["id"] for i in range(9)})
    desk.write()


CASES: dict[str, tuple[Callable[[Any], None], tuple[str, ...]]] = {
    "no target": (key('"y"', '"Y"'), ("target column 'Y'", "did you mean 'y'")),
    "no id": (key('id = "id"', 'id = "Id"'), ("id column 'Id'", "did you mean 'id'")),
    "no id in test": (renamed("test", id="Id"), ("test has the id column", "'Id'")),
    "twin ids": (ids("train", twice), ("ids of train are unique", "100")),
    "twin ids of test": (ids("test", twice), ("ids of test are unique", "160")),
    "an id missing": (ids("train", absent), ("every row of train has an id", "1 missing")),
    "an id missing in test": (ids("test", absent), ("every row of test has an id", "1 missing")),
    "another spelling": (renamed("test", Fare="fare"), ("'Fare'", "did you mean 'fare'")),
    "another table": (other_table, ("test has the columns of train", "'a0'", "[features] drop")),
    "nothing in common": (
        renamed("test", x="a", Fare="b", k="c"), ("test has the columns of train", "'x'"),
    ),
    "several targets": (key('target = "y"', 'target = ["y", "x"]'), ("one target", "one TOML")),
    "the id as target": (key('target = "y"', 'target = "id"'), ("columns of their own", "'id'")),
    "a misspelt key": (key("target =", "traget ="), ("'traget'", "did you mean 'target'")),
    "a misspelt table": (key("[folds]", "[fold]"), ("'fold'", "did you mean 'folds'")),
    "a misspelt key below": (key("n_splits", "n_split"), ("n_split", "did you mean 'n_splits'")),
    "text for a number": (key("n_splits = 3", 'n_splits = "3"'), ("n_splits", "'3'")),
    "no TOML": (lambda desk: desk.put("competition.toml", "name = "), ("valid TOML",)),
    "a key missing": (key('metric = "logloss"\n', ""), ("metric",)),
    "sample without id": (renamed("sample", id="key"), ("sample submission has the id", "'id'")),
    "sample without target": (
        lambda desk: (desk.__setattr__("sample", desk.sample[["id"]]), desk.write()),
        ("sample has id and",),
    ),
    "sample of other ids": (ids("sample", lambda v: v + 1000), ("ids of sample and test", "1160")),
    "sample with an id twice": (ids("sample", twice), ("ids of the sample are unique", "160")),
    "sample too short": (
        lambda desk: (desk.__setattr__("sample", desk.sample[:-2]), desk.write()),
        ("a row a test row", "10 for 12"),
    ),
    "sample too long": (
        lambda desk: (
            desk.__setattr__("sample", desk.train[["id"]].assign(y=0.5)), desk.write(),
        ),
        ("a row a test row", "60 for 12"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_columns_that_do_not_fit_are_refused(desk: Any, refused: Callable, name: str) -> None:
    spoil, words = CASES[name]
    spoil(desk)
    refused(desk.run(), *words)
    refused(desk.plan(), *words)
    assert desk.left_behind() == []


def test_columns_that_only_test_has_are_passed_over_with_a_note(desk: Any) -> None:
    desk.test["usage"] = "Private"
    desk.write()
    found = desk.plan()
    assert found.code == 0
    assert "columns that only test has, not used: usage" in found.err


def test_columns_that_only_train_has_are_kept_aside_with_a_note(desk: Any) -> None:
    desk.train["casual"] = 1
    desk.write()
    found = desk.plan()
    assert found.code == 0
    assert "columns that only train has, kept aside: casual" in found.err


def test_a_target_in_test_is_passed_over_with_a_note(desk: Any) -> None:
    desk.test["y"] = np.nan
    desk.write()
    found = desk.plan()
    assert found.code == 0
    assert "the target 'y' is also a column of test: not used" in found.err


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("PassengerId", lambda n: range(1, n + 1)),
        ("Unnamed: 0", lambda n: range(n)),
        ("row", lambda n: reversed(range(1, n + 1))),
        ("user_id", lambda n: [f"u{(i * 37) % 997:03}" for i in range(n)]),
    ],
)
def test_an_id_that_nobody_named_is_no_feature(desk: Any, name: str, make: Callable) -> None:
    values = list(make(len(desk.train) + len(desk.test)))
    for part, some in (("train", values[: len(desk.train)]), ("test", values[len(desk.train) :])):
        setattr(desk, part, getattr(desk, part).drop(columns="id").assign(**{name: some}))
    desk.set('id = "id"\n', "")
    desk.set('sample_submission = "sample.csv"\n', "")
    desk.write()
    found = desk.plan()
    assert found.code == 0
    assert f"{name!r} tells every row from every other" in found.err
    assert f'id = "{name}"' in found.err and "keep_id" in found.err
    from stackkit import load_competition

    assert name not in load_competition(desk.folder).kinds
    desk.toml += "[features]\nkeep_id = true\n"
    desk.write()
    assert "tells every row" not in desk.plan().err
    assert name in load_competition(desk.folder).kinds


def test_a_measure_that_never_repeats_stays_a_feature(desk: Any) -> None:
    for part in ("train", "test"):
        frame = getattr(desk, part)
        frame["grid"] = (frame["id"] * 7919) % 10007  # whole, distinct, in no order
        frame["depth"] = np.sort(np.round(np.random.default_rng(1).random(len(frame)), 6))
    desk.write()
    from stackkit import load_competition

    assert {"grid", "depth"} <= set(load_competition(desk.folder).kinds)
    assert "tells every row" not in desk.plan().err


def test_a_sample_in_another_order_is_followed(desk: Any) -> None:
    desk.sample = desk.sample[::-1]
    desk.write()
    from stackkit import load_competition
    from stackkit.submission import submission_format

    form = submission_format(load_competition(desk.folder))
    assert form.ids.tolist() == desk.sample["id"].tolist()
    assert form.order.tolist() == list(range(len(desk.test)))[::-1]


HOOK = "def features(frame):\n    return {}\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("frame.assign(z=frame['Age'])", ("can be computed", "KeyError: 'Age'")),
        ("frame[:3]", ("one row a row", "3 rows")),
        ("None", ("one row a row", "NoneType")),
        ("frame.assign(z=frame['x'] - frame['x'].mean())", ("that row alone", "TRANSDUCTIVE")),
    ],
)
def test_a_hook_that_cannot_be_used_is_refused_before_any_fit(
    desk: Any, refused: Callable, body: str, words: tuple[str, ...]
) -> None:
    desk.put("features.py", HOOK.format(body))
    refused(desk.run(), *words)
    refused(desk.plan(), *words)
    assert not list(desk.cache.rglob("fits.log"))
