"""Scores into the ledger, and which submission is next."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from stackkit.errors import SubmissionError
from stackkit.submission.kaggle import Scored
from stackkit.submission.ledger import COLUMNS, Ledger
from stackkit.submission.scores import enter_scores, entries, existing, latest_file


def ledger(folder: Path, *rows: dict[str, str]) -> Ledger:
    """A ledger of shop's submissions."""
    made = Ledger(folder)
    for row in rows:
        made.enter({**dict.fromkeys(COLUMNS, ""), "competition": "shop", **row})
    return made


def test_the_latest_of_the_competition_is_next(tmp_path: Path) -> None:
    ledger(tmp_path, {"file": "a.csv", "key": "1"}, {"file": "b.csv", "key": "2"},
           {"file": "c.csv", "key": "3", "competition": "other"})  # fmt: skip
    (tmp_path / "b.csv").touch()
    assert latest_file(tmp_path, "shop") == tmp_path / "b.csv"


@pytest.mark.parametrize(
    ("row", "words"),
    [(None, "holds a submission"), ({"file": "gone.csv"}, "the file to submit exists"),
     ({"file": "a.csv", "public": "0.8"}, r"not on the leaderboard yet.*a\.csv with 0\.8")],
)  # fmt: skip
def test_no_file_to_submit_is_told(tmp_path: Path, row: dict[str, str] | None, words: str) -> None:
    (tmp_path / "a.csv").touch()
    ledger(tmp_path, *([] if row is None else [row]))
    with pytest.raises(SubmissionError, match=words):
        latest_file(tmp_path, "shop")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="the file to submit exists"):
        existing(tmp_path)


def test_scores_fill_what_is_empty_and_nothing_else(tmp_path: Path) -> None:
    made = ledger(
        tmp_path,
        {"file": "a.csv", "key": "1", "note": 'a "quoted", note'},
        {"file": "b.csv", "key": "2", "public": "0.5"},
        {"file": "c.csv", "key": "3"},
        {"file": "a.csv", "key": "4", "competition": "other"},
    )
    lines = made.path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(s + t for s, t in zip(lines, (",mood", ",good", ",", ",", ","), strict=True))
    made.path.write_text(text, encoding="utf-8-sig")
    scored = [Scored("a.csv", "complete", "0.9", "0.8"), Scored("a.csv", "complete", "0.1"),
              Scored("b.csv", "complete", "0.7"), Scored("c.csv", "pending")]  # fmt: skip
    assert enter_scores(made, "shop", scored) == 1
    with made.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["public"], r["private"]) for r in rows] == \
        [("0.9", "0.8"), ("0.5", ""), ("", ""), ("", "")]  # fmt: skip
    assert [r["note"] for r in rows] == ['a "quoted", note', "", "", ""]
    assert rows[0]["mood"] == "good" and list(rows[0])[: len(COLUMNS)] == list(COLUMNS)
    assert enter_scores(made, "shop", scored) == 0


def test_without_a_ledger_nothing_is_made(tmp_path: Path) -> None:
    assert enter_scores(Ledger(tmp_path), "shop", [Scored("a.csv", "complete", "1")]) == 0
    assert list(tmp_path.iterdir()) == []
    assert entries(Ledger(tmp_path), "shop") == []


def test_a_row_that_does_not_fit_is_not_cut(tmp_path: Path) -> None:
    made = ledger(tmp_path, {"file": "a.csv"})
    before = made.path.read_text(encoding="utf-8").rstrip("\n") + ",more\n"
    made.path.write_text(before, encoding="utf-8")
    with pytest.raises(SubmissionError, match="fit its header"):
        enter_scores(made, "shop", [Scored("a.csv", "complete", "1")])
    assert made.path.read_text(encoding="utf-8") == before
