"""Quadratic programmes against the conditions of Karush, Kuhn and Tucker and against SLSQP."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from weight_cases import kkt_gap

from stackkit.errors import ModelError
from stackkit.level2.weights.feasible import Feasible, Rules
from stackkit.level2.weights.programme import (
    Active,
    _from_interior,
    minimise_quadratic,
    nearest_feasible,
)
from stackkit.predictions import Pool


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, Feasible]:
    """A random one, of any rank, with bounds and caps of four families."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 25))
    rows = rng.normal(size=(int(rng.integers(2, 40)), m))
    groups = (np.arange(4)[:, None] == np.arange(m) % 4).astype(float)
    lower = np.where(rng.random(m) < 0.3, 0.2 / m, 0.0)
    upper = np.minimum(np.where(rng.random(m) < 0.3, 0.8, 1.0), 1.0)
    feasible = Feasible(lower, upper, groups, np.full(4, 0.6))
    return rows.T @ rows / len(rows) + 1e-8 * np.eye(m), rng.normal(size=m), feasible


@pytest.mark.parametrize("seed", range(40))
def test_the_optimum_obeys_and_nothing_feasible_is_better(seed: int) -> None:
    hessian, linear, feasible = problem(seed)
    w, _ = minimise_quadratic(hessian, linear, feasible)
    assert feasible.violation(w) < 1e-10
    assert kkt_gap(hessian @ w + linear, w, feasible) < 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_that_of_slsqp(seed: int) -> None:
    hessian, linear, feasible = problem(100 + seed)
    hessian = hessian + 0.1 * np.eye(len(linear))
    w, _ = minimise_quadratic(hessian, linear, feasible)
    other = minimize(
        lambda v: v @ hessian @ v / 2 + linear @ v, nearest_feasible(w * 0 + 1 / len(w), feasible),
        jac=lambda v: hessian @ v + linear, method="SLSQP",
        bounds=list(zip(feasible.lower, feasible.upper, strict=True)),
        constraints=[{"type": "eq", "fun": lambda v: v.sum() - 1},
                     {"type": "ineq", "fun": lambda v: feasible.caps - feasible.groups @ v}],
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    np.testing.assert_allclose(w, other.x, atol=1e-5)


@pytest.mark.parametrize("seed", range(15))
def test_the_interior_point_alone_ends_near_and_names_the_active_set(seed: int) -> None:
    hessian, linear, feasible = problem(200 + seed)
    w, active = minimise_quadratic(hessian, linear, feasible)
    inner, found = _from_interior(hessian, linear, feasible)
    value = [v @ hessian @ v / 2 + linear @ v for v in (w, inner)]
    assert value[1] == pytest.approx(value[0], abs=1e-6)
    assert (found.side == active.side).mean() > 0.8


@pytest.mark.parametrize("seed", range(10))
def test_any_guess_leads_to_the_same_optimum(seed: int) -> None:
    hessian, linear, feasible = problem(300 + seed)
    rng, (w, _) = np.random.default_rng(seed), minimise_quadratic(hessian, linear, feasible)
    side = rng.integers(-1, 2, size=len(linear)).astype(np.int8)
    guess = Active(side, rng.random(4) < 0.5)
    other, _ = minimise_quadratic(hessian, linear, feasible, guess)
    value = [v @ hessian @ v / 2 + linear @ v for v in (w, other)]
    assert value[1] == pytest.approx(value[0], abs=1e-9)


def test_fixed_members_stay_where_they_are() -> None:
    hessian, linear = np.eye(4), np.array([-9.0, 0.0, 0.0, 0.0])
    fixed = Feasible(
        np.array([0, 0.3, 0, 0]), np.array([0, 0.3, 1, 1]), np.zeros((0, 4)), np.r_[[]]
    )
    w, _ = minimise_quadratic(hessian, linear, fixed)
    np.testing.assert_allclose(w, [0, 0.3, 0.35, 0.35], atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_point_of_the_simplex_is_that_of_sorting(seed: int) -> None:
    """Held, Wolfe and Crowder (1974): shift by one number, cut at 0."""
    target = np.random.default_rng(seed).normal(size=7)
    ordered = np.sort(target)[::-1]
    shifts = (np.cumsum(ordered) - 1) / np.arange(1, 8)
    shift = shifts[np.flatnonzero(ordered > shifts)[-1]]
    found = nearest_feasible(target, Feasible.simplex(7))
    np.testing.assert_allclose(found, np.maximum(target - shift, 0), atol=1e-12)


def pool(*families: str) -> Pool:
    names = tuple(f"m{i}" for i in range(len(families)))
    return Pool(names, (np.zeros((3, 1), np.float32),) * len(families), families=families)


def test_a_cap_leaves_something_feasible_for_any_families() -> None:
    one = Rules(family_cap=0.5).feasible(pool("a", "a"))
    assert one.caps.tolist() == [1.0]
    two = Rules(family_cap=0.3).feasible(pool("a", "a", "b"))
    assert two.caps.tolist() == [0.5, 0.5]
    np.testing.assert_array_equal(two.groups, [[1, 1, 0], [0, 0, 1]])
    unknown = Rules(family_cap=0.5).feasible(pool("", "", "a"))
    assert len(unknown.caps) == 3


def test_bounds_hold_for_the_members_that_they_name() -> None:
    found = Rules(upper=0.9, bounds=(("m1", 0.1, 0.2),)).feasible(pool("a", "b", "c"))
    np.testing.assert_array_equal(found.lower, [0, 0.1, 0])
    np.testing.assert_array_equal(found.upper, [0.9, 0.2, 0.9])


@pytest.mark.parametrize(
    "bounds", [(("m9", 0.0, 1.0),), (("m0", 0.6, 0.5),), (("m0", 0, 0.1), ("m1", 0, 0.1))]
)
def test_bounds_that_nothing_obeys_are_refused(bounds: tuple) -> None:
    with pytest.raises(ModelError):
        Rules(bounds=bounds).feasible(pool("a", "b"))


def test_a_lower_bound_above_an_even_share_is_refused_and_an_upper_one_below_it_widened() -> None:
    with pytest.raises(ModelError, match="at most 1/2"):
        Rules(lower=0.6).feasible(pool("a", "b"))
    assert Rules(lower=0.5).feasible(pool("a", "b")).lower.tolist() == [0.5, 0.5]
    assert Rules(upper=0.3).feasible(pool("a", "b")).upper.tolist() == [0.5, 0.5]
