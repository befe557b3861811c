"""The planner: forecasts from what was measured, and what the time left admits."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest

from stackkit.schedule import (
    FURTHER,
    SAFETY,
    Measured,
    Work,
    forecast,
    machine_speed,
    plan,
    remaining,
    reserve,
)
from stackkit.sizing import COLUMNS, ROWS, ExpectedCost, Size

SIZE = Size(ROWS, COLUMNS)
DOUBLE = Size(2 * ROWS, COLUMNS)


def work(name, seconds=1.0, fits=5, value=1.0, family=None, done=()):
    return Work(
        name,
        family or name,
        value,
        ExpectedCost(seconds),
        waiting=(SIZE,) * fits,
        done=tuple(Measured(SIZE, s, mb) for s, mb in done),
    )


def test_before_a_fit_the_stated_cost_counts_times_the_speed():
    made = forecast(work("a", 3.0), DOUBLE, speed=2.0)
    assert (made.seconds, made.measured) == (12.0, False)


def test_after_a_fit_its_own_seconds_count_whatever_was_stated():
    made = forecast(work("a", 3.0, done=[(7.0, 50.0)]), SIZE, speed=9.0)
    assert (made.seconds, made.memory_mb, made.measured) == (7.0, 50.0, True)


def test_seconds_and_memory_follow_the_rows():
    made = forecast(work("a", done=[(7.0, 50.0), (9.0, 40.0)]), DOUBLE)
    assert made.seconds == pytest.approx(14.0)
    assert made.memory_mb == pytest.approx(100.0)


def test_one_slow_fit_among_several_hardly_counts():
    done = [(60.0, 1.0), (5.0, 1.0), (5.2, 1.0)]
    assert forecast(work("a", done=done), SIZE).seconds == pytest.approx(5.2)


def test_speed_is_the_geometric_mean_over_models():
    measured = [work("a", 1.0, done=[(4.0, 0)]), work("b", 2.0, done=[(2.0, 0)]), work("c")]
    assert machine_speed(measured) == pytest.approx(2.0)
    assert machine_speed([work("a")]) == 1.0


def test_moments_say_nothing_of_the_speed():
    assert machine_speed([work("mean", 0.01, done=[(3.0, 0)])]) == 1.0


def test_remaining_counts_what_runs_up_to_now():
    running = dataclasses.replace(work("a", 4.0, fits=2), running=((SIZE, 1.5),))
    assert remaining(running) == pytest.approx(4 + 4 + 2.5)
    late = dataclasses.replace(running, running=((SIZE, 100.0),))
    assert remaining(late) == pytest.approx(8)


def test_without_a_limit_all_are_in_the_longest_fits_first():
    made = plan([work("a", 1.0), work("b", 9.0), work("c", 3.0)], math.inf, 2)
    assert made.order == ("b", "c", "a")
    assert made.left_out == {}


def test_the_best_worth_for_cost_comes_first():
    works = [work("dear", 10.0), work("cheap", 1.0), work("good", 2.0, value=4.0)]
    assert plan(works, 1000.0, 2).order == ("good", "cheap", "dear")


def test_what_does_not_fit_is_left_out_and_says_why():
    made = plan([work("cheap", 1.0), work("dear", 40.0)], 20.0, 2)
    assert made.order == ("cheap",)
    assert made.left_out == {
        "dear": "needs about 100 s more; 20 s were left for its level",
    }


def test_a_single_fit_longer_than_the_time_left_is_left_out():
    assert plan([work("one", 30.0, fits=1), work("cheap", 1.0)], 20.0, 8).order == ("cheap",)


def test_one_great_model_beats_many_small_ones():
    small = [work(f"s{i}", 1.0, value=0.3) for i in range(4)]
    great = work("great", 14.0, value=3.0)
    assert "great" in plan([*small, great], 42.0, 2).order


def test_a_second_model_of_a_family_is_worth_less():
    trees = [work("a", family="trees"), work("b", family="trees", value=1.1)]
    other = work("c", family="other", value=1.1 * FURTHER + 0.01)
    made = plan([*trees, other], 1000.0, 1)
    assert made.order == ("b", "c", "a")


def test_a_finished_model_counts_for_its_family():
    finished = dataclasses.replace(work("a", family="trees", done=[(1.0, 0)]), waiting=())
    made = plan([finished, work("b", family="trees"), work("c", family="other", value=0.9)], 1e3, 1)
    assert made.order == ("c", "b")


def test_what_was_begun_goes_on_first():
    begun = work("begun", 10.0, fits=1, done=[(10.0, 0)] * 4)
    assert plan([work("new", 3.0), begun], 1000.0, 1).order == ("begun", "new")


def test_where_nothing_fits_and_nothing_is_done_the_cheapest_goes_alone():
    works = [work("a", 50.0), work("b", 30.0)]
    made = plan(works, 10.0, 2)
    assert made.order == ("b",)
    assert set(made.left_out) == {"a"}
    finished = dataclasses.replace(work("c", done=[(1.0, 0)]), waiting=())
    assert plan([*works, finished], 10.0, 2).order == ()


def test_a_finished_model_of_no_worth_is_nothing_done():
    prior = dataclasses.replace(work("prior", value=0.0, done=[(1.0, 0)]), waiting=())
    waiting = work("other prior", 20.0, value=0.0)
    assert plan([prior, waiting, work("a", 50.0)], 10.0, 2).order == ("a",)


def test_one_that_nearly_fits_has_the_time_that_would_pass_unused():
    finished = dataclasses.replace(work("c", done=[(1.0, 0)]), waiting=())
    nearly, never = work("nearly", 21.0, fits=1), work("never", 23.0, fits=1, value=9.0)
    assert plan([nearly, never, finished], 20.0, 1).order == ("nearly",)


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_when_time_is_over_nothing_starts(seconds):
    made = plan([work("a")], seconds, 2)
    assert made.order == () and set(made.left_out) == {"a"}


@pytest.mark.parametrize("seconds", [5.0, 12.0, 25.0, 60.0, 200.0])
def test_the_admitted_set_fits_and_is_near_the_best_of_all_sets(seconds):
    costs, values = (1, 2, 3, 5, 8, 13), (0.3, 1.0, 0.5, 2.0, 1.0, 1.6)
    works = [
        work(f"m{i}", c, value=v, family=f"f{i}")
        for i, (c, v) in enumerate(zip(costs, values, strict=True))
    ]
    admitted = set(plan(works, seconds, 2).order)

    def needed(names):
        return sum(remaining(w) for w in works if w.key in names)

    def worth(names):
        return sum(w.value for w in works if w.key in names)

    room = seconds * SAFETY * 2
    sets = (set(c) for k in range(7) for c in itertools.combinations([w.key for w in works], k))
    best = max(worth(names) for names in sets if needed(names) <= room)
    assert needed(admitted) <= room or len(admitted) == 1
    assert worth(admitted) >= best / 2


def test_reserve_grows_with_the_work_of_each_level():
    level = [work("a", 2.0), work("b", 1.0)]
    assert reserve([], 2) == 0
    assert reserve([level, level], 2) == pytest.approx(2 * reserve([level], 2))
    assert reserve([level], 2) > remaining(level[0]) / 2
