"""Submitting to Kaggle, and reading what the leaderboard said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackkit.errors import StackkitError, SubmissionError
from stackkit.kaggle_api import connect, page, told

PENDING, FAILED = "pending", "error"
REFUSED = "could not submit"  # how the client's answer begins where an upload fails
PAUSE = 3.0  # seconds between two looks at the leaderboard


@dataclass(frozen=True)
class Scored:
    """A submission as Kaggle lists it; scores are text, empty while there are none."""

    file: str
    status: str
    public: str = ""
    private: str = ""
    error: str = ""
    ref: str = ""


def submit(slug: str, file: Path, message: str) -> str:
    """Upload a file; the reference of the submission, "" where the client gives none.

    Raises
    ------
    StackkitError : what is to be done, the upload by hand among it.
    """
    try:
        client = connect()
        with told(slug, SubmissionError):
            answer = client.competition_submit(str(file), message, slug, quiet=True)
    except StackkitError as error:
        by_hand = f"upload {file} at {page(slug, 'submit')}"
        hint = f"{error.hint}; or {by_hand}" if error.hint else by_hand
        raise type(error)(error.rule, error.got, hint) from None
    if str(answer.message).lower().startswith(REFUSED):
        raise SubmissionError("Kaggle takes the file", answer.message, f"see {page(slug)}")
    return str(getattr(answer, "ref", None) or "")


def submissions(slug: str) -> list[Scored]:
    """The latest submissions to a competition, newest first."""
    client = connect()
    with told(slug, SubmissionError):
        return [_scored(listed) for listed in client.competition_submissions(slug) or []]


def wait_for_score(slug: str, file: str, ref: str, seconds: float) -> list[Scored]:
    """The listed submissions, the one asked for first, once it is scored or time is up."""
    end = time.monotonic() + seconds
    while True:
        listed = submissions(slug)
        mine = _find(listed, file, ref)
        if (mine is not None and mine.status != PENDING) or time.monotonic() >= end:
            return [mine or Scored(file, PENDING), *(s for s in listed if s is not mine)]
        time.sleep(min(PAUSE, seconds))


def _find(listed: Sequence[Scored], file: str, ref: str) -> Scored | None:
    """By reference where there is one, else the newest of the file's name."""
    same = [s for s in listed if (s.ref == ref if ref else s.file == file)]
    return same[0] if same else None


def _scored(listed: Any) -> Scored:
    """One entry of the list: older versions of the client name its fields in camel case."""
    return Scored(
        file=_text(listed, "file_name", "fileName"),
        status=_status(listed),
        public=_text(listed, "public_score", "publicScore"),
        private=_text(listed, "private_score", "privateScore"),
        error=_text(listed, "error_description", "errorDescription"),
        ref=_text(listed, "ref"),
    )


def _text(listed: Any, *names: str) -> str:
    found = (getattr(listed, name, None) for name in names)
    return next((str(value) for value in found if value not in (None, "")), "")


def _status(listed: Any) -> str:
    """pending, complete or error, from an enumeration or from text."""
    status = listed.status
    return str(getattr(status, "name", status)).lower()
