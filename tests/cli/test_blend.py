"""blend: the verb that compares; a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

COLUMNS = {"rank", "name", "role", "depth", "cv", "coverage", "on_best", "best_low", "best_high",
           "on_mean", "mean_low", "mean_high", "seconds", "models", "key8"}  # fmt: skip


def test_blend_lists_every_candidate_on_what_is_cached(stackkit: Callable, done: Path) -> None:
    found = stackkit("blend", done, "--cache-dir", done / "oof_cache", "--json")
    rows = json.loads(found.out)
    assert set(rows[0]) == COLUMNS
    names = {row["name"] for row in rows}
    assert names >= {"ridge", "simplex", "mean", "ridge_meta", "best_single"}
    assert "prior" not in names
    text = stackkit("blend", done, "--cache-dir", done / "oof_cache").out.splitlines()
    assert len(text) == len(rows) + 1 and "gain on best single" in text[0]


def test_blend_without_base_models_names_the_command_to_run(
    stackkit: Callable, done: Path, tmp_path: Path
) -> None:
    found = stackkit("blend", done, "--cache-dir", tmp_path)
    assert found.code == 2 and not found.out
    assert "stackkit run shop --profile" in found.err
