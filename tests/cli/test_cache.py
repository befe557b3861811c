"""cache ls, verify, clean."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def copy(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a cache and submissions, to be changed; one works in it."""
    shutil.copytree(done, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def entries(stackkit: Callable) -> list[dict]:
    return json.loads(stackkit("cache", "ls", "--json").out)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_ls_shows_levels_and_sizes(stackkit: Callable, copy: Path) -> None:
    rows = entries(stackkit)
    assert {(row["level"], row["name"]) for row in rows} >= {("L0", "ridge"), ("L2", "simplex")}
    assert all(row["state"] == "complete" and row["MiB"] > 0 for row in rows)
    other = stackkit("cache", "ls", "another", "--json")
    assert (other.code, other.out) == (2, "") and "'another'" in other.err


def test_ls_of_no_cache_is_empty(stackkit: Callable, tmp_path: Path) -> None:
    found = stackkit("cache", "ls", "--cache-dir", tmp_path / "none", "--json")
    assert (found.code, json.loads(found.out)) == (0, [])
    assert stackkit("cache", "ls", "--cache-dir", tmp_path / "none").out == "none\n"
    assert not (tmp_path / "none").exists()


def test_verify_finds_nothing_wrong_with_a_whole_cache(stackkit: Callable, copy: Path) -> None:
    found = stackkit("cache", "verify")
    assert found.code == 0
    assert found.last.endswith(" entries, 0 damaged")


@pytest.mark.parametrize("file", ["oof.npy", "test.npy", "recipe.json"])
def test_verify_finds_a_flipped_byte(stackkit: Callable, copy: Path, file: str) -> None:
    path = next(copy.rglob(f"L0/ridge-*/{file}"))
    flip(path) if path.suffix == ".npy" else path.write_text("{", encoding="utf-8")
    found = stackkit("cache", "verify", "shop")
    assert found.code == 2
    assert str(path.parent.name) in found.out
    assert "error: entries are as they were stored; got 1 damaged; try: run again" in found.err
    assert "Traceback" not in found.err
    assert stackkit("cache", "ls").code == 0


def test_clean_is_dry_until_told(stackkit: Callable, copy: Path) -> None:
    (copy / "oof_cache/shop/runs").rename(copy / "runs")
    before = entries(stackkit)
    found = stackkit("cache", "clean")
    assert "would remove" in found.out and "--yes removes them" in found.last
    assert entries(stackkit) == before
    stackkit("cache", "clean", "--yes")
    assert {row["name"] for row in entries(stackkit)} == {"ridge", "simplex"}


def test_clean_keeps_what_the_latest_run_reaches(stackkit: Callable, copy: Path) -> None:
    before = entries(stackkit)
    (copy / "submissions/ledger.csv").unlink()
    found = stackkit("cache", "clean", "--yes")
    assert "no ledger" in found.err
    assert entries(stackkit) == before
    assert stackkit("run", copy, "--jobs", 2).code == 0


def test_clean_reads_the_ledger_where_submissions_went(stackkit: Callable, copy: Path) -> None:
    (copy / "oof_cache/shop/runs").rename(copy / "runs")
    (copy / "submissions").rename(copy / "mine")
    stackkit("cache", "clean", "--yes", "--output", copy / "mine")
    assert {row["name"] for row in entries(stackkit)} == {"ridge", "simplex"}
    stackkit("cache", "clean", "--yes")
    assert entries(stackkit) == []


def test_a_folder_or_file_stands_for_its_name_and_its_cache(
    stackkit: Callable, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries(stackkit)
    toml = copy / "competition.toml"
    toml.write_text(toml.read_text("utf-8") + '[cache]\ndir = "mine"\n', encoding="utf-8")
    (copy / "oof_cache").rename(copy / "mine")
    monkeypatch.chdir(tmp_path)
    for where in (copy, toml, "project"):
        assert json.loads(stackkit("cache", "ls", where, "--json").out) == before
        assert stackkit("cache", "verify", where).last.endswith(" entries, 0 damaged")
    elsewhere = ("--cache-dir", tmp_path / "none")
    assert json.loads(stackkit("cache", "ls", copy, *elsewhere, "--json").out) == []
    assert stackkit("cache", "ls", tmp_path / "no.toml").code == 2


def test_clean_of_a_folder_keeps_what_its_own_ledger_reaches(
    stackkit: Callable, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / "oof_cache/shop/runs").rename(copy / "runs")
    monkeypatch.chdir(tmp_path)
    found = stackkit("cache", "clean", copy, "--yes")
    assert (found.code, found.err) == (0, "")
    left = json.loads(stackkit("cache", "ls", copy, "--json").out)
    assert {row["name"] for row in left} == {"ridge", "simplex"}
