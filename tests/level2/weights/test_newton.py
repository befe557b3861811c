"""Optimal weights against grids, closed forms, SLSQP and the Karush-Kuhn-Tucker conditions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize
from weight_cases import KINDS, grid, kkt_gap, plain_loss, pool_of, stack

from stackkit.level2.weights.feasible import Feasible
from stackkit.level2.weights.newton import Penalised, minimise
from stackkit.level2.weights.sparse import sparse_weights

SIMPLEX = Feasible.simplex
SMOOTH = [k for k in KINDS if KINDS[k].name != "quantile"]


def problem(kind: str, members: int, pull: float, seed: int = 0, rows: int = 80) -> Penalised:
    pool, y, weight = stack(kind, members, seed, rows)
    loss = KINDS[kind].loss(KINDS[kind].terms(pool, y, weight))
    return Penalised.of(loss, members, pull)


def rules(name: str, m: int) -> Feasible:
    """Feasible weights with constraints of each kind."""
    lower, upper = np.zeros(m), np.ones(m)
    groups = (np.arange(3)[:, None] == np.arange(m) % 3).astype(float)
    if name == "bounds":
        lower[-2:], upper[:2] = 0.5 / m, 1.5 / m
    if name == "caps":
        return Feasible(lower, upper, groups, np.full(3, 0.34))
    if name == "all":
        lower[-1], upper[0] = 0.2 / m, 2.5 / m
        return Feasible(lower, upper, groups, np.full(3, 0.34))
    return Feasible(lower, upper, groups[:0], np.zeros(0))


@pytest.mark.parametrize("pull", [0.0, 0.1])
@pytest.mark.parametrize(("members", "steps"), [(2, 200), (3, 40)])
@pytest.mark.parametrize("kind", KINDS)
def test_no_point_of_a_fine_grid_is_better(
    kind: str, members: int, steps: int, pull: float
) -> None:
    pool, y, weight = stack(kind, members)
    loss, equal = plain_loss(kind, pool, y, weight), np.full(members, 1 / members)

    def penalised(w: np.ndarray) -> float:
        return loss(w) / loss(equal) + pull * members * float(((w - equal) ** 2).sum())

    scores = np.array([penalised(w) for w in grid(members, steps)])
    found = minimise(problem(kind, members, pull), SIMPLEX(members))
    assert SIMPLEX(members).violation(found) < 1e-12
    assert penalised(found) <= scores.min() + (1e-6 if kind in SMOOTH else 2e-3)


@pytest.mark.parametrize("name", ["simplex", "bounds", "caps", "all"])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_the_conditions_of_an_optimum_hold_to_1e_6(kind: str, seed: int, name: str) -> None:
    m = 12
    loss, feasible = problem(kind, m, 0.003, seed), rules(name, m)
    found = minimise(loss, feasible)
    assert feasible.violation(found) < 1e-9
    assert kkt_gap(loss(found).gradient, found, feasible) < 1e-6


@pytest.mark.parametrize("name", ["bounds", "caps", "all"])
def test_the_constraints_of_that_test_are_active(name: str) -> None:
    m = 12
    feasible, free = rules(name, m), minimise(problem("squared", m, 0.003), SIMPLEX(m))
    assert feasible.violation(free) > 1e-3


@pytest.mark.parametrize("kind", ["binary", "multiclass", "brier"])
@pytest.mark.parametrize("seed", range(2))
def test_more_members_than_slsqp_could_take_meet_the_conditions(kind: str, seed: int) -> None:
    loss, feasible = problem(kind, 150, 0.001, seed, rows=400), SIMPLEX(150)
    found = minimise(loss, feasible)
    assert kkt_gap(loss(found).gradient, found, feasible) < 1e-6


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", SMOOTH)
def test_it_is_where_slsqp_ends(kind: str, seed: int) -> None:
    m = 5
    loss, equal = problem(kind, m, 0.01, seed), np.full(m, 1 / m)
    other = minimize(
        lambda w: (loss(w).value, loss(w).gradient), equal, jac=True, method="SLSQP",
        bounds=[(0, 1)] * m, constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    found = minimise(loss, SIMPLEX(m))
    np.testing.assert_allclose(found, other.x, atol=2e-4)
    assert loss(found).value <= loss(other.x).value + 1e-10


@pytest.mark.parametrize("seed", range(4))
def test_squared_error_without_active_bounds_has_a_closed_form(seed: int) -> None:
    """Bates and Granger, "The combination of forecasts" (1969): w ~ G^-1 1 for a Gram matrix G."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=400)
    pool = pool_of((y + rng.normal(size=(4, 400)))[..., None])
    residuals = (pool.matrix()[..., 0].astype(np.float64) - y).T
    expected = np.linalg.solve(residuals.T @ residuals, np.ones(4))
    kind = KINDS["squared"]
    loss = Penalised.of(kind.loss(kind.terms(pool, y, None)), 4, 0.0)
    np.testing.assert_allclose(minimise(loss, SIMPLEX(4)), expected / expected.sum(), atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_start_ends_at_the_same_place(kind: str) -> None:
    loss, start = problem(kind, 8, 0.01), np.eye(8)[7]
    cold, warm = minimise(loss, SIMPLEX(8)), minimise(loss, SIMPLEX(8), start)
    np.testing.assert_allclose(warm, cold, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_identical_members_share_alike(kind: str) -> None:
    pool, y, weight = stack(kind, 3)
    made = KINDS[kind]
    twice = pool_of(pool.matrix()[[0, 0, 1, 1, 2]])
    loss = Penalised.of(made.loss(made.terms(twice, y, weight)), 5, 0.0)
    w = minimise(loss, SIMPLEX(5))
    np.testing.assert_allclose(w[[0, 2]], w[[1, 3]], atol=1e-6)


def test_a_row_whose_probability_nearly_vanishes_is_met_in_few_steps() -> None:
    """Steps to the face of the simplex would leave a row at 1e-15, to be doubled back."""
    pool, y, _ = stack("binary", 6, rows=5000)
    made = pool.matrix()
    made[:, 0] = 1 - y[0]  # all wrong and sure ...
    made[5, 0] = 0.5  # ... but the worst member
    seen = []
    kind = KINDS["binary"]
    loss = Penalised.of(kind.loss(kind.terms(pool_of(made), y, None)), 6, 1e-6)

    class Counted(Penalised):
        def __call__(self, w: np.ndarray):
            seen.append(w)
            return super().__call__(w)

    found = minimise(Counted(loss.loss, loss.scale, loss.pull), SIMPLEX(6))
    assert kkt_gap(loss(found).gradient, found, SIMPLEX(6)) < 1e-6
    assert 0 < found[5] < 0.01
    assert len(seen) < 30


def best_of_supports(loss: Penalised, models: int, least: float, m: int) -> float:
    """The least loss over every set of at most `models` members."""
    most = min(models, int(1 / least + 1e-9)) if least else models
    sets = (s for k in range(1, most + 1) for s in itertools.combinations(range(m), k))
    masks = (np.isin(np.arange(m), s) for s in sets)
    ends = (minimise(loss, SIMPLEX(m).supported(mask, least)) for mask in masks)
    return min(loss(w).value for w in ends)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["squared", "binary"])
@pytest.mark.parametrize(("models", "least"), [(2, 0.0), (3, 0.15), (6, 0.2)])
def test_few_members_are_nearly_the_best_few(
    kind: str, seed: int, models: int, least: float
) -> None:
    loss = problem(kind, 6, 0.003, seed)
    dense = minimise(loss, SIMPLEX(6))
    found = sparse_weights(loss, SIMPLEX(6), dense, models, least)
    used = found[found > 0]
    assert len(used) <= models
    assert (used >= least - 1e-12).all()
    assert found.sum() == pytest.approx(1)
    best, all_equal = best_of_supports(loss, models, least, 6), loss(np.full(6, 1 / 6)).value
    assert loss(found).value - best <= 0.05 * (all_equal - best) + 1e-9


def test_what_obeys_already_is_left_as_it_is() -> None:
    loss = problem("squared", 4, 0.01)
    dense = minimise(loss, SIMPLEX(4))
    assert sparse_weights(loss, SIMPLEX(4), dense, 4, 0.0) is dense


def test_members_that_a_bound_needs_are_not_left_out() -> None:
    loss = problem("squared", 6, 0.003)
    feasible = Feasible(np.r_[np.zeros(5), 0.1], np.ones(6), np.zeros((0, 6)), np.zeros(0))
    found = sparse_weights(loss, feasible, minimise(loss, feasible), 2, 0.0)
    assert (found > 0).sum() == 2
    assert found[5] >= 0.1 - 1e-12
