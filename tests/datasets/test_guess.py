"""competition.toml from files: what is guessed, and that the text of it can be read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stackkit.config import parse_config
from stackkit.datasets import load_competition
from stackkit.datasets.guess import Guess, as_name, find_tables, guess_competition
from stackkit.datasets.toml_text import FILL_IN, UNREAD, competition_toml

N = 40
BASE = {"Id": range(N), "x": [i / 7 for i in range(N)]}
IDS = range(100, 110)


def write(
    folder: Path, target: Mapping[str, Sequence[Any]], sample: Mapping[str, Any] | None = None
) -> Path:
    """Three CSVs: train with the columns of `target`, test without them, and the sample."""
    pd.DataFrame({**BASE, **target}).to_csv(folder / "train.csv", index=False)
    pd.DataFrame({"Id": IDS, "x": 0.5}).to_csv(folder / "test.csv", index=False)
    if sample is not None:
        table = pd.DataFrame({"Id": IDS, **sample})
        table.to_csv(folder / "sample_submission.csv", index=False)
    return folder


ZERO_ONE = [i % 2 for i in range(N)]
THREE = ["abc"[i % 3] for i in range(N)]
DIGITS = [i % 4 for i in range(N)]
PRICE = [i * 1.5 for i in range(N)]
COUNTS = list(range(N))
BOTH = [0, 1] * 5


@pytest.mark.parametrize(
    ("values", "sample", "task", "metric"),
    [
        (ZERO_ONE, None, "binary", "auc"),
        (ZERO_ONE, {"y": 0}, "binary", "auc"),
        (ZERO_ONE, {"y": 0.5}, "binary", "auc"),
        (ZERO_ONE, {"y": BOTH}, "binary", "accuracy"),
        (["yes", "no"] * 20, {"y": "no"}, "binary", "accuracy"),
        (["yes", "no"] * 20, {"y": 0.5}, "binary", "auc"),
        ([True, False] * 20, None, "binary", "auc"),
        (THREE, None, "multiclass", "accuracy"),
        (THREE, {"y": "a"}, "multiclass", "accuracy"),
        (THREE, {"a": 0.3, "b": 0.3, "c": 0.4}, "multiclass", "logloss"),
        (THREE, {"y": "a c"}, "multiclass", "map@2"),
        (THREE, {"y": "a a"}, "multiclass", "accuracy"),
        (DIGITS, {"y": 0}, "multiclass", "accuracy"),
        (DIGITS, {"y": 1.5}, "regression", "rmse"),
        (PRICE, {"y": 0}, "regression", "rmse"),
        (COUNTS, None, "regression", "rmse"),
    ],
)
def test_task_and_metric(
    tmp_path: Path, values: list[Any], sample: Any, task: str, metric: str
) -> None:
    found = guess_competition(write(tmp_path, {"y": values}, sample), "Shop 2024!")
    kinds = {"train": "train.csv", "test": "test.csv"}
    kinds |= {} if sample is None else {"sample": "sample_submission.csv"}
    assert found == Guess("shop-2024", **kinds, id="Id", target="y", task=task, metric=metric,
                          targets=("y",))  # fmt: skip


def test_the_sample_tells_the_target_from_other_columns_of_train(tmp_path: Path) -> None:
    write(tmp_path, {"casual": COUNTS, "count": COUNTS}, {"count": 0})
    assert guess_competition(tmp_path).target == "count"


def test_without_a_sample_several_candidates_are_listed_not_chosen(tmp_path: Path) -> None:
    found = guess_competition(write(tmp_path, {"casual": COUNTS, "count": COUNTS}))
    assert (found.target, found.metric, found.targets) == (None, None, ("casual", "count"))
    text = competition_toml(found)
    assert "one of: casual, count" in text
    assert tomllib.loads(text)["target"] == FILL_IN


def test_a_train_file_alone_offers_every_column(tmp_path: Path) -> None:
    write(tmp_path, {"y": PRICE})
    (tmp_path / "test.csv").unlink()
    found = guess_competition(tmp_path)
    assert (found.test, found.id, found.target) == (None, None, None)
    assert found.targets == ("Id", "x", "y")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train.csv", "test.csv", "gender_submission.csv"],
         {"train": "train.csv", "test": "test.csv", "sample": "gender_submission.csv"}),
        (["train.csv.gz", "test.parquet", "sampleSubmission.csv", "notes.txt"],
         {"train": "train.csv.gz", "test": "test.parquet", "sample": "sampleSubmission.csv"}),
        (["train.csv", "train_extra.csv", "test.csv", "sample_submission_test.csv"],
         {"train": "train.csv", "test": "test.csv", "sample": "sample_submission_test.csv"}),
        (["data.csv"], {}),
    ],
)  # fmt: skip
def test_files_are_known_by_their_names(
    tmp_path: Path, names: list[str], expected: dict[str, str]
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert find_tables(tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [("House Prices", "house-prices"), ("__x__", "x"), ("Ä", "competition"), ("a" * 60, "a" * 41)],
)
def test_names_fit_the_cache(text: str, name: str) -> None:
    assert as_name(text) == name


@pytest.mark.parametrize(
    ("id", "column", "unique"),
    [("Id", "Id", True), ("userID", "userID", True), ("row_id", "row_id", True),
     (None, "paid", True), (None, "id", False)],
)  # fmt: skip
def test_ids_without_a_sample(tmp_path: Path, id: str | None, column: str, unique: bool) -> None:
    values = list(range(N)) if unique else [1] * N
    table = pd.DataFrame({"x": PRICE, column: values})
    table.assign(y=PRICE).to_csv(tmp_path / "train.csv", index=False)
    table.to_csv(tmp_path / "test.csv", index=False)
    assert guess_competition(tmp_path).id == id


def test_the_text_is_a_configuration(tmp_path: Path) -> None:
    guess = guess_competition(write(tmp_path, {"y": ZERO_ONE}, {"y": BOTH}), "shop")
    text = competition_toml(guess)
    config = parse_config(tomllib.loads(text))
    assert (config.name, config.train, config.test) == ("shop", "train.csv", "test.csv")
    assert (config.sample_submission, config.id) == ("sample_submission.csv", "Id")
    assert (config.target, config.metric, config.task) == ("y", "accuracy", None)
    assert "guessed" in text and FILL_IN not in text


def test_lines_that_are_commented_out_would_be_valid_too(tmp_path: Path) -> None:
    guess = guess_competition(write(tmp_path, {"y": ZERO_ONE}))
    lines = competition_toml(guess).splitlines()
    text = "\n".join(s.removeprefix("# ") for s in lines)
    assert parse_config(tomllib.loads(text)).folds.group == "customer"


def test_names_that_toml_must_quote_survive(tmp_path: Path) -> None:
    guess = guess_competition(write(tmp_path, {'pri"ce\\ €': PRICE}, {'pri"ce\\ €': 1.5}))
    assert tomllib.loads(competition_toml(guess))["target"] == 'pri"ce\\ €'
    several = Guess("x", train="train.csv", targets=("a\nb = 1", "c"))
    assert tomllib.loads(competition_toml(several))["target"] == FILL_IN


def test_an_empty_folder_says_what_to_fill_in(tmp_path: Path) -> None:
    text = competition_toml(guess_competition(tmp_path, "shop"))
    assert "put the file into this folder" in text and "the column to predict" in text
    assert tomllib.loads(text)["train"] == "train.csv"


def test_a_table_that_cannot_be_read_is_said_and_its_reading_left_to_fill_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = pd.DataFrame({**BASE, "y": PRICE})
    frame.to_csv(tmp_path / "train.csv", index=False, sep="|", decimal=",")
    found = guess_competition(tmp_path, "shop")
    assert (found.train, found.target) == ("train.csv", None)
    assert "train.csv" in found.problem and found.problem in caplog.text
    text = competition_toml(found)
    assert tomllib.loads(text)["train"] == "train.csv"
    assert UNREAD in text.splitlines()[0]
    mended = text.replace('# separator = ";"', 'separator = "|"').replace("# decimal", "decimal")
    (tmp_path / "competition.toml").write_text(
        mended.replace(FILL_IN, "y").replace('"auc"', '"rmse"'), encoding="utf-8"
    )
    assert load_competition(tmp_path).y.tolist() == PRICE
