"""Greedy selection against a loop that calls the metric for every candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations_with_replacement

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.level2.blend import finished
from stackkit.level2.selection import Greedy
from stackkit.level2.selection.candidates import Candidates
from stackkit.level2.selection.choose import scorer_for
from stackkit.level2.selection.forward import Path, forward, preferred, rescored
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
    ("brier", "binary"),
    ("average_precision", "binary"),
]


def mean_score(rows: Candidates, order: list[int]) -> float:
    goal = rows.objective
    members = [get_space(goal.space).forward(rows.arrays[j]) for j in order]
    p = finished(np.mean([m.astype(float) for m in members], axis=0), goal)
    return goal.metric.sign * goal.metric.score(rows.y, p)


def slow_path(rows: Candidates, order: list[int], steps: int) -> list[int]:
    while len(order) < steps:
        scores = [mean_score(rows, [*order, j]) for j in range(rows.members)]
        order = [*order, int(np.argmax(scores))]
    return order


def small(y: list[float], *members: list[float]) -> Candidates:
    goal = Objective("regression", "identity", "squared", (), get_metric("rmse"))
    arrays = tuple(np.array(m, np.float32)[:, None] for m in members)
    return Candidates(arrays, np.array(y, float), None, goal)


@pytest.mark.parametrize(("metric", "task"), CASES)
@pytest.mark.parametrize("seed", range(3))
def test_the_path_is_that_of_the_loop(
    metric: str, task: str, seed: int, rows_of: Callable[..., Candidates]
) -> None:
    rows = rows_of(metric, task, seed=seed)
    path = forward(scorer_for(rows), steps=12)
    assert list(path.order) == slow_path(rows, [], 12)
    expected = [mean_score(rows, list(path.order[: k + 1])) for k in range(12)]
    np.testing.assert_allclose(path.scores, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("metric", "task"), CASES)
def test_sorted_initialisation_starts_with_the_best_mean_of_the_best(
    metric: str, task: str, rows_of: Callable[..., Candidates]
) -> None:
    for seed in range(3):
        rows = rows_of(metric, task, seed=seed)
        singles = [mean_score(rows, [j]) for j in range(rows.members)]
        ranked = list(np.argsort(-np.array(singles)))
        starts = [ranked[:k] for k in (1, 2, 3)]
        best = max(starts, key=lambda order: mean_score(rows, order))
        path = forward(scorer_for(rows), steps=8, start=3)
        assert list(path.order) == slow_path(rows, [int(j) for j in best], 8)


def test_the_prefix_ends_at_the_first_best_step() -> None:
    path = Path((2, 0, 2, 1), (0.5, 0.9, 0.9, 0.7))
    assert path.length == 2
    np.testing.assert_array_equal(path.weights(4), [0.5, 0, 0.5, 0])
    assert Path((1,), (-np.inf,)).length == 1


def test_equal_steps_prefer_what_is_in_and_then_the_first() -> None:
    scores = np.array([0.1, 0.7, 0.7, 0.7 - 1e-14])
    assert preferred(scores, ()) == 1
    assert preferred(scores, (3, 0)) == 3
    assert preferred(np.full(3, -np.inf), ()) == 0


def test_looking_two_ahead_passes_where_single_steps_stall() -> None:
    rows = small([0.0, 0.0], [1.0, 0.0], [-1.0, 3.0], [-1.0, -3.0])
    scorer = scorer_for(rows)
    plain, ahead = forward(scorer, 3), forward(scorer, 3, look_ahead=50)
    assert plain.length == 1
    assert ahead.order == (0, 1, 2)
    assert ahead.length == 3
    assert max(ahead.scores) > max(plain.scores)
    assert forward(scorer, 3, look_ahead=2) == plain


@pytest.mark.parametrize("seed", range(5))
def test_looking_ahead_takes_the_best_pair(seed: int, rows_of: Callable[..., Candidates]) -> None:
    rows = rows_of("mae", "regression", seed=seed, m=4, n=25)
    scorer = scorer_for(rows)
    path, plain = forward(scorer, 6, look_ahead=4), forward(scorer, 6)
    apart = [k for k in range(5) if path.order[: k + 1] != plain.order[: k + 1]]
    if not apart:
        return
    before = list(path.order[: apart[0]])
    pairs = combinations_with_replacement(range(4), 2)
    best = max(pairs, key=lambda pair: mean_score(rows, [*before, *pair]))
    assert sorted(path.order[apart[0] : apart[0] + 2]) == sorted(best)


def test_another_scorer_may_cut_the_path(rows_of: Callable[..., Candidates]) -> None:
    rows = rows_of("rmse", "regression")
    path = forward(scorer_for(rows), 6)
    again = rescored(path, scorer_for(rows))
    np.testing.assert_allclose(again.scores, path.scores)
    other = rescored(path, scorer_for(rows.some(np.arange(5), np.arange(40))))
    assert other.order == path.order
    assert other.scores != path.scores


@pytest.mark.parametrize(("metric", "task"), [*CASES, ("accuracy", "binary"), ("f1", "binary")])
def test_the_learner_weighs_by_the_path(
    metric: str, task: str, case: Callable[..., tuple[Pool, np.ndarray, Objective]]
) -> None:
    pool, y, goal = case(metric, task)
    fitted = Greedy(steps=10).build(goal, 0).fit(pool, y)
    path = forward(scorer_for(Candidates.of(pool, y, None, goal)), 10)
    counts = Counter(path.order[: path.length])
    expected = [counts[j] / path.length for j in range(5)]
    np.testing.assert_allclose(fitted.weights_, expected)


@pytest.mark.parametrize("learner", [Greedy(), Greedy(bags=4, start=3, look_ahead=9)])
def test_the_order_of_members_is_of_no_account(
    learner: Greedy, case: Callable[..., tuple[Pool, np.ndarray, Objective]]
) -> None:
    pool, y, goal = case("auc", "binary", digits=1, m=9)
    straight = dict(zip(pool.names, learner.build(goal, 3).fit(pool, y).weights_, strict=True))
    for seed in range(4):
        mixed = pool.members(np.random.default_rng(seed).permutation(9))
        weights = learner.build(goal, 3).fit(mixed, y).weights_
        assert dict(zip(mixed.names, weights, strict=True)) == straight


def test_large_data_is_searched_on_a_sample_and_cut_on_all_rows(
    case: Callable[..., tuple[Pool, np.ndarray, Objective]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, y, goal = case("rmse", "regression", n=500)
    seen = []
    monkeypatch.setattr(
        "stackkit.level2.selection.greedy.scorer_for",
        lambda rows: seen.append(len(rows)) or scorer_for(rows),
    )
    Greedy(max_rows=100).build(goal, 0).fit(pool, y)
    assert seen == [100, 500]


def test_members_in_files_are_not_copied(
    case: Callable[..., tuple[Pool, np.ndarray, Objective]],
) -> None:
    pool, y, goal = case("auc", "binary")
    rows = Candidates.of(pool, y, None, goal)
    assert all(a is b for a, b in zip(rows.arrays, pool.arrays, strict=True))
    part = Candidates.of(pool.take(np.arange(9)), y[:9], None, goal)
    np.testing.assert_array_equal(part.arrays[1], pool.arrays[1][:9])


def test_a_sum_starts_with_at_least_one_member() -> None:
    with pytest.raises(ModelError):
        Greedy(start=0)
