"""Forecasts against what Fits cost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from stackkit.report.forecasts import fit_forecasts, forecast_errors, forecast_line


def cost(seconds, expected, measured=True, mb=10.0):
    phase = {"wall": seconds, "cpu": seconds, "peak_mb": mb}
    forecast = {"seconds": expected, "memory_mb": 20.0, "measured": measured}
    return {"fit": phase, "expected": forecast}


@pytest.fixture
def records():
    old = cost(1.0, 1.0)
    del old["expected"]
    a = {"r0f0": cost(2.0, 9.0, measured=False), "r0f1": cost(2.0, 3.0), "r0f2": cost(4.0, 3.0)}
    b = {"r0f0": old, "r0f1": cost(1.0, 1.1)}
    return [SimpleNamespace(name=n, cost={"fits": fits}) for n, fits in (("a", a), ("b", b))]


def test_a_row_a_fit_that_was_forecast(records):
    table = fit_forecasts(records)
    assert table[["model", "fit"]].to_numpy().tolist() == [
        ["a", "r0f0"], ["a", "r0f1"], ["a", "r0f2"], ["b", "r0f1"],
    ]  # fmt: skip
    assert table.seconds.tolist() == [2.0, 2.0, 4.0, 1.0]
    assert table.expected_mb.tolist() == [20.0] * 4 and table.mb.tolist() == [10.0] * 4


def test_errors_are_relative_and_of_measured_forecasts_only(records):
    table = forecast_errors(records).set_index("model")
    assert table.fits.to_dict() == {"a": 2, "b": 1}
    assert table.median_error.to_dict() == {"a": pytest.approx(0.375), "b": pytest.approx(0.1)}


def test_one_line_says_it(records):
    assert forecast_line(records) == (
        "forecasts: 3 fits after their model's first, median error 25%"
    )
    assert forecast_line([]) == ""
