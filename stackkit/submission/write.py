"""Writing a submission: the CSV, the JSON beside it, the row of the ledger."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stackkit.cache.atomic import make_folder, write_file
from stackkit.competition import Competition
from stackkit.errors import CacheError, SubmissionError
from stackkit.metrics import Decision
from stackkit.predictions import Predictions, check_record
from stackkit.recipe import key_of
from stackkit.submission.content import final_decision, submission_frame
from stackkit.submission.ledger import Ledger
from stackkit.submission.text import marks_entry, marks_of, submission_text
from stackkit.submission.validate import validate_submission


def write_submission(
    competition: Competition,
    record: Predictions,
    folder: str | Path,
    decision: Decision | None = None,
    note: str = "",
) -> Path:
    """Write a record's submission, its JSON and its row of the ledger; the path of the CSV.

    Parameters
    ----------
    folder : made if it is not there.
    decision : how labels are made; None: the metric's default, fitted on the record.
    note : free text for the ledger.

    Raises
    ------
    ConfigError : what is given is no record.
    SubmissionError : what the competition would refuse, or a ledger without its columns; then
        nothing is written.
    CacheError : the folder cannot be written, or its disk is full; then no file is left.
    """
    check_record(record)
    if record.target == competition.target:
        decision = decision or final_decision(competition, record)
    frame = submission_frame(competition, record, decision)
    validate_submission(competition, frame)
    top = (f"top {competition.metric.top}",) if competition.metric.top else ()
    marks = marks_of(competition)
    key = _submission_key(record, decision, (*frame.columns, *top, *marks.changed))
    folder = made_folder(Path(folder))
    ledger = Ledger(folder)
    ledger.check()
    path = folder / f"{competition.name}_{record.name}_{key[:8]}.csv"
    about = _about(competition, record, decision, key) | marks_entry(marks)
    with _all_or_none(path, path.with_suffix(".json")):
        write_file(path, submission_text(frame, marks))
        write_file(path.with_suffix(".json"), (json.dumps(about, indent=1) + "\n").encode())
        ledger.enter(_ledger_row(path, about, note))
    return path


@contextlib.contextmanager
def _all_or_none(*paths: Path) -> Iterator[None]:
    """Remove what was written of `paths` where the block fails; what was there before stays."""
    new = [path for path in paths if not path.exists()]
    try:
        yield
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def made_folder(folder: Path) -> Path:
    """The folder of submissions, made if it is not there; SubmissionError where it cannot be."""
    try:
        return make_folder(folder)
    except CacheError as error:
        raise SubmissionError("submissions go to a folder", error.got, "another --output") from None


def _submission_key(record: Predictions, decision: Decision | None, form: tuple[str, ...]) -> str:
    chosen = None if decision is None else decision.to_dict()
    return key_of({"record": record.key, "decision": chosen, "format": form})


def _about(
    competition: Competition, record: Predictions, decision: Decision | None, key: str
) -> dict[str, Any]:
    """What stands beside the CSV: where it came from and what it is expected to score."""
    return {
        "competition": competition.name,
        "key": key,
        "record": record.name,
        "record_key": record.key,
        "metric": competition.metric.name,
        "scores": dict(record.scores),
        "evidence": record.evidence,
        "decision": None if decision is None else decision.to_dict(),
        "parents": list(record.parents),
        "recipe": dict(record.recipe),
    }


def _ledger_row(path: Path, about: Mapping[str, Any], note: str) -> dict[str, Any]:
    decision = about["decision"]
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "file": path.name,
        "competition": about["competition"],
        "record": about["record"],
        "key": about["record_key"],
        "metric": about["metric"],
        "cv": about["scores"]["cv"],
        "sd": about["scores"]["fold_sd"],
        "decision": "" if decision is None else decision["kind"],
        "public": "",
        "private": "",
        "note": note,
    }
