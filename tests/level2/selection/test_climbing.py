"""Hill climbing against a loop over members and weights that calls the metric for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.level2.blend import finished
from stackkit.level2.selection import SIGNED_GRID, HillClimb
from stackkit.level2.selection.candidates import Candidates
from stackkit.level2.selection.choose import scorer_for
from stackkit.level2.selection.climbing import GRID, Step, climb, weights_of
from stackkit.metrics import get_metric, get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

CASES = [
    ("rmse", "regression"),
    ("rmsle", "regression"),
    ("mae", "regression"),
    ("logloss", "binary"),
    ("logloss", "multiclass"),
    ("auc", "binary"),
    ("auc", "multiclass"),
    ("brier", "multiclass"),
]
Make = Callable[..., tuple[Pool, np.ndarray, Objective]]


def score_of(rows: Candidates, weights: np.ndarray) -> float:
    goal = rows.objective
    members = [get_space(goal.space).forward(a).astype(float) for a in rows.arrays]
    p = finished(sum(w * a for w, a in zip(weights, members, strict=True)), goal)
    return goal.metric.sign * goal.metric.score(rows.y, p)


def slow_climb(rows: Candidates, grid: tuple[float, ...], gain: float) -> list[np.ndarray]:
    units = np.eye(rows.members)
    path = [max(units, key=lambda w: score_of(rows, w))]
    while True:
        before = score_of(rows, path[-1])
        steps = [(1 - w) * path[-1] + w * unit for w in grid for unit in units]
        best = max(steps, key=lambda w: score_of(rows, w))
        if score_of(rows, best) <= before + gain * abs(before):
            return path
        path.append(best)


@pytest.mark.parametrize(("metric", "task"), CASES)
@pytest.mark.parametrize("grid", [(0.05, 0.2, 0.5), (-0.1, 0.05, 0.3)])
@pytest.mark.parametrize("seed", range(2))
def test_the_climb_is_that_of_the_loop(
    metric: str, task: str, grid: tuple[float, ...], seed: int, rows_of: Callable[..., Candidates]
) -> None:
    rows = rows_of(metric, task, seed=seed, n=151, m=4)
    found = climb(scorer_for(rows, convex=min(grid) > 0), grid, steps=99, gain=1e-4)
    expected = slow_climb(rows, grid, gain=1e-4)
    assert len(found) == len(expected)
    np.testing.assert_allclose(weights_of(found, 4), expected[-1], atol=1e-12)
    assert found[-1].score == pytest.approx(score_of(rows, expected[-1]), rel=1e-6, abs=1e-7)


def test_members_are_visited_again(rows_of: Callable[..., Candidates]) -> None:
    found = climb(scorer_for(rows_of("rmse", "regression")), (0.05,), steps=99, gain=1e-6)
    visited = [step.member for step in found]
    assert len(visited) > len(set(visited))
    scores = [step.score for step in found]
    assert scores == sorted(scores)


def test_a_negative_weight_takes_a_shared_error_out() -> None:
    rng = np.random.default_rng(0)
    y, shared = rng.normal(size=400), rng.normal(size=400)
    good = (y + 0.5 * shared).astype(np.float32)[:, None]
    nothing_but = (y * 0.2 + shared).astype(np.float32)[:, None]
    pool = Pool(("a", "b"), (good, nothing_but))
    goal = Objective("regression", "identity", "squared", (), get_metric("rmse"))
    plain, both = (HillClimb(grid=grid).build(goal, 0).fit(pool, y) for grid in (GRID, SIGNED_GRID))
    np.testing.assert_array_equal(plain.weights_, [1, 0])
    assert both.weights_[1] < -0.2
    assert both.weights_.sum() == pytest.approx(1)
    score = goal.metric.score
    assert score(y, both.predict(pool)) < 0.9 * score(y, plain.predict(pool))


def test_steps_and_gain_end_the_climb(rows_of: Callable[..., Candidates]) -> None:
    scorer = scorer_for(rows_of("rmse", "regression"))
    assert len(climb(scorer, GRID, steps=3, gain=0)) == 3
    assert len(climb(scorer, GRID, steps=99, gain=10.0)) == 1


def test_weights_follow_the_steps() -> None:
    path = [Step(1, 1.0, 0.1), Step(0, 0.5, 0.2), Step(2, -0.1, 0.3)]
    np.testing.assert_allclose(weights_of(path, 3), [0.55, 0.55, -0.1])


def test_probabilities_of_negative_weights_are_probabilities(case: Make) -> None:
    pool, y, goal = case("logloss", "multiclass")
    fitted = HillClimb(grid=SIGNED_GRID).build(goal, 0).fit(pool, y)
    fitted.weights_ = np.array([1.5, -0.5, 0, 0, 0])
    p = fitted.predict(pool)
    assert p.min() >= 0
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy"])
def test_labels_never_get_worse(metric: str, case: Make) -> None:
    pool, y, goal = case(metric, "multiclass")
    rows = Candidates.of(pool, y, None, goal)
    scorer = scorer_for(rows)
    path = climb(scorer, GRID, 20, 1e-6)
    scores = [step.score for step in path]
    assert scores == sorted(scores)
    singles = scorer.scores(scorer.nothing(), 0.0, 1.0)
    assert path[0].score == max(singles)


def test_large_data_is_climbed_on_a_sample_and_cut_on_all_rows(
    case: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, y, goal = case("logloss", "binary", n=800)
    seen = []
    monkeypatch.setattr(
        "stackkit.level2.selection.climbing.scorer_for",
        lambda rows, convex: seen.append(len(rows)) or scorer_for(rows, convex),
    )
    fitted = HillClimb(max_rows=60).build(goal, 0).fit(pool, y)
    assert seen == [60, 800]
    rows = Candidates.of(pool, y, None, goal)
    sample = rows.sample(60, np.random.default_rng(0))
    path = climb(scorer_for(sample), GRID, 100, 0.5 / 60)
    ways = [weights_of(path[:k], 5) for k in range(1, len(path) + 1)]
    best = max(ways, key=lambda w: score_of(rows, w))
    np.testing.assert_allclose(fitted.weights_, best, atol=1e-12)


def test_the_order_of_members_is_of_no_account(case: Make) -> None:
    pool, y, goal = case("auc", "binary", digits=1)
    straight = HillClimb().build(goal, 0).fit(pool, y)
    mixed = pool.members([3, 1, 4, 0, 2])
    other = HillClimb().build(goal, 0).fit(mixed, y)
    np.testing.assert_array_equal(other.weights_, straight.weights_[[3, 1, 4, 0, 2]])


@pytest.mark.parametrize("grid", [(), (1.0,), (0.0, 0.1)])
def test_a_grid_is_checked(grid: tuple[float, ...]) -> None:
    with pytest.raises(ModelError):
        HillClimb(grid=grid)
