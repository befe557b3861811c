"""plan, leaderboard, models, metrics: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("verb", "columns"),
    [
        (("plan",), {"name", "role", "reads", "cached", "fits", "key8", "note"}),
        (("leaderboard",), {"rank", "name", "role", "depth", "cv", "fold_mean", "fold_sd",
                            "coverage", "evidence", "seconds", "key8"}),
        (("cache", "ls"), {"competition", "plan", "level", "name", "cv", "MiB", "key8", "state"}),
    ],
)  # fmt: skip
def test_lists_of_a_competition_are_tables_and_json(
    stackkit: Callable, done: Path, verb: tuple[str, ...], columns: set[str]
) -> None:
    where = done if verb != ("cache", "ls") else "shop"
    arguments = (*verb, where, "--cache-dir", done / "oof_cache")
    rows = json.loads(stackkit(*arguments, "--json").out)
    assert set(rows[0]) == columns
    assert {row["name"] for row in rows} >= {"ridge", "simplex", "prior"}
    table = stackkit(*arguments).out.splitlines()
    assert len(table) == len(rows) + 1
    assert "ridge" in "\n".join(table)


@pytest.mark.parametrize(("verb", "name"), [("models", "ridge"), ("metrics", "rmsle")])
def test_lists_of_what_there_is_are_tables_and_json(
    stackkit: Callable, verb: str, name: str
) -> None:
    rows = json.loads(stackkit(verb, "--json").out)
    assert name in {row["name"] for row in rows}
    assert len(stackkit(verb).out.splitlines()) == len(rows) + 1


def test_plan_shows_what_is_cached_and_notes_go_to_standard_error(
    stackkit: Callable, done: Path
) -> None:
    found = stackkit("plan", done, "--cache-dir", done / "oof_cache", "--json")
    assert all(row["cached"] and row["fits"] == 0 for row in json.loads(found.out))
    assert "folds: kfold, 3 splits" in found.err


def test_plan_of_nothing_cached_fits_nothing(stackkit: Callable, shop: Path) -> None:
    rows = json.loads(stackkit("plan", shop, "--json").out)
    assert sum(row["fits"] for row in rows) > 0
    assert not list(shop.rglob("fits.log")) and not list(shop.rglob("oof.npy"))


def test_plan_with_a_seed_shares_nothing_with_one_without(stackkit: Callable, done: Path) -> None:
    found = stackkit("plan", done, "--cache-dir", done / "oof_cache", "--seed", 5, "--json")
    assert not any(row["cached"] for row in json.loads(found.out))


def test_the_leaderboard_is_in_order(stackkit: Callable, done: Path) -> None:
    found = stackkit("leaderboard", done, "--cache-dir", done / "oof_cache", "--json")
    scores = [row["cv"] for row in json.loads(found.out)]
    assert scores == sorted(scores)


def test_a_leaderboard_of_nothing_says_what_to_run(stackkit: Callable, shop: Path) -> None:
    found = stackkit("leaderboard", shop)
    assert (found.code, found.out) == (2, "")
    assert "stackkit run" in found.err
