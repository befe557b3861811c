"""What the arrays of a plan must fulfil: rule, value and next step of each error."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.errors import FoldError
from stackkit.folds import Folds

GOOD = np.array([[0, 1, 2, 0, -1, -1]], dtype=np.int16)


def mask() -> np.ndarray:
    return GOOD[:, None, :] != np.arange(3)[None, :, None]


@pytest.mark.parametrize(
    "bad",
    [GOOD.astype(np.int64), GOOD[0], GOOD[None], GOOD[:, :0], GOOD.astype(float)],
    ids=["int64", "1-D", "3-D", "no rows", "float"],
)
def test_assignment_is_int16_by_repeat_and_row(bad: np.ndarray) -> None:
    with pytest.raises(FoldError, match="int16 array of shape") as caught:
        Folds(bad)
    assert str(bad.dtype) in caught.value.got and caught.value.hint


@pytest.mark.parametrize(
    "rows", [[[0, 2, 2]], [[1, 1, 2]], [[-1, -1, -1]], [[0, 1, 0], [0, 0, 0]], [[0, 1, -2]]]
)
def test_folds_are_numbered_without_gaps_in_every_repeat(rows: list[list[int]]) -> None:
    with pytest.raises(FoldError, match=r"none empty; got .* in repeat"):
        Folds(np.array(rows, dtype=np.int16))


def test_masks_have_their_dtype_and_shape() -> None:
    with pytest.raises(FoldError, match=r"holdout is a bool array of shape \(6,\); got int64"):
        Folds(GOOD, np.zeros(6, dtype=np.int64))
    with pytest.raises(FoldError, match=r"holdout is a bool array of shape \(6,\); got bool \(5,"):
        Folds(GOOD, np.zeros(5, dtype=bool))
    with pytest.raises(FoldError, match=r"fit_mask is a bool array of shape \(1, 3, 6\)"):
        Folds(GOOD, None, mask()[:, :2])


def test_holdout_rows_are_neither_scored_nor_fitted() -> None:
    first, last = np.eye(6, dtype=bool)[[0, 5]]
    with pytest.raises(FoldError, match="scored in no fold; got 1 rows"):
        Folds(GOOD, first)
    with pytest.raises(FoldError, match="fitted on nowhere; got 1 of them"):
        Folds(GOOD, last, mask())


def test_a_scored_row_is_not_among_its_own_fit_rows() -> None:
    leaky = mask()
    leaky[0, 1, 1] = True
    with pytest.raises(FoldError, match="row 1 in fold 1 of repeat 0, 1 such rows"):
        Folds(GOOD, None, leaky)


def test_every_fold_has_fit_rows() -> None:
    empty = mask()
    empty[0, 2] = False
    with pytest.raises(FoldError, match="none for fold 2 of repeat 0"):
        Folds(GOOD, None, empty)
    with pytest.raises(FoldError, match="none for fold 0 of repeat 0"):
        Folds(np.zeros((1, 4), dtype=np.int16))
