"""blend: the verb that compares; a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

COLUMNS = {"rank", "name", "role", "depth", "cv", "coverage", "on_best", "best_low", "best_high",
           "on_mean", "mean_low", "mean_high", "seconds", "models", "same_as", "profile",
           "key8"}  # fmt: skip


def test_blend_lists_every_candidate_on_what_is_cached(stackkit: Callable, two: Path) -> None:
    found = stackkit("blend", two, "--cache-dir", two / "oof_cache", "--json")
    rows = json.loads(found.out)
    assert set(rows[0]) == COLUMNS
    names = {row["name"] for row in rows}
    assert names >= {"simplex", "mean", "ridge_meta", "best_single"}
    assert "prior" not in names
    read = stackkit("blend", two, "--cache-dir", two / "oof_cache")
    text = read.out.splitlines()
    (best,) = (row["name"] for row in rows if row["role"] == "base")
    assert len(text) == len(rows) + 1 and f"gain on {best}" in text[0] and "same as" in text[0]
    assert "shows no gain" in read.err


def test_blend_takes_the_profile_of_the_latest_run(stackkit: Callable, two: Path) -> None:
    found = stackkit("blend", two, "--cache-dir", two / "oof_cache")
    assert "2 of 2 base models of profile quick are in the cache\n" in found.err


def test_one_base_model_is_said_and_not_compared_with_itself(
    stackkit: Callable, done: Path
) -> None:
    found = stackkit("blend", done, "--cache-dir", done / "oof_cache")
    assert len(found.out.splitlines()) == 2 and "ridge" in found.out
    assert "one base model: every blend of it is that model" in found.err
    assert "1 of 1 base models of profile quick are in the cache" in found.err


def test_what_is_not_in_the_cache_is_one_line(stackkit: Callable, done: Path, two: Path) -> None:
    toml = done / "competition.toml"
    before = toml.read_text(encoding="utf-8")
    toml.write_text(before.replace('["ridge"]', '["ridge", "lasso", "knn"]'), encoding="utf-8")
    found = stackkit("blend", done, "--cache-dir", done / "oof_cache")
    toml.write_text(before, encoding="utf-8")
    assert "1 of 3 base models of profile quick are in the cache; not there: lasso, knn" in (
        found.err
    )


def test_blend_without_base_models_names_the_command_to_run(
    stackkit: Callable, done: Path, tmp_path: Path
) -> None:
    found = stackkit("blend", done, "--cache-dir", tmp_path)
    assert found.code == 2 and not found.out
    assert f"stackkit run {done} --profile quick --cache-dir {tmp_path}" in found.err
