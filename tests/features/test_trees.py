"""What the recipe `trees` promises beyond the common contract."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema
from stackkit.features.target import Target
from stackkit.features.trees import CODES, fit_trees

KINDS = {"x": "numeric", "c": "categorical", "t": "datetime"}


def frame_of(n: int, levels: int) -> pd.DataFrame:
    codes = np.arange(n) % levels
    return pd.DataFrame(
        {
            "x": np.where(np.arange(n) % 7 == 0, np.nan, np.arange(n) / 3),
            "c": pd.Series([f"l{c:04d}" for c in codes], dtype=object),
            "t": pd.Series(pd.date_range("2020-01-31 05:00", periods=n, freq="D")),
        }
    )


def test_numbers_pass_with_missing_values_kept() -> None:
    frame = frame_of(30, 3)
    matrix = fit_trees(frame, Schema(KINDS)).transform(frame)
    np.testing.assert_array_equal(matrix.values[:, 0], frame["x"].to_numpy(np.float32))


def test_few_levels_are_codes_that_trees_may_split_freely() -> None:
    frame = frame_of(30, 3)
    matrix = fit_trees(frame, Schema(KINDS)).transform(frame)
    assert matrix.levels[1] == 4
    assert "c:count" not in matrix.names


def test_many_levels_are_merged_and_counted() -> None:
    frame = frame_of(500, 200)
    matrix = fit_trees(frame, Schema(KINDS)).transform(frame)
    position = matrix.names.index("c")
    assert matrix.levels[position] == CODES + 1
    assert "c:count" in matrix.names
    assert matrix.values[:, position].max() == CODES


def test_crowded_levels_and_texts_are_encoded_by_the_target_too() -> None:
    frame = frame_of(2500, 200).assign(note=[f"note {i} of {i % 9}" for i in range(2500)])
    target = Target(np.arange(2500) % 200 // 100, "binary")
    fitted = fit_trees(frame, Schema({**KINDS, "note": "text"}), target)
    matrix = fitted.own(frame, target)
    encoded = matrix.values[:, matrix.names.index("c:target")]
    assert np.corrcoef(encoded, target.y)[0, 1] > 0.99
    texts = [n for n in matrix.names if n.startswith("note")]
    assert texts == ["note:length", "note:words", "note:text0", "note:text1", "note:score"]


def test_dates_become_the_parts_that_vary() -> None:
    frame = frame_of(20, 2)
    names = fit_trees(frame, Schema(KINDS)).transform(frame).names
    parts = [n.split(":")[1] for n in names if n.startswith("t:")]
    assert parts == ["weekday", "month", "day", "dayofyear", "elapsed"]


def test_elapsed_days_are_exact_before_the_cast() -> None:
    start = pd.Timestamp("2020-01-01")
    frame = pd.DataFrame({"t": start + pd.to_timedelta(np.arange(50), unit="min")})
    values = fit_trees(frame, Schema({"t": "datetime"})).transform(frame).values[:, -1]
    np.testing.assert_allclose(np.diff(values) * 24 * 60, 1, rtol=1e-4)
