"""The text of a submission: the marks between columns and within numbers are the sample's."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from stackkit.competition import Competition


@dataclass(frozen=True)
class Marks:
    """What parts the columns of a row, and what a number has before its fraction."""

    separator: str = ","
    decimal: str = "."

    @property
    def changed(self) -> tuple[str, ...]:
        """Both, where one is not the usual one; else none."""
        return () if self == Marks() else (self.separator, self.decimal)


def marks_of(competition: Competition) -> Marks:
    """The marks that the sample submission was read with; the usual ones without a sample CSV."""
    config = competition.config
    sample = None if config is None else config.sample_submission
    if sample is None or sample.endswith(".parquet"):
        return Marks()
    data = config.data
    return Marks(data.separator, "." if data.decimal == data.separator else data.decimal)


def submission_text(frame: pd.DataFrame, marks: Marks) -> bytes:
    """The CSV of a submission, in UTF-8."""
    text = frame.to_csv(
        index=False, lineterminator="\n", sep=marks.separator, decimal=marks.decimal
    )
    return text.encode()


def marks_entry(marks: Marks) -> dict[str, dict[str, str]]:
    """What the JSON beside a CSV says of its marks: nothing of the usual ones."""
    return {"marks": asdict(marks)} if marks.changed else {}


def read_submission(path: Path, rows: int | None = None) -> pd.DataFrame:
    """A submission as it was written (its first `rows`), by the marks in the JSON beside it."""
    beside = path.with_suffix(".json")
    about = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    marks = Marks(**about.get("marks", {}))
    return pd.read_csv(path, sep=marks.separator, decimal=marks.decimal, nrows=rows)
