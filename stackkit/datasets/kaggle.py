"""Competitions of Kaggle by name: `kaggle:titanic`, through the official client.

Files are downloaded once, into `competitions/<slug>/` of the project folder, where a guessed
competition.toml joins them. Both are the user's from then on: nothing is written over.
"""

from __future__ import annotations

import logging
import sys
import zipfile
from pathlib import Path

from stackkit.cache.atomic import disk_errors, folder_aside, make_folder, write_file
from stackkit.datasets.guess import find_tables, guess_competition
from stackkit.datasets.toml_text import competition_toml
from stackkit.errors import DataError
from stackkit.kaggle_api import check_slug, connect, page, told
from stackkit.places import project_folder

PREFIX, COMPETITIONS, FILE = "kaggle:", "competitions", "competition.toml"
NESTED = 2  # archives within the archive: train.csv.zip of older competitions
log = logging.getLogger(__name__)


def is_kaggle(where: str | Path) -> bool:
    """Whether a competition is named like `kaggle:titanic`."""
    return str(where).startswith(PREFIX)


def kaggle_slug(where: str | Path) -> str:
    """The name in `kaggle:titanic`; ConfigError for what cannot be one."""
    return check_slug(str(where).removeprefix(PREFIX))


def fetch_competition(where: str | Path, start: Path | None = None) -> Path:
    """The competition.toml of `kaggle:<slug>`, after a download where there is none yet.

    Parameters
    ----------
    start : the project folder is looked for from here upwards; None: the working folder.

    Raises
    ------
    MissingPackageError, ConfigError : the client is not installed, or not set up.
    DataError : rules not accepted, no such competition, no network, a damaged archive.
    """
    slug = kaggle_slug(where)
    folder = project_folder(start=start) / COMPETITIONS / slug
    toml = folder / FILE
    if toml.is_file():
        return toml
    if not folder.is_dir() or "train" not in find_tables(folder):
        download(slug, folder)
    write_file(toml, competition_toml(guess_competition(folder, slug)).encode())
    log.warning("wrote %s: look at the metric, it is a guess", toml)
    return toml


def download(slug: str, folder: Path) -> None:
    """Download and unpack a competition's files into `folder`; all of them, or nothing."""
    client = connect()
    make_folder(folder.parent)
    with folder_aside(folder.parent) as aside:
        with told(slug, DataError), disk_errors(aside):
            quiet = not sys.stderr.isatty()
            client.competition_download_files(slug, path=str(aside), quiet=quiet)
        for _ in range(NESTED):
            _unpack(aside, slug)
        if not any(aside.iterdir()):
            raise DataError(f"{slug} has files", "none", f"see {page(slug, 'data')}")
        _move_missing(aside, folder)


def _unpack(folder: Path, slug: str) -> None:
    for archive in sorted(folder.rglob("*.zip")):
        try:
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(archive.parent)
        except zipfile.BadZipFile as error:
            hint = f"the same command again, or {page(slug, 'data')}"
            raise DataError(f"{archive.name} is an archive", str(error), hint) from None
        archive.unlink()


def _move_missing(source: Path, folder: Path) -> None:
    """Move what `folder` does not have."""
    if not folder.exists():
        source.rename(folder)
        return
    for item in source.iterdir():
        if not (folder / item.name).exists():
            item.rename(folder / item.name)
