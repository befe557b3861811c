"""Leaderboard scores in the ledger, and the submission that is next."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from filelock import FileLock

from stackkit.cache.atomic import disk_errors, write_file
from stackkit.errors import SubmissionError
from stackkit.submission.kaggle import Scored
from stackkit.submission.ledger import Ledger


def entries(ledger: Ledger, competition: str) -> list[dict[str, str]]:
    """The rows of a competition, oldest first."""
    return [row for row in _rows(ledger) if row.get("competition") == competition]


def latest_file(folder: Path, competition: str) -> Path:
    """The newest submission of the ledger.

    SubmissionError where there is none, its file is gone, or it has a score already.
    """
    rows = entries(Ledger(folder), competition)
    if not rows:
        raise SubmissionError(
            "the ledger holds a submission", f"none of {competition} in {folder}", "stackkit run"
        )
    path = folder / rows[-1]["file"]
    if rows[-1].get("public"):
        raise SubmissionError(
            "the latest submission is not on the leaderboard yet",
            f"{path.name} with {rows[-1]['public']}",
            "--file names the one to submit",
        )
    return existing(path)


def existing(path: Path) -> Path:
    """The path, if there is a file; SubmissionError otherwise."""
    if not path.is_file():
        raise SubmissionError("the file to submit exists", str(path), "--file names another")
    return path


def enter_scores(ledger: Ledger, competition: str, scored: Iterable[Scored]) -> int:
    """Fill in the scores of rows that have none; how many rows changed.

    Rows of a file submitted twice take the newest score. A user's own columns, and all that stands
    in the file already, stay.
    """
    if not ledger.path.exists():
        return 0
    known = {s.file: s for s in reversed(list(scored)) if s.public}
    with disk_errors(ledger.path), FileLock(ledger.path.with_suffix(".lock")):
        rows = _rows(ledger)
        mine = [r for r in rows if r.get("competition") == competition and not r.get("public")]
        changed = [row for row in mine if row["file"] in known]
        for row in changed:
            score = known[row["file"]]
            row.update(public=score.public, private=row.get("private") or score.private)
        if changed:
            write_file(ledger.path, _text(rows).encode())
    return len(changed)


def _rows(ledger: Ledger) -> list[dict[str, str]]:
    ledger.check()
    if not ledger.path.exists():
        return []
    text = ledger.path.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    if any(None in row for row in rows):
        raise SubmissionError("rows of the ledger fit its header", "a longer one", str(ledger.path))
    return rows


def _text(rows: list[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
