"""Shelf: the entries of one competition's data under one fold plan."""

from __future__ import annotations

import contextlib
import logging
import math
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackkit.cache.atomic import (
    disk_errors,
    folder_aside,
    folder_size,
    make_folder,
    sync_folder,
)
from stackkit.cache.entry import (
    RECIPE,
    DamagedEntry,
    read_entry,
    read_recipe,
    same_arrays,
    verify_entry,
    write_entry,
)
from stackkit.cache.faults import reach
from stackkit.cache.locks import key_lock
from stackkit.cache.partial import PartialFits
from stackkit.cache.versions import library_versions
from stackkit.errors import CacheError
from stackkit.predictions import Predictions

LEVELS = {"base": "L0", "meta": "L1", "blend": "L2"}
ABANDONED = 86_400.0  # seconds
log = logging.getLogger("stackkit")


@dataclass(frozen=True)
class Shelf:
    """The folder `<competition>/<data8>-<folds8>`. All methods are safe beside other processes."""

    folder: Path

    def entries(self) -> list[Path]:
        """Folders of complete entries, in the order of their names."""
        return [p for p in self._folders() if (p / RECIPE).exists()]

    def describe(self, key: str) -> dict[str, Any] | None:
        """recipe.json of the entry with this key, under any name; None where there is none."""
        for path in self._named(key):
            with contextlib.suppress(DamagedEntry):
                table = read_recipe(path)
                if table["key"] == key:
                    return table
        return None

    def load(self, key: str) -> Predictions | None:
        """The record with this key, mapped; None where there is none or it was damaged."""
        for path in self._named(key):
            try:
                record = read_entry(path)
            except DamagedEntry:
                record = self._recheck(path, key)
            if record is not None and record.key == key:
                return record
        return None

    def records(self) -> list[Predictions]:
        """Every complete record, mapped; damaged entries are left out and set aside."""
        keys = (row["key"] for row in self.table() if "damaged" not in row)
        return [record for key in keys if (record := self.load(key)) is not None]

    def _named(self, key: str) -> list[Path]:
        return self._folders(f"*-{key[:12]}")

    def _folders(self, pattern: str = "*-*") -> list[Path]:
        found = (p for level in LEVELS.values() for p in (self.folder / level).glob(pattern))
        return sorted(p for p in found if p.is_dir())

    def _recheck(self, path: Path, key: str) -> Predictions | None:
        """The entry, read again under a lock; one that is damaged indeed is set aside."""
        with self.lock(f"{key[:12]}.aside"):
            try:
                return read_entry(path) if path.is_dir() else None
            except DamagedEntry as error:
                log.warning("entry %s is damaged (%s): set aside, to be refitted", path.name, error)
                self._set_aside(path)
        return None

    def _set_aside(self, path: Path) -> None:
        with disk_errors(path):
            damaged = make_folder(self.folder / ".damaged")
            path.rename(damaged / f"{path.name}-{uuid.uuid4().hex[:8]}")

    def store(self, record: Predictions) -> Predictions:
        """Store a record and return it as mapped from disk.

        CacheError where the disk is full or closed, or where an entry with the same key and other
        bytes is there: the same recipe must give the same predictions.
        """
        level = make_folder(self.folder / LEVELS[record.role])
        final = level / f"{record.name}-{record.key12}"
        with folder_aside(self.folder) as aside:
            write_entry(aside, record, library_versions())
            if self.load(record.key) is None:
                self._rename(aside, final)
        sync_folder(level)
        return self._settled(record)

    def _rename(self, aside: Path, final: Path) -> None:
        """Give an entry its name, unless another process gave it to an entry just now."""
        try:
            aside.rename(final)
            reach("renamed")
        except OSError:
            if not final.is_dir():
                raise

    def _settled(self, record: Predictions) -> Predictions:
        """The entry with a record's key, whoever stored it; CacheError where it differs."""
        stored = self.load(record.key)
        if stored is None:
            raise CacheError("an entry that was stored can be loaded", record.key12)
        if not same_arrays(stored, record):
            raise CacheError(
                "one recipe gives one set of predictions",
                f"{stored.name}-{stored.key12} holds other bytes than this run made",
                "the model is not deterministic: give it a seed and one thread",
            )
        return stored

    def lock(self, key: str, wait: float = math.inf) -> contextlib.AbstractContextManager[bool]:
        """The lock of a key; it yields False where another holds it still after `wait` seconds."""
        return key_lock(self.folder / ".locks" / key[:20], wait)

    def partial(self, key: str) -> PartialFits:
        """The finished Fits of an unfinished record."""
        return PartialFits(self.folder / ".partial" / key[:12], key)

    def sweep(self) -> None:
        """Remove what stores that were killed left behind, a day after."""
        for path in self.folder.glob(".tmp-*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > ABANDONED:
                    shutil.rmtree(path, ignore_errors=True)

    def models(self, key: str) -> Path:
        """The folder of a record's fitted models."""
        return self.folder / "models" / key[:12]

    @property
    def scratch(self) -> Path:
        """The folder of prepared inputs, which can be made again."""
        return make_folder(self.folder / ".scratch")

    @property
    def fit_log(self) -> Path:
        """One line a Fit that was fitted here."""
        return self.folder / "fits.log"

    def table(self) -> Iterator[dict[str, Any]]:
        """recipe.json and size of each entry; a damaged one gives a row that says so."""
        for path in self.entries():
            place = {"folder": path, "bytes": folder_size(path)}
            try:
                yield {**read_recipe(path), **place}
            except DamagedEntry as error:
                yield {"name": path.name, **place, "damaged": str(error)}

    def verify(self) -> list[tuple[Path, str]]:
        """Hash every file; the entries that are damaged, with what is wrong."""
        wrong = []
        for path in self._folders():
            try:
                verify_entry(path)
            except DamagedEntry as error:
                wrong.append((path, str(error)))
        return wrong

    def unreached(self, kept: Set[str]) -> list[tuple[Path, int]]:
        """Entries, models and leftovers that no key of `kept` stands on, with their bytes."""
        recipes = {row["key"]: row for row in self.table() if "damaged" not in row}
        reached = _ancestors(recipes, kept)
        loose = [row["folder"] for key, row in recipes.items() if key not in reached]
        short = {key[:12] for key in reached}
        short |= {p.name for p in (self.folder / ".partial").glob("*")}  # of unfinished records
        loose += [p for p in (self.folder / "models").glob("*") if p.name not in short]
        loose += [p for n in (".damaged", ".scratch") for p in (self.folder / n).glob("*")]
        return [(path, folder_size(path)) for path in loose]


def _ancestors(recipes: Mapping[str, Mapping[str, Any]], keys: Set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [key for key in keys if key in recipes]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += [p for p in recipes[key]["parents"] if p in recipes]
    return reached
