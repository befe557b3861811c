"""Targets and features whose values cannot be used, and such that only look so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

N = 60


def column(name: str, values: Any, metric: str = "logloss", part: str = "train") -> Callable:
    def spoil(desk: Any) -> None:
        frame = getattr(desk, part)
        frame[name] = values(frame) if callable(values) else values
        desk.set('"logloss"', f'"{metric}"')
        desk.write()

    return spoil


def first(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda frame: [value, *frame[name].tolist()[1:]]


def folds_of(n_splits: int, rows: int) -> Callable[[Any], None]:
    def spoil(desk: Any) -> None:
        desk.train = desk.train[:rows]
        desk.set("n_splits = 3", f'scheme = "kfold"\nn_splits = {n_splits}')
        desk.write()

    return spoil


def rare(desk: Any, scheme: str = "stratified") -> None:
    desk.train["y"] = [1, 1, *[0] * (N - 2)]
    desk.set("n_splits = 3", f'scheme = "{scheme}"\nn_splits = 3')
    desk.write()


CASES: dict[str, tuple[Callable[[Any], None], tuple[str, ...]]] = {
    "a constant target": (column("y", 1), ("at least two values", "1 in every row")),
    "no target value": (column("y", np.nan), ("every train row has a target", "60 missing")),
    "a target value missing": (
        column("y", first("y", None)), ("every train row has a target", "1 missing"),
    ),
    "an infinite target": (column("y", first("x", np.inf), "rmse"), ("the target is finite", "1 ")),
    "a target of words": (column("y", list("abc") * 20, "rmse"), ("needs a numeric target",)),
    "a target below the range": (column("y", first("x", -1.0), "rmsle"), ("targets from 0",)),
    "three classes for two": (column("y", [0, 1, 2] * 20, "f1"), ("f1 scores binary",)),
    "values for a metric of classes": (
        column("y", lambda f: f["x"] * 1.5, "logloss"), ("classes", "distinct numbers", "rmse"),
    ),
    "an unknown metric": (column("y", [0, 1] * 30, "logless"), ("metric must be known",)),
    "infinite features": (
        column("x", first("x", np.inf)), ("numbers of train are finite", "na_values", '"inf"'),
    ),
    "infinite features of test": (
        column("x", first("x", -np.inf), part="test"), ("numbers of test are finite", "'x'"),
    ),
    "words among numbers": (column("x", "n/k", part="test"), ("'x'", "na_values")),
    "negative weights": (
        lambda desk: (
            desk.train.__setitem__("w", -1.0), desk.set("[folds]", 'weight = "w"\n[folds]'),
            desk.write(),
        ),
        ("row weights", "'w'"),
    ),
    "fewer rows than folds": (folds_of(9, 6), ("every fold scores a row", "n_splits = 6")),
    "one row": (folds_of(2, 1), ("at least two values",)),
    "two of a class in three folds": (rare, ("2 rows of the rarest class", "n_splits = 2")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_that_cannot_be_used_are_refused(desk: Any, refused: Callable, name: str) -> None:
    spoil, words = CASES[name]
    spoil(desk)
    refused(desk.run(), *words)
    refused(desk.plan(), *words)
    assert desk.left_behind() == []


def test_infinite_values_become_missing_by_the_key_that_the_error_names(desk: Any) -> None:
    desk.train.loc[0, "x"] = np.inf
    desk.train.loc[1, "x"] = -np.inf
    desk.toml += '[data]\nna_values = ["inf", "-inf"]\n'
    desk.write()
    from stackkit import load_competition

    assert load_competition(desk.folder).train["x"].isna().tolist() == [True, True] + [False] * 58
    assert desk.plan().code == 0


def test_columns_without_any_value_are_left_out(desk: Any) -> None:
    for part in ("train", "test"):
        getattr(desk, part)["nothing"] = np.nan
    desk.train["late"] = np.nan
    desk.test["late"] = 1.5
    desk.train["early"] = 2.5
    desk.test["early"] = np.nan
    desk.write()
    assert desk.run().code == 0
    assert desk.submitted()["y"].between(0, 1).all()


def test_levels_that_never_repeat_are_taken(desk: Any) -> None:
    rows = 20_000
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"id": range(rows), "x": rng.normal(size=rows)})
    frame["k"] = [f"level {i}" for i in rng.integers(10_000, size=rows)]
    frame["y"] = (frame["x"] + rng.normal(size=rows) > 0).astype(int)
    desk.train, desk.test = frame[: rows - 500], frame[rows - 500 :].drop(columns="y")
    desk.sample = desk.test[["id"]].assign(y=0.5)
    desk.write()
    found = desk.run()
    assert found.code == 0, found.err
    assert len(desk.submitted()) == 500


def test_a_class_that_a_fold_does_not_know_gets_no_probability_there(desk: Any) -> None:
    desk.train["y"] = ["rare", *["no", "yes"] * 29, "yes"]
    desk.sample = desk.test[["id"]].assign(no=0.5, rare=0.0, yes=0.5)
    desk.write()
    found = desk.run()
    assert found.code == 0, found.err
    made = desk.submitted()[["no", "rare", "yes"]]
    np.testing.assert_allclose(made.sum(axis=1), 1.0, atol=1e-5)
    assert (made["rare"] > 0).any()


def test_rare_classes_among_others_are_spread_with_a_note(desk: Any) -> None:
    desk.train["y"] = [*["rare"] * 2, *["no", "yes"] * 29]
    desk.sample = desk.test[["id"]].assign(no=0.5, rare=0.0, yes=0.5)
    desk.write()
    found = desk.plan()
    assert found.code == 0
    assert "folds: stratified, 3 splits" in found.err
    assert "2 rows of the rarest class" in found.err
    desk.set("n_splits = 3", 'scheme = "stratified"\nn_splits = 3')
    desk.write()
    found = desk.plan()
    assert found.code == 0 and "2 rows of the rarest class" in found.err


@pytest.mark.parametrize("labels", [["True", "False"], ["yes", "True"], [0, 1], ["0", "x"]])
def test_two_labels_of_any_spelling_are_two_classes(desk: Any, labels: list) -> None:
    desk.train["y"] = labels * 30
    desk.write()
    found = desk.plan()
    assert found.code == 0 and "task: binary" in found.err


def test_labels_of_several_types_are_refused_in_frames(desk: Any) -> None:
    from stackkit import Competition
    from stackkit.errors import DataError

    train = desk.train.assign(y=[True, "maybe"] * 30)
    with pytest.raises(DataError, match="labels are of one type; got bool, str") as caught:
        Competition.from_frames(train, desk.test, target="y", metric="logloss", id="id")
    assert caught.value.hint
