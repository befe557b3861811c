"""Simplex weights against a fine grid over the simplex, and the choice of the pull."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from stackkit.level2 import Simplex
from stackkit.level2.simplex import loss_terms, solve
from stackkit.predictions import Pool
from stackkit.spec import Objective

N = 80
KINDS = ["squared", "log1p", "binary", "multiclass"]
LEVELS = [0.1, 0.5, 0.9]


def objective(kind: str) -> Objective:
    if kind in ("squared", "log1p"):
        return Objective("regression", "log1p" if kind == "log1p" else "identity", "squared")
    return Objective(kind, "identity", "logloss", tuple("abc"[: 2 if kind == "binary" else 3]))


def stack(kind: str, members: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Members (m, n, c) of unequal worth, targets and row weights."""
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.5, 2.0, size=N)
    noise = np.linspace(0.5, 2.0, members)[:, None]
    if kind in ("squared", "log1p"):
        y = np.exp(rng.normal(size=N))
        made = y * np.exp(0.3 * noise * rng.normal(size=(members, N)))
        return made[..., None].astype(np.float32), y, weight
    classes = 2 if kind == "binary" else 3
    y = rng.integers(classes, size=N)
    scores = 1.5 * np.eye(classes)[y] + noise[..., None] * rng.normal(size=(members, N, classes))
    p = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    return (p[..., 1:] if kind == "binary" else p).astype(np.float32), y, weight


def plain_loss(kind: str, members: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Callable:
    """The weighted mean loss of weights w, written without algebra."""

    def loss(w: np.ndarray) -> float:
        z = members.astype(np.float64)
        if kind in ("squared", "log1p"):
            forward = np.log1p if kind == "log1p" else np.asarray
            losses = (np.tensordot(w, forward(z[..., 0]), 1) - forward(y)) ** 2
        else:
            p = np.tensordot(w, z, 1)
            p = np.hstack([1 - p, p]) if p.shape[1] == 1 else p
            losses = -np.log(p[np.arange(len(y)), y])
        return float(np.average(losses, weights=weight))

    return loss


def grid(members: int, steps: int) -> np.ndarray:
    """Every point of the simplex whose weights are multiples of 1 / steps."""
    cuts = itertools.product(range(steps + 1), repeat=members - 1)
    return np.array([[*c, steps - sum(c)] for c in cuts if sum(c) <= steps]) / steps


@pytest.mark.parametrize("pull", [0.0, 0.01, 1.0])
@pytest.mark.parametrize(("members", "steps"), [(2, 400), (3, 60)])
@pytest.mark.parametrize("kind", KINDS)
def test_no_point_of_a_fine_grid_is_better(
    kind: str, members: int, steps: int, pull: float
) -> None:
    made, y, weight = stack(kind, members)
    loss, equal = plain_loss(kind, made, y, weight), np.full(members, 1 / members)

    def penalised(w: np.ndarray) -> float:
        return loss(w) / loss(equal) + pull * members * float(((w - equal) ** 2).sum())

    points = grid(members, steps)
    scores = np.array([penalised(w) for w in points])
    found = solve(loss_terms(made, y, objective(kind)).loss(slice(None), weight), members, pull)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.min() >= 0
    assert penalised(found) <= scores.min() + 1e-9
    if pull:
        assert np.abs(found - points[scores.argmin()]).max() < 3 / steps


@pytest.mark.parametrize("kind", KINDS)
def test_loss_and_gradient_are_those_of_the_definition(kind: str) -> None:
    made, y, weight = stack(kind, 3)
    loss = loss_terms(made, y, objective(kind)).loss(slice(None), weight)
    w = np.array([0.2, 0.5, 0.3])
    assert loss(w)[0] == pytest.approx(plain_loss(kind, made, y, weight)(w), rel=1e-6)
    slope = approx_fprime(w, lambda v: loss(v)[0], 1e-7)
    np.testing.assert_allclose(loss(w)[1], slope, rtol=1e-4, atol=1e-6)


def test_a_useless_member_gets_nothing_and_a_perfect_one_all() -> None:
    y = np.linspace(-1, 1, N)
    made = np.stack([y, y + 5, y + 9])[..., None]
    found = solve(loss_terms(made, y, objective("squared")).loss(slice(None), np.ones(N)), 3, 1e-9)
    np.testing.assert_allclose(found, [1, 0, 0], atol=1e-6)


def test_a_large_pull_gives_equal_weights() -> None:
    made, y, weight = stack("multiclass", 4)
    loss = loss_terms(made, y, objective("multiclass")).loss(slice(None), weight)
    np.testing.assert_allclose(solve(loss, 4, 1e6), 0.25, atol=1e-5)
    assert np.ptp(solve(loss, 4, 0.001)) > 0.1


@pytest.mark.parametrize("members", [30, 150])
def test_many_members_end_near_the_optimum(members: int) -> None:
    """The conditions of Karush, Kuhn and Tucker: no weight can be moved to a better place."""
    made, y, weight = stack("binary", members, seed=5)
    loss, pull = loss_terms(made, y, objective("binary")).loss(slice(None), weight), 0.01
    found = solve(loss, members, pull)
    equal = np.full(members, 1 / members)
    gradient = loss(found)[1] / loss(equal)[0] + 2 * pull * members * (found - equal)
    held = found > 1e-3
    assert np.ptp(gradient[held]) < 0.02
    assert gradient[~held].min(initial=np.inf) > gradient[held].mean() - 0.02


def fitted(kind: str, made: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> dict:
    names = tuple(f"m{i}" for i in range(len(made)))
    blend = Simplex().build(objective(kind), 0).fit(Pool(names, tuple(made)), y, weight)
    return dict(zip(blend.names_, blend.weights_, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_members_does_not_matter(kind: str) -> None:
    made, y, weight = stack(kind, 4)
    order = [2, 0, 3, 1]
    straight, mixed = fitted(kind, made, y, weight), fitted(kind, made[order], y, weight)
    for position, member in enumerate(order):
        assert mixed[f"m{position}"] == pytest.approx(straight[f"m{member}"], abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_no_weight_have_no_influence(kind: str) -> None:
    made, y, weight = stack(kind, 3)
    weight[60:] = 0
    spoilt, other = made.copy(), y.copy()
    spoilt[:, 60:] = spoilt[:, 60:][:, ::-1]
    other[60:] = other[60:][::-1]
    assert fitted(kind, made, y, weight) == fitted(kind, spoilt, other, weight)
    assert fitted(kind, made, y, weight) == fitted(kind, made[:, :60], y[:60], weight[:60])


def test_a_scaled_weight_is_the_same_weight() -> None:
    made, y, weight = stack("binary", 3)
    one, other = fitted("binary", made, y, weight), fitted("binary", made, y, 1e3 * weight)
    assert one == pytest.approx(other, abs=1e-6)


def test_one_member_has_all_the_weight() -> None:
    made, y, _ = stack("binary", 1)
    assert fitted("binary", made, y) == {"m0": 1.0}


def test_the_pull_is_the_one_that_inner_folds_prefer() -> None:
    made, y, _ = stack("squared", 4)
    weight = np.exp(2 * np.random.default_rng(0).normal(size=N))  # uneven enough to matter
    learner, goal = Simplex(pulls=(0.001, 0.1, 10.0)), objective("squared")
    fold = np.random.default_rng(11).permutation(N) % learner.inner_folds
    totals = []
    for pull in learner.pulls:
        total = 0.0
        for k in range(learner.inner_folds):
            inside, outside = fold != k, fold == k
            terms = loss_terms(made[:, inside], y[inside], goal)
            w = solve(terms.loss(slice(None), weight[inside]), 4, pull)
            loss = plain_loss("squared", made[:, outside], y[outside], weight[outside])
            total += loss(w) * weight[outside].sum()
        totals.append(total)
    best = learner.pulls[int(np.argmin(totals))]
    pool = Pool(tuple("abcd"), tuple(made))
    chosen = learner.weights(pool, y, weight, goal, seed=11)
    alone = dataclasses.replace(learner, pulls=(best,)).weights(pool, y, weight, goal, seed=11)
    np.testing.assert_array_equal(chosen, alone)


def test_a_few_rows_get_the_largest_pull() -> None:
    made, y, _ = stack("squared", 3)
    pool, goal = Pool(tuple("abc"), tuple(made[:, :9])), objective("squared")
    found = Simplex(pulls=(0.001, 1e6)).weights(pool, y[:9], None, goal, 0)
    np.testing.assert_allclose(found, 1 / 3, atol=1e-5)


def test_certain_and_wrong_members_do_not_break_the_logarithm() -> None:
    y = np.arange(N) % 2
    made = np.stack([1.0 - y, y.astype(float)])[..., None].astype(np.float32)
    assert fitted("binary", made, y)["m1"] > 0.9


def pinball(q: float, members: np.ndarray, y: np.ndarray, weight: np.ndarray) -> Callable:
    """The weighted mean pinball loss of weights w, written without algebra."""

    def loss(w: np.ndarray) -> float:
        above = y - np.tensordot(w, members[..., 0].astype(np.float64), 1)
        return float(np.average(np.where(above > 0, q * above, (q - 1) * above), weights=weight))

    return loss


@pytest.mark.parametrize(("members", "steps"), [(2, 400), (3, 60)])
@pytest.mark.parametrize("q", LEVELS)
def test_pinball_is_that_of_the_best_point_of_a_fine_grid(
    q: float, members: int, steps: int
) -> None:
    made, y, weight = stack("squared", members)
    made = made * np.linspace(0.6, 1.6, members)[:, None, None]  # one too low, one too high
    goal = Objective("regression", "identity", f"quantile:{q}")
    loss = pinball(q, made, y, weight)
    found = solve(loss_terms(made, y, goal).loss(slice(None), weight), members, 0.0)
    least = min(loss(w) for w in grid(members, steps))
    assert loss(found) <= least * 1.001
    assert loss(found) < loss(np.full(members, 1 / members))


@pytest.mark.parametrize("q", LEVELS)
def test_the_rounded_pinball_loss_is_close_and_has_its_slope(q: float) -> None:
    made, y, weight = stack("squared", 3)
    goal = Objective("regression", "identity", f"quantile:{q}")
    loss = loss_terms(made, y, goal).loss(slice(None), weight)
    w = np.array([0.2, 0.5, 0.3])
    assert loss(w)[0] == pytest.approx(pinball(q, made, y, weight)(w), rel=1e-2)
    slope = approx_fprime(w, lambda v: loss(v)[0], 1e-8)
    np.testing.assert_allclose(loss(w)[1], slope, rtol=1e-4, atol=1e-5)


def test_perfect_members_leave_nothing_to_round() -> None:
    y = np.linspace(-1, 1, N)
    made = np.stack([y, y])[..., None]
    goal = Objective("regression", "identity", "absolute")
    found = solve(loss_terms(made, y, goal).loss(slice(None), np.ones(N)), 2, 0.01)
    np.testing.assert_allclose(found, 0.5)
