"""Files of a submission: names, bytes, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stackkit.errors import SubmissionError
from stackkit.metrics import Decision
from stackkit.submission import write_submission
from stackkit.submission.ledger import COLUMNS

M = 6


def test_csv_json_and_ledger_tell_one_story(
    tmp_path: Path, made: Callable, record: Callable, rows_of: Callable
) -> None:
    competition = made("accuracy")
    path = write_submission(competition, record(competition), tmp_path / "new", note="first, try")
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert path.name == f"shop_blend_{about['key'][:8]}.csv"
    assert about["record_key"] == "ab" * 32
    assert about["decision"]["kind"] == "argmax"
    (row,) = rows_of(path.parent)
    assert tuple(row) == COLUMNS
    assert row["file"] == path.name
    assert (row["competition"], row["record"], row["key"]) == ("shop", "blend", "ab" * 32)
    assert (row["cv"], row["sd"], row["metric"]) == ("0.5", "0.1", "accuracy")
    assert (row["decision"], row["public"], row["note"]) == ("argmax", "", "first, try")


def test_the_name_hashes_record_decision_and_format(
    tmp_path: Path, made: Callable, sampled: Callable, record: Callable, rows_of: Callable
) -> None:
    plain = made("accuracy")
    renamed = made("accuracy", sampled(label=0))
    found = record(plain)
    names = [
        write_submission(plain, found, tmp_path).name,
        write_submission(plain, found.with_(key="cd" * 32), tmp_path).name,
        write_submission(renamed, found, tmp_path).name,
        write_submission(plain, found, tmp_path, Decision("threshold", (0.3,))).name,
    ]
    assert len(set(names)) == 4
    assert write_submission(plain, found, tmp_path).name == names[0]
    assert [row["file"] for row in rows_of(tmp_path)] == names


def test_a_file_written_again_keeps_its_row_unless_it_is_noted(
    tmp_path: Path, made: Callable, record: Callable, rows_of: Callable
) -> None:
    plain = made("accuracy")
    for note in ("", "", "sent on Monday", "sent on Monday", ""):
        write_submission(plain, record(plain), tmp_path, note=note)
    assert [row["note"] for row in rows_of(tmp_path)] == ["", "sent on Monday"]


def test_equal_records_give_equal_bytes(tmp_path: Path, made: Callable, record: Callable) -> None:
    competition = made("rmse")
    one, other = (
        write_submission(competition, record(competition), tmp_path / f) for f in ("a", "b")
    )
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"test": np.full(M, 1e9)}, "lies in"),
        ({"test": np.full(M, np.nan)}, "no value is missing"),
        ({"target": "other", "scores": {}}, "a submission predicts 'y'"),
    ],
)
def test_what_is_refused_leaves_nothing(
    tmp_path: Path, fields: dict, words: str, made: Callable, record: Callable
) -> None:
    competition = made("rmse")
    with pytest.raises(SubmissionError, match=words):
        write_submission(competition, record(competition, **fields), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_record_without_test_predictions_is_refused(
    tmp_path: Path, made: Callable, record: Callable
) -> None:
    competition = made("rmse")
    with pytest.raises(SubmissionError, match="has test predictions"):
        write_submission(competition, record(competition).with_(test=None), tmp_path)


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, made: Callable, record: Callable
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    for place in ("file", "file/below"):
        with pytest.raises(SubmissionError, match="go to a folder") as caught:
            write_submission(made("rmse"), record(made("rmse")), tmp_path / place)
        assert place in caught.value.got
