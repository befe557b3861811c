"""Bags: shares drawn, weights averaged, for greedy selection and hill climbing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.level2.selection import Greedy, HillClimb
from stackkit.level2.selection.bags import bagged
from stackkit.level2.selection.candidates import Candidates
from stackkit.predictions import Pool
from stackkit.spec import Objective

Rows = Callable[..., Candidates]


@pytest.mark.parametrize("learner", [Greedy(bags=5), HillClimb(bags=5)])
def test_bags_differ_and_repeat(
    learner: Greedy | HillClimb, case: Callable[..., tuple[Pool, np.ndarray, Objective]]
) -> None:
    pool, y, goal = case("logloss", "binary", m=12)
    first, again, other = (learner.build(goal, seed).fit(pool, y).weights_ for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert first.sum() == pytest.approx(1)


@pytest.mark.parametrize("kind", [Greedy, HillClimb])
def test_bags_lose_less_on_new_rows(
    kind: type, case: Callable[..., tuple[Pool, np.ndarray, Objective]]
) -> None:
    gains = []
    for seed in range(12):
        pool, y, goal = case("rmsle", "regression", seed=seed, n=2000, m=20)
        few, rest = np.arange(40), np.arange(40, 2000)
        scores = []
        for learner in (kind(), kind(bags=10)):
            p = learner.build(goal, 0).fit(pool.take(few), y[few]).predict(pool.take(rest))
            scores.append(goal.metric.score(y[rest], p))
        gains.append(scores[0] - scores[1])
    assert np.mean(gains) > 0


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"bags": 0}, {"bag_rows": 0.0}, {"max_rows": 0}])
@pytest.mark.parametrize("kind", [Greedy, HillClimb])
def test_parameters_are_checked(kind: type, wrong: dict[str, float]) -> None:
    with pytest.raises(ModelError):
        kind(**wrong)


@pytest.mark.parametrize("most", [1000, 60])
def test_a_bag_has_its_shares_of_members_and_rows(most: int, rows_of: Rows) -> None:
    """What is selected from each bag is averaged, members in their places."""
    rows, seen = rows_of("logloss", "binary", n=200, m=12), []

    def first(bag: Candidates) -> np.ndarray:
        seen.append(bag)
        return np.eye(bag.members)[0]

    learner = HillClimb(bags=20, bag_members=0.5, bag_rows=0.7, max_rows=most)
    found = bagged(first, rows, learner, np.random.default_rng(0))
    assert {(bag.members, len(bag)) for bag in seen} == {(6, min(140, most))}
    assert found.sum() == pytest.approx(1)
    assert (found[7:] == 0).all()
    assert np.count_nonzero(found) > 1
    few = bagged(lambda bag: np.full(bag.members, 1 / bag.members), rows_of("rmse", "regression",
                 m=6), HillClimb(bag_members=0.1), np.random.default_rng(0))  # fmt: skip
    assert np.count_nonzero(few) == 5
