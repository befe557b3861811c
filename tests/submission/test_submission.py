"""Submissions: format, checks, files and the ledger."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from stackkit.competition import Competition
from stackkit.errors import SubmissionError
from stackkit.metrics import Decision
from stackkit.predictions import Predictions
from stackkit.submission import (
    final_decision,
    submission_format,
    submission_frame,
    validate_submission,
    value_range,
    write_submission,
)
from stackkit.submission.ledger import COLUMNS, Ledger

N, M = 60, 6
TARGETS: dict[str, Any] = {
    "rmse": np.linspace(0, 10, N),
    "auc": np.arange(N) % 2,
    "logloss": np.array(list("cab"))[np.arange(N) % 3],
    "qwk": np.arange(N) % 5,
}


def made(metric: str, sample: pd.DataFrame | None = None, **options: Any) -> Competition:
    target = options.pop("labels", TARGETS[metric] if metric in TARGETS else np.arange(N) % 2)
    train = pd.DataFrame({"id": range(N), "x": 1.0 * np.arange(N), "y": target})
    test = pd.DataFrame({"id": [f"t{i}" for i in range(M)], "x": 0.5})
    train["id"] = [f"n{i}" for i in range(N)]
    named = {"id": "id", "name": "shop", **options}
    if named["id"] is None:
        train, test = train.drop(columns="id"), test.drop(columns="id")
    return Competition.from_frames(train, test, target="y", metric=metric, sample=sample, **named)


def sampled(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"id": [f"t{i}" for i in range(M)], **columns})


def record(competition: Competition, test: Any = None, **fields: Any) -> Predictions:
    rng = np.random.default_rng(0)
    if competition.task == "regression":
        oof = competition.y[:, None] + rng.normal(scale=0.1, size=(N, 1))
        given = np.arange(M)[:, None] * 0.5
    else:
        classes = len(competition.classes)
        oof = 0.6 * np.eye(classes)[competition.y] + 0.4 / classes
        given = rng.dirichlet(np.ones(classes), size=M)
        oof, given = (a[:, 1:] if classes == 2 else a for a in (oof, given))
    scores = {"cv": 0.5, "fold_mean": 0.51, "fold_sd": 0.1, "greater_is_better": True}
    test = given if test is None else np.asarray(test, float).reshape(M, -1)
    settings = {"key": "ab" * 32, "target": "y", "scores": scores, **fields}
    return Predictions(
        name="blend",
        oof=oof.astype(np.float32),
        test=test.astype(np.float32),
        output="value" if competition.task == "regression" else "proba",
        **settings,
    )


def frame_of(competition: Competition, found: Predictions | None = None) -> pd.DataFrame:
    found = found or record(competition)
    frame = submission_frame(competition, found, final_decision(competition, found))
    validate_submission(competition, frame)
    return frame


# The format.


def test_rows_come_in_the_order_of_the_sample() -> None:
    sample = sampled(y=0).iloc[[3, 0, 5, 1, 2, 4]]
    competition = made("rmse", sample)
    frame = frame_of(competition)
    assert list(frame.columns) == ["id", "y"]
    assert frame["id"].tolist() == sample["id"].tolist()
    assert frame["y"].tolist() == [1.5, 0.0, 2.5, 0.5, 1.0, 2.0]


def test_columns_come_in_the_order_of_the_sample_and_under_its_names() -> None:
    frame = frame_of(made("rmse", sampled(Price=0)[["Price", "id"]]))
    assert list(frame.columns) == ["Price", "id"]


def test_zeros_in_the_sample_do_not_make_a_regression_whole() -> None:
    assert frame_of(made("rmse", sampled(y=0)))["y"].dtype.kind == "f"


@pytest.mark.parametrize("names", ["{}", "Status_{}", "p{}", "class-{}"])
def test_class_columns_are_found_by_name_or_suffix(names: str) -> None:
    columns = {names.format(c): 0.0 for c in "bca"}
    competition = made("logloss", sampled(**columns))
    found = record(competition)
    frame = frame_of(competition, found)
    assert list(frame.columns) == ["id", *columns]
    for j, c in enumerate("abc"):
        np.testing.assert_array_equal(frame[names.format(c)], found.test[:, j])


def test_numbered_classes_are_told_apart() -> None:
    labels = np.arange(N) % 12
    columns = {f"target_{c}": 0.0 for c in range(12)}
    competition = made("logloss", sampled(**columns), labels=labels, task="multiclass")
    found = record(competition)
    frame = frame_of(competition, found)
    np.testing.assert_array_equal(frame["target_1"], found.test[:, 1])
    np.testing.assert_array_equal(frame["target_11"], found.test[:, 11])


def test_two_classes_may_have_a_column_each() -> None:
    competition = made("logloss", sampled(no=0.5, yes=0.5), labels=np.array(["no", "yes"] * 30))
    found = record(competition)
    frame = frame_of(competition, found)
    np.testing.assert_array_equal(frame["yes"], found.test[:, 0])
    np.testing.assert_allclose(frame["no"] + frame["yes"], 1)


@pytest.mark.parametrize(
    ("metric", "header"),
    [("rmse", ["id", "y"]), ("auc", ["id", "y"]), ("logloss", ["id", "a", "b", "c"]),
     ("accuracy", ["id", "y"])],
)  # fmt: skip
def test_without_a_sample_it_is_id_and_target_or_classes(metric: str, header: list[str]) -> None:
    frame = frame_of(made(metric))
    assert list(frame.columns) == header
    assert frame["id"].tolist() == [f"t{i}" for i in range(M)]


def test_without_ids_rows_are_numbered_or_named_by_the_sample() -> None:
    assert frame_of(made("rmse", id=None))["id"].tolist() == list(range(M))
    sample = pd.DataFrame({"row": range(10, 10 + M), "y": 0.0})
    assert frame_of(made("rmse", sample, id=None))["row"].tolist() == list(range(10, 10 + M))


# Labels.


@pytest.mark.parametrize(
    ("labels", "kind"), [(["no", "yes"], "O"), ([3, 7], "i"), ([False, True], "b")]
)
def test_label_columns_have_the_dtype_of_the_labels(labels: list, kind: str) -> None:
    competition = made("accuracy", sampled(y=labels[0]), labels=np.array(labels * 30, object))
    if kind != "O":
        competition = made("accuracy", sampled(y=labels[0]), labels=np.array(labels * 30))
    frame = frame_of(competition, record(competition, [0.1, 0.9, 0.2, 0.8, 0.4, 0.6]))
    assert frame["y"].tolist() == [labels[i] for i in (0, 1, 0, 1, 0, 1)]
    assert isinstance(frame["y"].tolist()[0], type(labels[0]))


def test_cut_points_make_whole_labels() -> None:
    competition = made("qwk")
    assert competition.task == "regression"
    found = record(competition, [0.1, 0.9, 2.2, 3.4, 4.2, 9.0])
    decision = final_decision(competition, found)
    assert decision.kind == "cutpoints"
    frame = frame_of(competition, found)
    assert frame["y"].dtype.kind == "i"
    assert frame["y"].tolist() == [0, 1, 2, 3, 4, 4]


def test_cut_points_keep_halves() -> None:
    competition = made("qwk", labels=(np.arange(N) % 5) / 2)
    frame = frame_of(competition, record(competition, [0.1, 0.5, 1.1, 1.4, 2.0, 9.0]))
    assert frame["y"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0]


def test_probabilities_need_no_decision() -> None:
    competition = made("auc")
    assert final_decision(competition, record(competition)) is None


# Refusals.


@pytest.mark.parametrize(
    ("metric", "sample", "words"),
    [
        ("rmse", sampled(y=0).head(3), "a row a test row"),
        ("rmse", sampled(y=0).assign(id=range(M)), "ids of sample and test"),
        ("rmse", sampled(y=0).assign(id="t1"), "ids of the sample are unique"),
        ("rmse", sampled(y=0).rename(columns={"id": "ID"}), "has the id column"),
        ("rmse", sampled(), "one column of 'y'"),
        ("rmse", sampled(y=0, z=0), "one column of 'y'"),
        ("logloss", sampled(y=0), "a column a class"),
        ("logloss", sampled(a=0, b=0), "3 class columns"),
        ("logloss", sampled(a=0, b=0, d=0), "each class has a column"),
        ("accuracy", sampled(no=0, yes=0), "one column of 'y'"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(
    metric: str, sample: pd.DataFrame, words: str
) -> None:
    with pytest.raises(SubmissionError, match=words):
        submission_format(made(metric, sample))


def test_without_test_rows_there_is_no_submission() -> None:
    train = pd.DataFrame({"x": [1, 2], "y": [0, 1]})
    with pytest.raises(SubmissionError, match="predicts a test set"):
        submission_format(Competition.from_frames(train, target="y", metric="auc"))


@pytest.mark.parametrize(
    ("metric", "change", "words"),
    [
        ("rmse", lambda f: f.assign(y=np.nan), "no value is missing"),
        ("rmse", lambda f: f.assign(y="1"), "holds numbers"),
        ("rmse", lambda f: f.assign(y=1e6), "lies in"),
        ("auc", lambda f: f.assign(y=1.5), r"lies in \[0, 1\]"),
        ("accuracy", lambda f: f.assign(y=2), "labels of train"),
        ("accuracy", lambda f: f.assign(y="0"), "labels of train"),
        ("rmse", lambda f: f.iloc[::-1], "ids are those of the sample"),
        ("rmse", lambda f: f.head(2), "ids are those of the sample"),
        ("rmse", lambda f: f.head(0), "ids are those of the sample"),
        ("rmse", lambda f: f[["y", "id"]], "columns are"),
        ("rmse", lambda f: f.assign(z=1), "columns are"),
    ],
)
def test_a_frame_that_would_be_refused_is(metric: str, change: Any, words: str) -> None:
    competition = made(metric)
    frame = frame_of(competition)
    with pytest.raises(SubmissionError, match=words):
        validate_submission(competition, change(frame))


def test_the_range_is_wide_and_within_the_metric() -> None:
    assert value_range(made("rmse")) == (-100, 110)
    assert value_range(made("rmsle", labels=TARGETS["rmse"])) == (0, 110)
    assert value_range(made("logloss")) == (0, 1)


def test_a_written_file_can_be_read_back_and_checked(tmp_path: Path) -> None:
    for metric in ("rmse", "accuracy", "logloss"):
        competition = made(metric)
        path = write_submission(competition, record(competition), tmp_path / metric)
        validate_submission(competition, pd.read_csv(path))


# Files.


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "ledger.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_json_and_ledger_tell_one_story(tmp_path: Path) -> None:
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


def test_the_name_hashes_record_decision_and_format(tmp_path: Path) -> None:
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


def test_a_file_written_again_keeps_its_row_unless_it_is_noted(tmp_path: Path) -> None:
    plain = made("accuracy")
    for note in ("", "", "sent on Monday", "sent on Monday", ""):
        write_submission(plain, record(plain), tmp_path, note=note)
    assert [row["note"] for row in rows_of(tmp_path)] == ["", "sent on Monday"]


def test_equal_records_give_equal_bytes(tmp_path: Path) -> None:
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
def test_what_is_refused_leaves_nothing(tmp_path: Path, fields: dict, words: str) -> None:
    competition = made("rmse")
    with pytest.raises(SubmissionError, match=words):
        write_submission(competition, record(competition, **fields), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_record_without_test_predictions_is_refused(tmp_path: Path) -> None:
    competition = made("rmse")
    with pytest.raises(SubmissionError, match="has test predictions"):
        write_submission(competition, record(competition).with_(test=None), tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    for place in ("file", "file/below"):
        with pytest.raises(SubmissionError, match="go to a folder") as caught:
            write_submission(made("rmse"), record(made("rmse")), tmp_path / place)
        assert place in caught.value.got


# The ledger.


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


def test_a_ledger_of_another_kind_is_refused_before_anything_is_written(tmp_path: Path) -> None:
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


def test_two_processes_append_to_one_ledger(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), name]) for name in "ab"
    ]
    assert [worker.wait() for worker in workers] == [0, 0]
    rows = rows_of(tmp_path)
    assert {row["key"] for row in rows} == {f"{n}-{i}" for n in "ab" for i in range(40)}
    assert len(rows) == 80
    assert {row["note"] for row in rows} == {"x" * 50}


def test_a_row_waits_for_the_lock(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with FileLock(ledger.path.with_suffix(".lock")):
        worker = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), "a"])
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(2)
        assert not ledger.path.exists()
    assert worker.wait(30) == 0
    assert len(rows_of(tmp_path)) == 40
