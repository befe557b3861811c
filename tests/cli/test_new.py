"""new: a folder from files, and then the other commands in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


def test_a_new_project_runs(
    stackkit: Callable, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stackkit("new", tmp_path / "mine", "--from", shop / "train.csv", shop / "test.csv")
    assert (made.code, made.last) == (0, str(tmp_path / "mine" / "competition.toml"))
    assert f"wrote {tmp_path / 'mine' / 'features.py'}" in made.err
    toml = Path(made.last)
    text = toml.read_text(encoding="utf-8").replace("include = []", 'include = ["ridge"]')
    toml.write_text(text.replace("# n_splits = 5", "n_splits = 3"), encoding="utf-8")
    monkeypatch.chdir(tmp_path / "mine")
    found = stackkit("run", ".", "--jobs", 2)
    assert found.code == 0
    assert Path(found.last).parent == tmp_path / "mine" / "submissions"


def test_the_second_time_says_what_stays(stackkit: Callable, tmp_path: Path) -> None:
    stackkit("new", tmp_path / "mine")
    again = stackkit("new", tmp_path / "mine")
    assert again.code == 0
    lines = again.err.strip().splitlines()
    assert lines and all(line.startswith("kept, as it was there: ") for line in lines)


def test_without_tables_the_toml_says_what_is_missing(stackkit: Callable, tmp_path: Path) -> None:
    stackkit("new", tmp_path / "mine")
    found = stackkit("run", tmp_path / "mine")
    assert found.code == 2 and "train.csv" in found.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--from", "train.csv", "mine.csv"), "the folder comes first"),
     (("mine", "train.csv"), "tables follow --from"),
     (("mine", "--from", "nowhere.csv"), "the file exists")],
)  # fmt: skip
def test_what_is_not_meant_so_exits_with_2(
    stackkit: Callable, shop: Path, arguments: tuple[str, ...], words: str
) -> None:
    found = stackkit("new", *arguments)
    assert found.code == 2 and words in found.err
    assert list(Path.cwd().iterdir()) == []
