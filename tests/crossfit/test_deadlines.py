"""Time: a level ends when its time is over, a Fit at its deadline; others go on."""

from __future__ import annotations

import dataclasses
import math
import time

import numpy as np
import pytest

from stackkit.config import ModelsConfig
from stackkit.cost import fit_seconds
from stackkit.crossfit import fit_level
from stackkit.errors import BudgetError
from stackkit.sizing import ExpectedCost


@pytest.fixture
def warm(bench, toy, pool):
    """The pool with its workers started."""
    fit_level([(toy(value=99.0, name="warm"), None)], bench(), pool)
    return pool


def test_a_fit_that_hangs_is_ended_and_its_model_dropped(bench, toy, warm):
    made = bench(models=ModelsConfig(deadline="8s"))
    hangs, good = toy(seconds=90.0, name="hangs"), toy()
    result = fit_level([(hangs, None), (good, None)], made, warm)
    assert [record.name for record in result.records] == ["toy"]
    assert "not done after 8 s, its deadline" in result.failures["hangs"]
    (record,) = fit_level([(toy(value=1.0), None)], made, warm).records
    assert np.isfinite(record.oof).all()


def test_a_deadline_is_a_span_of_time():
    with pytest.raises(BudgetError, match="deadline is a span of time"):
        ModelsConfig(deadline="soon")


def test_when_time_is_over_running_fits_end_and_their_models_are_left_out(bench, toy, warm):
    made = bench()
    slow = dataclasses.replace(toy(seconds=60.0, name="slow"), cost=ExpectedCost(0.01))
    result = fit_level([(slow, None)], made, warm, until=time.monotonic() + 1.0)
    assert (result.records, result.failures) == ([], {})
    assert set(result.left_out) == {"slow"}
    assert result.fitted == 0


def test_finished_fits_of_a_model_left_out_are_kept(bench, toy, warm, fit_lines):
    made = bench()
    cost = ExpectedCost(0.1, rows=0.0, columns=0.0)
    slow = dataclasses.replace(toy("random", seconds=3.0, name="slow"), cost=cost)
    result = fit_level([(slow, None)], made, warm, until=time.monotonic() + 5.0)
    assert set(result.left_out) == {"slow"} and result.fitted == 2
    later = fit_level([(slow, None)], made, warm)
    assert [record.name for record in later.records] == ["slow"]
    assert later.fitted == 1
    assert sorted(fit for name, fit in fit_lines(made) if name == "slow") == [
        "r0f0", "r0f1", "r0f2",
    ]  # fmt: skip


def test_what_the_time_does_not_admit_is_not_begun(bench, toy, warm, fit_lines):
    made = bench()
    flat = {"rows": 0.0, "columns": 0.0}
    dear = dataclasses.replace(toy(value=2.0, name="dear"), cost=ExpectedCost(500.0, **flat))
    cheap = dataclasses.replace(toy(), cost=ExpectedCost(0.05, **flat))
    result = fit_level([(dear, None), (cheap, None)], made, warm, until=time.monotonic() + 30)
    assert [record.name for record in result.records] == ["toy"]
    assert "needs about" in result.left_out["dear"]
    assert all(name != "dear" for name, _ in fit_lines(made))


def expected(record):
    """(Fit id, seconds, forecast) in the order of starts."""
    fits = sorted(record.cost["fits"].items(), key=lambda item: item[1]["fit"]["start"])
    return [(fit_id, fit_seconds(cost), cost.get("expected")) for fit_id, cost in fits]


def test_each_fit_has_a_forecast_and_from_the_third_on_a_measured_one(bench, plan, toy, warm):
    spec = toy("random", seconds=0.2)
    (record,) = fit_level([(spec, None)], bench(folds=plan(splits=6)), warm).records
    made = expected(record)
    assert {fit for fit, _, forecast in made if not forecast["measured"]} == {"r0f0", "r0f1"}
    errors = [abs(f["seconds"] / seconds - 1) for _, seconds, f in made if f["measured"]]
    assert len(errors) == 4 and np.median(errors) < 0.5


def test_fits_of_an_earlier_run_count_as_measured(bench, plan, toy, warm):
    made = bench(folds=plan(splits=6))
    cost = ExpectedCost(1.0, rows=0.0, columns=0.0)
    spec = dataclasses.replace(toy("random", seconds=0.5), cost=cost)
    first = fit_level([(spec, None)], made, warm, until=time.monotonic() + 0.9)
    assert 0 < first.fitted < 6
    (record,) = fit_level([(spec, None)], made, warm).records
    forecasts = [forecast for _, _, forecast in expected(record)]
    assert forecasts.count(None) == first.fitted
    assert all(f["measured"] for f in forecasts if f is not None)


def test_without_a_limit_nothing_is_left_out(bench, toy, warm):
    dear = dataclasses.replace(toy(), cost=ExpectedCost(1e9))
    result = fit_level([(dear, None)], bench(), warm, until=math.inf)
    assert result.left_out == {} and len(result.records) == 1
