"""OOFCache: the root folder; where it is, what it holds, what can go."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stackkit.cache.atomic import make_folder
from stackkit.cache.shelf import Shelf
from stackkit.competition import Competition
from stackkit.errors import CacheError, check_type, nearest
from stackkit.folds import Folds


class OOFCache:
    """Records on disk below `root`.

    Parameters
    ----------
    root : the folder, made at the first write.
    """

    def __init__(self, root: str | Path = "oof_cache") -> None:
        check_type(root, (str, Path), "a cache is a folder", 'OOFCache("oof_cache")')
        self.root = Path(root).absolute()  # workers need not share the working folder

    def shelf(self, competition: Competition, folds: Folds) -> Shelf:
        """The shelf of a competition's data under a fold plan."""
        plan = f"{competition.fingerprint[:8]}-{folds.fingerprint[:8]}"
        return Shelf(self.root / competition.name / plan)

    def shelves(self, name: str | None = None) -> Iterator[Shelf]:
        """Every shelf, or those of one competition."""
        for competition in sorted(self.root.glob(name or "*")):
            for folder in sorted(competition.glob("????????-????????")):
                yield Shelf(folder)

    def names(self) -> list[str]:
        """Competitions that the folder holds something of, sorted."""
        return sorted(p.name for p in self.root.glob("*") if p.is_dir())

    def check_name(self, name: str) -> None:
        """CacheError unless the folder holds something of that competition."""
        if name not in self.names():
            rule = f"{self.root} holds the competition"
            raise CacheError(rule, repr(name), nearest(name, self.names()))

    def runs(self, name: str) -> Path:
        """The folder of a competition's run reports."""
        return make_folder(self.root / name / "runs")

    def table(self, name: str | None = None) -> list[dict[str, Any]]:
        """A row an entry, read from recipe.json and sizes only."""
        return [row for shelf in self.shelves(name) for row in shelf.table()]

    def verify(self, name: str | None = None) -> list[tuple[Path, str]]:
        """Damaged entries, every file hashed."""
        return [wrong for shelf in self.shelves(name) for wrong in shelf.verify()]


class NoCache(OOFCache):
    """The same keys and calls, kept for as long as the object lives (in a temporary folder,
    because workers exchange arrays as mapped files)."""

    def __init__(self) -> None:
        super().__init__(tempfile.mkdtemp(prefix="stackkit-"))
        weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a file or a folder of the cache."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
