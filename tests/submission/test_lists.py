"""Cells that list labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.errors import SubmissionError
from stackkit.submission import submission_format, validate_submission, write_submission
from stackkit.submission.lists import listed_labels

N, M = 60, 6
LETTERS = np.array(list("cab"))[np.arange(N) % 3]
NUMBERS = np.array([30, 10, 20])[np.arange(N) % 3]
P = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [0.3, 0.3, 0.4],
              [0.4, 0.3, 0.3], [0.0, 0.0, 1.0], [0.2, 0.2, 0.6]])  # fmt: skip


@pytest.fixture(name="lists")
def lists_fixture(made: Callable, sampled: Callable) -> Callable[..., Any]:
    """`lists(metric, sample, labels)`: a competition of three labels."""

    def make(metric: str = "map@2", sample: Any = None, labels: Any = LETTERS) -> Any:
        given = None if sample is None else sampled(y=sample)
        return made(metric, given, labels=labels, task="multiclass")

    return make


def test_the_likeliest_labels_come_first(
    lists: Callable, record: Callable, frame_of: Callable
) -> None:
    competition = lists(sample="a b")
    frame = frame_of(competition, record(competition, P))
    assert list(frame.columns) == ["id", "y"]
    assert frame["y"].tolist() == ["b c", "a c", "c a", "a b", "c a", "c a"]
    numbers = lists(labels=NUMBERS)
    assert frame_of(numbers, record(numbers, P))["y"].tolist()[:2] == ["20 30", "10 30"]


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_lists_by_a_loop(lists: Callable, k: int) -> None:
    p = np.random.default_rng(k).integers(0, 4, (30, 3)) / 4
    found = listed_labels(lists(f"map@{k}"), p)
    assert found.shape == (30, 1)
    for row, cell in zip(p, found[:, 0], strict=True):
        order = sorted(range(3), key=lambda j: (-row[j], j))[:k]
        assert cell.split(" ") == ["abc"[j] for j in order]


@pytest.mark.parametrize("labels", [LETTERS, NUMBERS])
@pytest.mark.parametrize("metric", ["map@1", "map@2", "map@9"])
def test_a_written_file_can_be_read_back_and_checked(
    tmp_path: Path, lists: Callable, record: Callable, metric: str, labels: Any
) -> None:
    competition = lists(metric, labels=labels)
    path = write_submission(competition, record(competition), tmp_path)
    validate_submission(competition, pd.read_csv(path))


def test_lists_of_other_lengths_are_other_files(
    tmp_path: Path, lists: Callable, record: Callable
) -> None:
    paths = {write_submission(c, record(c), tmp_path) for c in map(lists, ["map@1", "map@2"])}
    assert len(paths) == 2


@pytest.mark.parametrize("cell", ["a", "a b c", "a a", "a d", "a  b", " a b", "b,c", ""])
def test_cells_that_would_be_refused_are(
    lists: Callable, record: Callable, frame_of: Callable, cell: str
) -> None:
    competition = lists()
    frame = frame_of(competition, record(competition, P))
    with pytest.raises(SubmissionError, match="lists 2 different labels") as caught:
        validate_submission(competition, frame.assign(y=[cell, *frame["y"][1:]]))
    assert caught.value.got == repr(cell)
    assert caught.value.hint == "such as 'a b', the likeliest first"


@pytest.mark.parametrize("sample", ["a b", "b", "c x", 0, 0.5, None])
def test_samples_that_fit(lists: Callable, sample: Any) -> None:
    assert submission_format(lists(sample=sample)).columns == ("y",)


@pytest.mark.parametrize(
    ("sample", "labels", "words", "hint"),
    [
        ("a b c", LETTERS, "at most 2 labels", "map@3"),
        ("x y", LETTERS, "lists labels of train, such as 'a'", "as it does"),
        ("10.0 20.0", NUMBERS, "lists labels of train, such as '10'", "as it does"),
    ],
)
def test_samples_that_show_another_metric_or_other_labels(
    lists: Callable, sample: str, labels: Any, words: str, hint: str
) -> None:
    with pytest.raises(SubmissionError, match=words) as caught:
        submission_format(lists(sample=sample, labels=labels))
    assert hint in caught.value.hint


def test_a_sample_has_one_column_for_lists(made: Callable, sampled: Callable) -> None:
    competition = made("map@2", sampled(a=0.1, b=0.2, c=0.3), labels=LETTERS, task="multiclass")
    with pytest.raises(SubmissionError, match="id and one column of 'y'"):
        submission_format(competition)


@pytest.mark.parametrize("space", ["b c", "b ", "b\tc"])
def test_labels_with_spaces_cannot_be_listed(lists: Callable, space: str) -> None:
    labels = np.array(["a", space, "d"], dtype=object)[np.arange(N) % 3]
    with pytest.raises(SubmissionError, match="have no spaces") as caught:
        submission_format(lists(labels=labels))
    assert caught.value.got == repr([space])
