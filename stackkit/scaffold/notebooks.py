"""The numbered notebooks: where they are kept, and copies that open on a project's own data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

FOLDER = "notebooks"
PATTERN = re.compile(r"\d\d_\w+\.ipynb|README\.md")
OWN = ".."  # the project, from its folder of notebooks


def kept_notebooks() -> list[Path]:
    """The notebooks and their README: of the repository, else as the wheel installed them."""
    repository = Path(__file__).parents[2] / FOLDER
    here = _numbered(repository.iterdir()) if repository.is_dir() else []
    return here or _numbered(_installed())


def _numbered(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if PATTERN.fullmatch(path.name))


def _installed() -> list[Path]:
    try:
        listed = files("stackkit") or []
    except PackageNotFoundError:
        return []
    return [Path(str(f.locate())).resolve() for f in listed if f.parts[-2:-1] == (FOLDER,)]


def own_copy(notebook: Path) -> str:
    """The text of a file for a project: a notebook's COMPETITION is the folder above it."""
    text = notebook.read_text(encoding="utf-8")
    if notebook.suffix != ".ipynb":
        return text
    made = json.loads(text)
    for cell in made["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            cell["source"] = [_own_line(line) for line in cell["source"]]
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _own_line(line: str) -> str:
    return re.sub(r'^COMPETITION = "[^"]*"', f'COMPETITION = "{OWN}"', line)
