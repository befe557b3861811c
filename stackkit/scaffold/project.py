"""`stackkit new`: a folder with a TOML, a hook, models, notebooks, and places for what is made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackkit.cache.atomic import disk_errors, make_folder, write_file
from stackkit.datasets.files import SUFFIXES
from stackkit.datasets.guess import guess_competition
from stackkit.datasets.load import FILE
from stackkit.datasets.toml_text import competition_toml
from stackkit.errors import ConfigError, DataError
from stackkit.places import CACHE, NOTEBOOKS, SUBMISSIONS
from stackkit.scaffold.notebooks import kept_notebooks, own_copy
from stackkit.scaffold.templates import FEATURES, MODELS


@dataclass(frozen=True)
class Written:
    """A file or folder of a project; `new` is false where it was there and stays as it was."""

    path: Path
    new: bool


def new_project(folder: str | Path, tables: Sequence[str | Path] = ()) -> list[Written]:
    """Make a folder a project: what is there already stays as it is.

    Parameters
    ----------
    folder : made if it is not there.
    tables : files that are copied into it: train, test, sample submission.

    Returns
    -------
    Every file and folder of the project, and whether it is new.

    Raises
    ------
    DataError : a table that is not there, or no table by its name; then nothing is written.
    ConfigError : the place is taken by a file.
    """
    sources = [_checked(Path(table)) for table in tables]
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError("a project is a folder", f"the file {folder}", "another name")
    make_folder(folder)
    return [*_copies(sources, folder), *_texts(folder), *_places(folder)]


def _checked(table: Path) -> Path:
    if not table.is_file():
        raise DataError("the file exists", str(table), "correct its name")
    if not table.name.endswith(SUFFIXES):
        hint = "rename it, or write the table as .csv"
        raise DataError(f"a table ends with {', '.join(SUFFIXES)}", table.name, hint)
    return table


def _copies(sources: Sequence[Path], folder: Path) -> Iterator[Written]:
    for source in sources:
        target = folder / source.name
        new = not target.exists()
        if new:
            with disk_errors(target):
                shutil.copyfile(source, target)
        yield Written(target, new)


def _texts(folder: Path) -> Iterator[Written]:
    yield _write(folder / FILE, lambda: competition_toml(guess_competition(folder)))
    yield _write(folder / "features.py", lambda: FEATURES)
    yield _write(folder / "models.py", lambda: MODELS)
    make_folder(folder / NOTEBOOKS)
    for kept in kept_notebooks():
        yield _write(folder / NOTEBOOKS / kept.name, lambda kept=kept: own_copy(kept))


def _write(path: Path, text: Callable[[], str]) -> Written:
    """The file, with its text where there is none yet."""
    new = not path.exists()
    if new:
        write_file(path, text().encode())
    return Written(path, new)


def _places(folder: Path) -> Iterator[Written]:
    """Where records and submissions go: what makes a folder a project of its own."""
    for name in (CACHE, SUBMISSIONS):
        path = folder / name
        new = not path.exists()
        make_folder(path)
        yield Written(path, new)
