"""Where folders are: flags, [cache] dir, the nearest oof_cache/, the TOML's folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.config import parse_config
from stackkit.places import (
    cache_folder,
    notebooks_folder,
    project_folder,
    submissions_folder,
)


def competition(folder: Path | None, **cache: str) -> Competition:
    train = pd.DataFrame({"x": [1, 2], "y": [0, 1]})
    table = {"name": "c", "train": "t.csv" if folder else "", "target": "y", "metric": "auc"}
    config = parse_config({**table, "cache": cache}, folder or ".")
    return Competition.from_frames(train, target="y", metric="auc", config=config)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with a cache, a folder for notebooks, and a competition elsewhere."""
    for name in ("project/oof_cache", "project/notebooks/runs", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("start", ["project", "project/notebooks", "project/notebooks/runs"])
def test_the_nearest_ancestor_that_holds_a_cache(tree: Path, start: str) -> None:
    found = competition(tree / "elsewhere")
    assert cache_folder(found.config, tree / start) == tree / "project/oof_cache"
    assert submissions_folder(found.config, tree / start) == tree / "project/submissions"
    assert project_folder(None, tree / start) == tree / "project"


def test_a_folder_of_the_file_wins_and_is_relative_to_it(tree: Path) -> None:
    found = competition(tree / "elsewhere", dir="mine")
    assert cache_folder(found.config, tree / "project") == tree / "elsewhere/mine"


def test_without_a_cache_it_is_the_folder_of_the_file(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    assert cache_folder(competition(tree / "elsewhere").config) == tree / "elsewhere/oof_cache"
    assert (
        submissions_folder(competition(tree / "elsewhere").config) == tree / "elsewhere/submissions"
    )


def test_frames_have_no_folder_and_stay_where_one_works(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree / "elsewhere")
    assert cache_folder(competition(None).config) == cache_folder() == tree / "elsewhere/oof_cache"


def test_notebooks_beside_the_file_come_before_those_of_the_project(tree: Path) -> None:
    found = competition(tree / "elsewhere")
    assert notebooks_folder(found.config, tree / "project") == tree / "project/notebooks"
    (tree / "elsewhere/notebooks").mkdir()
    assert notebooks_folder(found.config, tree / "project") == tree / "elsewhere/notebooks"
    assert notebooks_folder(None, tree / "project") == tree / "project/notebooks"
