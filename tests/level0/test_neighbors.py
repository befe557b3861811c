"""Neighbours by a loop over all pairs of rows."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.level0.neighbors import EDGE, Neighbors, Voters
from stackkit.spec import Objective

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 3))
GRID = RNG.integers(0, 3, (N, 2)).astype(float)
QUERIES = np.vstack([RNG.normal(size=(7, 3)), X[:2]])
TARGETS = RNG.normal(size=(N, 2))
WEIGHT = RNG.integers(1, 4, N).astype(float)
VALUES = Objective("regression", "identity", "squared")
THREE = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))
PRIOR = np.array([0.5, -0.5])


def slow_means(query: np.ndarray, values: np.ndarray, count: int, votes: float) -> np.ndarray:
    """Sort all rows by distance; those up to the count-th's vote."""
    far = np.array([np.sum((query - row) ** 2) for row in values])
    edge = np.sort(far)[count - 1]
    total, voted = votes, votes * PRIOR
    for distance, target, weight in zip(far, TARGETS, WEIGHT, strict=True):
        if distance <= edge + 1e-9:
            vote = weight * (1 - (1 - EDGE) * (distance / edge if edge > 0 else 0))
            total, voted = total + vote, voted + vote * target
    return voted / total


@pytest.mark.parametrize("count", [1, 4, 30])
@pytest.mark.parametrize("votes", [0.0, 2.0])
def test_means_against_a_loop(count: int, votes: float) -> None:
    found = Voters(X, TARGETS, WEIGHT, PRIOR).means(QUERIES, (count,), votes)[0]
    slow = [slow_means(query, X, count, votes) for query in QUERIES]
    np.testing.assert_allclose(found, slow, atol=1e-3)


def test_all_rows_at_the_edge_vote() -> None:
    found = Voters(GRID, TARGETS, WEIGHT, PRIOR).means(GRID[:9], (8,), 0.0)[0]
    slow = [slow_means(query, GRID, 8, 0.0) for query in GRID[:9]]
    np.testing.assert_allclose(found, slow, atol=1e-3)


def test_rows_of_the_sample_do_not_vote_for_themselves() -> None:
    voters = Voters(X, TARGETS, WEIGHT, PRIOR)
    found = voters.means(X[[5]], (3,), 0.0, np.array([5]))[0]
    others = np.arange(N) != 5
    rest = Voters(X[others], TARGETS[others], WEIGHT[others], PRIOR).means(X[[5]], (3,), 0.0)[0]
    np.testing.assert_allclose(found, rest)


def test_noise_takes_many_neighbours_and_a_clear_signal_few() -> None:
    x = np.linspace(0, 6, 400)[:, None]
    clear = Neighbors().build(VALUES, 0).fit(x, np.sin(2 * x[:, 0]))
    noise = Neighbors().build(VALUES, 0).fit(x, RNG.normal(size=400))
    assert clear.count_ < noise.count_


def test_weights_multiply_votes_and_rows_of_weight_zero_are_not_there() -> None:
    y = RNG.integers(0, 3, N)
    learner = Neighbors((5,))
    weight = np.where(np.arange(N) % 3 == 0, 0.0, 2.0)
    used = weight > 0
    one = learner.build(THREE, 0).fit(X, y, weight).predict(QUERIES)
    other = learner.build(THREE, 0).fit(X[used], y[used]).predict(QUERIES)
    np.testing.assert_allclose(one, other)
    heavy = np.where(y == 1, 9.0, 1.0)
    plain = learner.build(THREE, 0).fit(X, y).predict(QUERIES)
    made = learner.build(THREE, 0).fit(X, y, heavy).predict(QUERIES)
    assert (made[:, 1] > plain[:, 1]).all()


def test_large_inputs_are_searched_on_a_sample() -> None:
    fit = Neighbors(max_rows=20).build(VALUES, 0).fit(X, X[:, 0])
    assert len(fit.voters_.values) == 20
    assert np.isfinite(fit.predict(QUERIES)).all()


def test_one_row_votes_like_many_of_its_kind() -> None:
    same = np.ones((30, 2))
    made = Neighbors().build(VALUES, 0).fit(same, np.arange(30.0)).predict(same[:1])
    assert made[0, 0] == pytest.approx(14.5)
