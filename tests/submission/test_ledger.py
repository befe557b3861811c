"""The ledger: rows, a user's own columns, several writers."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from stackkit.errors import SubmissionError
from stackkit.submission import write_submission
from stackkit.submission.ledger import COLUMNS, Ledger


def entry(**values: str) -> dict[str, str]:
    return {**dict.fromkeys(COLUMNS, ""), **values}


def test_a_users_scores_columns_and_line_ends_stay(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.enter(entry(key="k1"))
    text = ledger.path.read_text(encoding="utf-8").strip().splitlines()
    edited = [text[0] + ",mood", text[1].replace(",,", ",0.81,", 1) + ",good"]
    ledger.path.write_text("\n".join(edited), encoding="utf-8-sig")
    ledger.check()
    ledger.enter(entry(key="k2"))
    lines = ledger.path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[:2] == edited
    assert [row["mood"] for row in csv.DictReader(lines)] == ["good", ""]
    assert ledger.keys() == {"k1", "k2"}


def test_a_ledger_of_another_kind_is_refused_before_anything_is_written(
    tmp_path: Path, made: Callable, record: Callable
) -> None:
    (tmp_path / "ledger.csv").write_text("when;what\n1;2\n", encoding="utf-8")
    with pytest.raises(SubmissionError, match=r"ledger\.csv has columns"):
        write_submission(made("rmse"), record(made("rmse")), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.csv"]


def test_no_ledger_no_keys(tmp_path: Path) -> None:
    assert Ledger(tmp_path).keys() == set()


SCRIPT = """
import sys
from pathlib import Path
from stackkit.submission.ledger import COLUMNS, Ledger
ledger = Ledger(Path(sys.argv[1]))
for i in range(40):
    ledger.enter({**dict.fromkeys(COLUMNS, "x" * 50), "key": f"{sys.argv[2]}-{i}"})
"""


def test_two_processes_append_to_one_ledger(tmp_path: Path, rows_of: Callable) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), name]) for name in "ab"
    ]
    assert [worker.wait() for worker in workers] == [0, 0]
    rows = rows_of(tmp_path)
    assert {row["key"] for row in rows} == {f"{n}-{i}" for n in "ab" for i in range(40)}
    assert len(rows) == 80
    assert {row["note"] for row in rows} == {"x" * 50}


def test_a_row_waits_for_the_lock(tmp_path: Path, rows_of: Callable) -> None:
    ledger = Ledger(tmp_path)
    with FileLock(ledger.path.with_suffix(".lock")):
        worker = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), "a"])
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(2)
        assert not ledger.path.exists()
    assert worker.wait(30) == 0
    assert len(rows_of(tmp_path)) == 40
