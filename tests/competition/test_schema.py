"""Kinds of columns, and how values become typed, one by one."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from stackkit.competition.schema import (
    CATEGORICAL,
    DATETIME,
    NUMERIC,
    TEXT,
    Schema,
    column_kind,
    infer_schema,
    parse_datetime,
)
from stackkit.errors import DataError


def series(values: list, dtype: object = None) -> pd.Series:
    return pd.Series(values, dtype=dtype, name="c")


def words(levels: int, rows: int) -> pd.Series:
    return series([f"w{i % levels}" for i in range(rows)])


@pytest.mark.parametrize(
    "values",
    [
        ["2024-02-29"] * 3,
        ["2024/02/29", "2024/12/31"],
        ["2024.2.29", "2024.12.31"],
        ["2024-02-29 23:59", None],
        ["2024-02-29T23:59:01.250"],
        ["2024-02-29 23:59:01+02:00", "2024-07-01T00:00:00Z"],
        ["9999-12-31", "2024-02-29"],
        ["?"] + ["2024-02-29"] * 99,
    ],
)
def test_text_in_an_iso_like_format_is_a_datetime(values: list) -> None:
    assert column_kind(series(values)) == DATETIME


@pytest.mark.parametrize(
    "values",
    [
        ["?", "?"] + ["2024-02-29"] * 98,  # 98 %
        ["20240229"] * 3,  # no separators
        ["29.02.2024", "01.03.2024"],  # ambiguous
        ["2024-13-01", "2024-14-01"],
        ["2024-02", "2024-03"],
        ["23:59", "00:00"],
        ["2024-02-29 or so"] * 3,
        ["1.2.3", "1.2.4"],
        [None, None],
    ],
)
def test_other_text_is_none(values: list) -> None:
    assert column_kind(series(values, object)) == CATEGORICAL


def test_a_datetime_dtype_is_a_datetime_with_a_zone_or_not() -> None:
    plain = pd.Series(pd.date_range("2024-01-01", periods=3))
    assert column_kind(plain) == column_kind(plain.dt.tz_localize("Asia/Tokyo")) == DATETIME
    assert column_kind(series([datetime.date(2024, 1, 1)] * 2, object)) == DATETIME


@pytest.mark.parametrize("values", [[20240229, 20240301], [1.7e9, 1.8e9], [2024, 2023]])
def test_numbers_are_never_datetimes(values: list) -> None:
    assert column_kind(series(values)) == NUMERIC


@pytest.mark.parametrize(
    ("levels", "rows", "kind"),
    [(50, 50, CATEGORICAL), (51, 51, TEXT), (51, 101, TEXT), (51, 102, CATEGORICAL)],
)
def test_text_has_more_than_50_levels_and_is_mostly_distinct(
    levels: int, rows: int, kind: str
) -> None:
    assert column_kind(words(levels, rows)) == kind


def test_missing_values_do_not_count_towards_text() -> None:
    assert column_kind(pd.concat([words(51, 101), series([None] * 500, object)])) == TEXT


def test_a_hundred_thousand_levels_are_categorical_where_they_repeat() -> None:
    assert column_kind(words(100_000, 200_000)) == CATEGORICAL


@pytest.mark.parametrize(
    "values",
    [
        series([True, False]),
        series([True, None, False], object),
        series([True, None], "boolean"),
        series([1, None], "Int64"),
    ],
)
def test_booleans_and_nullable_numbers_are_numeric(values: pd.Series) -> None:
    assert column_kind(values) == NUMERIC
    typed = Schema({"c": NUMERIC}).apply(values.to_frame())["c"]
    expected = [np.nan if pd.isna(v) else float(v) for v in values]
    np.testing.assert_array_equal(typed.to_numpy(float), expected)


@pytest.mark.parametrize(
    ("train", "test", "kind"),
    [
        (series([1, 2]), series([1.5, None]), NUMERIC),
        (series([1, 2]), series([None, None], object), NUMERIC),
        (series([None, None], object), series([None, None], object), NUMERIC),
        (series([np.nan, np.nan]), series(["a", "b"]), CATEGORICAL),
        (series([True, None], object), series([True, False]), NUMERIC),
        (series(["a", "b"]), series(["c", None]), CATEGORICAL),
    ],
)
def test_train_and_test_are_read_together(train: pd.Series, test: pd.Series, kind: str) -> None:
    assert infer_schema(train.to_frame(), test.to_frame(), ["c"]).kinds == {"c": kind}


def test_kinds_that_differ_between_train_and_test_are_refused() -> None:
    with pytest.raises(DataError, match="'c' is of one kind") as caught:
        infer_schema(series(["a", "?"]).to_frame(), series([1, 2]).to_frame(), ["c"])
    assert "int64 in test" in caught.value.got
    assert "na_values" in caught.value.hint


def test_datetimes_parse_one_by_one() -> None:
    values = [
        "2024-02-29",
        "2024/2/9 7:05",
        "?",
        None,
        "2024-02-29 12:00:00.5",
        "2024-02-29T01:00Z",
    ]
    together = parse_datetime(series(values, object))
    alone = pd.concat([parse_datetime(series([v], object)) for v in values], ignore_index=True)
    assert together.tolist()[:2] == [pd.Timestamp(2024, 2, 29), pd.Timestamp(2024, 2, 9, 7, 5)]
    assert together[4] == pd.Timestamp(2024, 2, 29, 12, 0, 0, 500_000)
    pd.testing.assert_series_equal(together, alone, check_names=False)


def test_zones_are_moved_to_one() -> None:
    parsed = parse_datetime(series(["2024-01-01T12:00+02:00", "2024-01-01T12:00Z"]))
    assert parsed.tolist() == [pd.Timestamp(2024, 1, 1, 10), pd.Timestamp(2024, 1, 1, 12)]


def test_a_date_beyond_nanoseconds_keeps_its_side() -> None:
    parsed = parse_datetime(series(["1066-10-14", "2024-01-01", "9999-12-31"]))
    assert parsed.is_monotonic_increasing
    assert parsed[1] == pd.Timestamp(2024, 1, 1)
    assert parsed[2].year == 2262


def test_apply_types_selects_and_orders() -> None:
    schema = Schema({"t": DATETIME, "k": CATEGORICAL, "x": NUMERIC})
    raw = pd.DataFrame({"x": [1, 2], "extra": 0, "k": [5, None], "t": ["2024-01-01", "?"]}, [7, 8])
    typed = schema.apply(raw)
    assert list(typed.columns) == ["t", "k", "x"]
    assert typed.index.tolist() == [0, 1]
    assert typed["k"][0] == "5.0"
    assert typed["k"].isna().tolist() == [False, True]
    assert typed["t"].isna().tolist() == [False, True]
    assert typed["x"].dtype.kind == "i"


def test_apply_names_missing_columns_and_values_that_are_no_numbers() -> None:
    schema = Schema({"x": NUMERIC, "y": NUMERIC})
    with pytest.raises(DataError, match="the new file has every feature column") as caught:
        schema.apply(pd.DataFrame({"x": [1]}), "the new file")
    assert "'y'" in caught.value.got
    with pytest.raises(DataError, match="'y' of the new file holds numbers"):
        schema.apply(pd.DataFrame({"x": [1], "y": ["one"]}), "the new file")
