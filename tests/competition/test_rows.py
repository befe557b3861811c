"""Ids, weights and infinite numbers, row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stackkit.competition.rows import refuse_infinite, row_ids, row_weights
from stackkit.errors import DataError

FRAME = pd.DataFrame(
    {"id": [3, 1, 2], "w": [0.0, 1.0, 2.5], "k": ["a", "b", None]}, index=[7, 8, 9]
)


def test_ids_and_weights_are_those_of_the_rows() -> None:
    ids = row_ids(FRAME, "id", "train")
    assert ids.tolist() == [3, 1, 2] and ids.index.tolist() == [0, 1, 2]
    assert row_ids(FRAME, None, "train") is None and row_ids(None, "id", "test") is None
    np.testing.assert_array_equal(row_weights(FRAME, "w"), [0.0, 1.0, 2.5])
    assert row_weights(FRAME, None) is None


@pytest.mark.parametrize(
    ("ids", "got"), [([1, 1, 1], "1 twice in 'id', 2 such rows"), ([1, None, 2], "1 missing")]
)
def test_ids_that_are_none_are_refused(ids: list, got: str) -> None:
    with pytest.raises(DataError, match=got) as caught:
        row_ids(FRAME.assign(id=ids), "id", "train")
    assert caught.value.hint


def test_twin_ids_ask_for_another_column_first() -> None:
    with pytest.raises(DataError) as caught:
        row_ids(FRAME.assign(id=["Bern", "Bern", "Ulm"]), "id", "train")
    assert caught.value.hint.startswith("another column as id, id left out")


@pytest.mark.parametrize(
    ("weights", "got"),
    [([0, 0, 0], "of zeros"), ([1, -1, -2], "2 that are not"), ([1, None, np.inf], "2 that are")],
)
def test_weights_that_weigh_nothing_are_refused(weights: list, got: str) -> None:
    with pytest.raises(DataError, match=got):
        row_weights(FRAME.assign(w=weights), "w")


def test_infinite_numbers_are_counted() -> None:
    refuse_infinite(FRAME, "train")
    refuse_infinite(None, "test")
    with pytest.raises(DataError, match="2 infinite values in column 'w'") as caught:
        refuse_infinite(FRAME.assign(w=[np.inf, -np.inf, np.nan]), "train")
    assert "na_values" in caught.value.hint
