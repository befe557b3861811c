"""Plans that come as a column or as a CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackkit.errors import FoldError
from stackkit.folds import Folds
from stackkit.folds.predefined import from_column, from_file

IDS = pd.Series(["a", "b", "c", "07"], name="key")


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@given(st.lists(st.sampled_from([-2, -1, 1, 2, 5]), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_columns_keep_who_is_together(values: list[int]) -> None:
    values = [1, 2, 5, *values]
    assignment, holdout = from_column(pd.Series(values))
    folds = Folds(assignment, holdout)
    for i, fold in enumerate(values):
        assert folds.holdout[i] == (fold == -2)
        assert (folds.assignment[0, i] == -1) == (fold < 0)
        for k, own in enumerate([1, 2, 5]):
            assert (i in folds.fit_rows(0, k)) == (fold != -2 and fold != own)
            assert (i in folds.cell_rows(0, k)) == (fold == own)


@pytest.mark.parametrize("bad", [[0, 1.5], [0, None], [0, "x"], [0, -3], [0, np.inf]])
def test_ids_are_whole_numbers(bad: list[object]) -> None:
    with pytest.raises(FoldError, match="column 'fold' holds whole numbers"):
        from_column(pd.Series(bad, name="fold"))


def test_text_and_float_columns_of_whole_numbers_are_read() -> None:
    assert from_column(pd.Series(["1", "0", "-1"]))[0].tolist() == [[1, 0, -1]]
    assert from_column(pd.Series([1.0, 0.0, -1.0]))[0].tolist() == [[1, 0, -1]]


def test_a_plan_has_folds() -> None:
    with pytest.raises(FoldError, match="between 1 and 32767 folds; got 0"):
        from_column(pd.Series([-1, -1]))
    with pytest.raises(FoldError, match="between 1 and 32767 folds; got 40000"):
        from_column(pd.Series(range(40_000)))


def test_files_in_any_order_and_with_repeats(tmp_path: Path) -> None:
    path = write(
        tmp_path / "folds.csv",
        "repeat,key,fold\n0,b,1\n0,a,0\n0,07,0\n0,c,-1\n1,a,1\n1,b,0\n1,c,0\n1,07,1\n",
    )
    assignment, holdout = from_file(path, IDS, 4)
    assert assignment.tolist() == [[0, 1, -1, 0], [1, 0, 0, 1]]
    assert assignment.dtype == np.int16 and not holdout.any()


def test_files_by_row_where_there_are_no_ids(tmp_path: Path) -> None:
    path = write(tmp_path / "folds.csv", "id,fold\n2,1\n0,0\n1,-2\n")
    assignment, holdout = from_file(path, None, 3)
    assert assignment.tolist() == [[0, -1, 1]] and holdout.tolist() == [False, True, False]


@pytest.mark.parametrize("ids", [IDS, None, pd.Series([10, 30, 20, 5], name="n")])
def test_a_written_plan_comes_back(tmp_path: Path, ids: pd.Series | None) -> None:
    table = np.array([[0, 1, 2, -1], [2, 0, 1, -1]], dtype=np.int16)
    for holdout in (np.zeros(4, bool), np.array([False] * 3 + [True])):
        folds = Folds(table, holdout)
        folds.to_frame(ids).to_csv(tmp_path / "folds.csv", index=False)
        assert Folds(*from_file(tmp_path / "folds.csv", ids, 4)) == folds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,fold\na,0\nb,1\nc,0\n", "1 missing, 0 repeated"),
        ("id,fold\na,0\nb,1\nc,0\n07,1\na,1\n", "0 missing, 1 repeated"),
        ("id,fold\na,0\nb,1\nc,0\n7,1\n", "1 unknown, the first '7'"),
        ("id,fold\na,0\nb,1\nc,0\n07,\n", "fold holds whole numbers"),
        ("id,fold,repeat\na,0,0\nb,1,0\nc,0,0\n07,1,1\n", "4 missing"),
        ("id,fold,repeat\na,0,0\nb,1,0\nc,0,0\n07,1,x\n", "repeat holds whole numbers"),
        ("id,group\na,0\n", "add 'fold'"),
        ("name,fold\na,0\n", "add 'id'"),
        ("id,fold\n", "4 missing"),
        ("", "a readable CSV"),
    ],
)
def test_file_errors(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FoldError, match=message):
        from_file(write(tmp_path / "folds.csv", text), IDS, 4)


def test_a_missing_file_and_a_holdout_of_one_repeat(tmp_path: Path) -> None:
    with pytest.raises(FoldError, match="a readable CSV"):
        from_file(tmp_path / "none.csv", IDS, 4)
    text = "id,fold,repeat\n0,0,0\n1,1,0\n2,-2,0\n0,0,1\n1,1,1\n2,0,1\n"
    with pytest.raises(FoldError, match="held out in every repeat"):
        from_file(write(tmp_path / "folds.csv", text), None, 3)
    with pytest.raises(FoldError, match="ids are unique"):
        from_file(write(tmp_path / "folds.csv", "id,fold\na,0\n"), pd.Series(["a", "a"]), 2)
