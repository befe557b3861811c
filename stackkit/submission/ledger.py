"""ledger.csv: a row a submission, with room for the scores that the leaderboard gave it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from stackkit.cache.atomic import disk_errors
from stackkit.errors import SubmissionError

COLUMNS = ("time", "file", "competition", "record", "key", "metric", "cv", "sd", "decision",
           "public", "private", "note")  # fmt: skip


class Ledger:
    """The ledger of a folder of submissions; users may edit it, and add columns."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.csv"

    def check(self) -> None:
        """SubmissionError where the file lacks a column."""
        lost = [name for name in COLUMNS if name not in _columns(self._text())]
        if lost:
            raise SubmissionError(
                f"{self.path.name} has columns {', '.join(COLUMNS)}",
                f"no {', '.join(lost)} in {self.path}",
                "add them, or move the file away",
            )

    def enter(self, row: Mapping[str, Any]) -> None:
        """Append a row under a lock; the header comes with the first.

        A file written again keeps its row, with the scores that the user wrote there, unless it
        comes with another note.
        """
        with disk_errors(self.path), FileLock(self.path.with_suffix(".lock")):
            before, text = self._text(), io.StringIO()
            if any(_same(row, entered) for entered in csv.DictReader(io.StringIO(before))):
                return
            writer = csv.DictWriter(text, _columns(before), restval="", lineterminator="\n")
            if not before:
                writer.writeheader()
            elif not before.endswith("\n"):
                text.write("\n")
            writer.writerow(row)
            with self.path.open("a", encoding="utf-8", newline="") as file:
                file.write(text.getvalue())

    def keys(self) -> set[str]:
        """Keys of the records that were submitted."""
        return {row["key"] for row in csv.DictReader(io.StringIO(self._text())) if row.get("key")}

    def _text(self) -> str:
        return self.path.read_text(encoding="utf-8-sig") if self.path.exists() else ""


def _columns(text: str) -> list[str]:
    return next(csv.reader(io.StringIO(text)), None) or list(COLUMNS)


def _same(row: Mapping[str, Any], entered: Mapping[str, str | None]) -> bool:
    """Whether a row was entered before: same file of the same record, and nothing new to note."""
    written = all(row[name] == entered.get(name) for name in ("file", "key"))
    return written and row["note"] in ("", entered.get("note"))
