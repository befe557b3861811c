"""The marks of a submission are those that its sample was read with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.datasets import load_competition
from stackkit.report.summaries.submissions import head, submission
from stackkit.submission import write_submission
from stackkit.submission.text import Marks, marks_of, read_submission, submission_text

N, M = 60, 6


def project(folder: Path, sample: str, data: str) -> Competition:
    marks = {"sep": ";", "decimal": ","} if data else {}
    x = np.arange(N) / 4
    train = pd.DataFrame({"id": [f"n{i}" for i in range(N)], "x": x, "y": x + 0.25})
    test = pd.DataFrame({"id": [f"t{i}" for i in range(M)], "x": 0.5})
    train.to_csv(folder / "train.csv", index=False, **marks)
    test.to_csv(folder / "test.csv", index=False, **marks)
    asked = test[["id"]].assign(y=0.5)
    if sample.endswith(".csv"):
        asked.to_csv(folder / sample, index=False, **marks)
    elif sample:
        asked.to_parquet(folder / sample)
    named = f'sample_submission = "{sample}"\n' if sample else ""
    top = 'name = "shop"\ntrain = "train.csv"\ntest = "test.csv"\nid = "id"\ntarget = "y"\n'
    text = f'{top}metric = "rmse"\n{named}{data}'
    (folder / "competition.toml").write_text(text, encoding="utf-8")
    return load_competition(folder)


SEMICOLONS = '[data]\nseparator = ";"\ndecimal = ","\n'


def test_a_semicolon_sample_makes_a_semicolon_submission(
    tmp_path: Path, record: Callable, rows_of: Callable
) -> None:
    competition = project(tmp_path, "sample.csv", SEMICOLONS)
    path = write_submission(competition, record(competition), tmp_path / "out")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["id;y", "t0;0,0", "t1;0,5"]
    assert json.loads(path.with_suffix(".json").read_text())["marks"] == {
        "separator": ";", "decimal": ",",
    }  # fmt: skip
    assert rows_of(path.parent)[0]["file"] == path.name
    assert read_submission(path)["y"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert head(path, 2).columns.tolist() == ["id", "y"]
    assert submission(competition, path)["greatest"].tolist() == [2.5]


@pytest.mark.parametrize(
    ("sample", "data"), [("sample.csv", ""), ("", SEMICOLONS), ("sample.parquet", SEMICOLONS)]
)
def test_else_columns_are_parted_by_commas(
    sample: str, data: str, tmp_path: Path, record: Callable
) -> None:
    competition = project(tmp_path, sample, data)
    path = write_submission(competition, record(competition), tmp_path / "out")
    assert path.read_text(encoding="utf-8").startswith("id,y\nt0,0.0\n")
    assert "marks" not in json.loads(path.with_suffix(".json").read_text())
    assert read_submission(path, 1).shape == (1, 2)


def test_marks_are_part_of_the_name(tmp_path: Path, record: Callable, made: Callable) -> None:
    competition = project(tmp_path, "sample.csv", SEMICOLONS)
    found = record(competition)
    plain = write_submission(made("rmse"), found, tmp_path / "out")
    assert write_submission(competition, found, tmp_path / "out").name != plain.name
    assert marks_of(made("rmse")) == Marks()


def test_fields_that_hold_the_separator_are_quoted() -> None:
    frame = pd.DataFrame({"id": ["a;b"], "y": [0.5]})
    assert submission_text(frame, Marks(";", ",")) == b'id;y\n"a;b";0,5\n'
