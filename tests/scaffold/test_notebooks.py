"""Copies of the notebooks: all of them, on the project's own data, also from a wheel."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackkit.scaffold import notebooks
from stackkit.scaffold.notebooks import kept_notebooks, own_copy
from stackkit.workflow.notebooks import find_notebooks
from stackkit.workflow.parameters import declared_parameters

ROOT = Path(__file__).parents[2] / "notebooks"


def test_every_numbered_notebook_is_kept() -> None:
    assert [p for p in kept_notebooks() if p.suffix == ".ipynb"] == find_notebooks(ROOT)
    assert ROOT / "README.md" in kept_notebooks()


@pytest.mark.parametrize("path", find_notebooks(ROOT), ids=lambda p: p.stem)
def test_a_copy_differs_in_its_competition_alone(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_text(own_copy(path), encoding="utf-8")
    before, after = declared_parameters(path), declared_parameters(copy)
    assert after == {**before, "COMPETITION": '".."'}
    old, new = (json.loads(p.read_text(encoding="utf-8"))["cells"] for p in (path, copy))
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    assert len(changed) == 1


def test_other_files_are_copied_as_they_are() -> None:
    assert own_copy(ROOT / "README.md") == (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_wheel_carries_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = tmp_path / "share" / "stackkit" / "notebooks"
    share.mkdir(parents=True)
    names = ("00_quickstart.ipynb", "README.md", "notes.txt")
    for name in names:
        (share / name).touch()
    listed = [
        SimpleNamespace(parts=("..", "notebooks", name), locate=lambda name=name: share / name)
        for name in names
    ]
    monkeypatch.setattr(notebooks, "files", lambda _: listed)
    monkeypatch.setattr(notebooks, "__file__", str(tmp_path / "lib" / "a" / "b.py"))
    assert kept_notebooks() == [share / "00_quickstart.ipynb", share / "README.md"]
