"""Feature-weighted linear stacking against normal equations, loops and plain stacking."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from meta_stacks import M, N, classes_of, objective, regions, values
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, Ridge

from stackkit.level1 import FWLS, FeatureFWLS
from stackkit.level1.choice import (
    differences,
    fit_choice,
    left_out_scores,
    log_loss,
    quadratic,
    softmax,
)
from stackkit.level1.fwls import fit_gates, products
from stackkit.level1.ridge import ridge_path
from stackkit.meta_features import MetaFeatures
from stackkit.metrics import get_metric

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_values_solve_the_normal_equations_of_all_products(seed: int) -> None:
    pool, y = values(seed)
    learner = FWLS(penalties=(3.0,), ratios=(7.0,))
    weight = np.random.default_rng(seed).uniform(0.5, 2, N)
    fitted = learner.build(objective("regression"), 0).fit(pool, y, weight)
    made = MetaFeatures(learner.groups).fit(pool, y, weight, objective("regression"), 0)
    f = made.transform(pool)
    w = weight / weight.mean()
    centre = np.average(f, axis=0, weights=w)
    f = np.clip((f - centre) / np.sqrt(np.average((f - centre) ** 2, axis=0, weights=w)), -3, 3)
    z = (pool.matrix()[..., 0].T.astype(np.float64) - y.mean()) / y.std()
    columns = [z[:, i] for i in range(M)]
    columns += [f[:, j] * z[:, i] for j in range(f.shape[1]) for i in range(M)]
    X = np.column_stack([np.ones(N), *columns])
    penalty = np.diag([0.0] + [3.0] * M + [21.0] * (M * f.shape[1]))
    target = (y - y.mean()) / y.std()
    solution = np.linalg.solve(X.T @ (w[:, None] * X) + penalty, X.T @ (w * target))
    expected = np.clip(X @ solution * y.std() + y.mean(), *bounds(y))
    np.testing.assert_allclose(fitted.predict(pool)[:, 0], expected, rtol=1e-7, atol=1e-9)


def bounds(y: np.ndarray) -> tuple[float, float]:
    margin = 0.1 * (y.max() - y.min())
    return y.min() - margin, y.max() + margin


def test_products_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    inputs, gates = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 4))
    made = products(inputs, gates)
    for n in range(5):
        for k in range(2):
            loop = [gates[n, j] * inputs[n, k, i] for j in range(4) for i in range(3)]
            np.testing.assert_allclose(made[n, k], loop)


def test_with_f0_alone_values_are_ridge_stacking() -> None:
    pool, y = values()
    z = (pool.matrix()[..., 0].T.astype(np.float64) - y.mean()) / y.std()
    hand = Ridge(alpha=5.0).fit(z, (y - y.mean()) / y.std())
    expected = np.clip(hand.predict(z) * y.std() + y.mean(), *bounds(y))
    fitted = FWLS(groups=(), penalties=(5.0,)).build(objective("regression"), 0).fit(pool, y)
    np.testing.assert_allclose(fitted.predict(pool)[:, 0], expected, rtol=1e-7)


def test_with_f0_alone_two_classes_are_logistic_stacking() -> None:
    pool, y = classes_of(2)
    p = pool.matrix()[..., 0].T.astype(np.float64)
    z = np.log(p / (1 - p))
    hand = LogisticRegression(C=0.2, tol=1e-10, max_iter=1000).fit(z, y).predict_proba(z)
    fitted = FWLS(groups=(), penalties=(5.0,)).build(objective("binary"), 0).fit(pool, y)
    np.testing.assert_allclose(fitted.predict(pool)[:, 0], hand[:, 1], atol=1e-4)


@pytest.mark.parametrize("classes", [2, 4])
def test_a_large_ratio_is_plain_stacking(classes: int) -> None:
    pool, y = classes_of(classes)
    aim = objective("binary" if classes == 2 else "multiclass", classes)
    plain = FWLS(groups=(), penalties=(5.0,)).build(aim, 0).fit(pool, y).predict(pool)
    gated = FWLS(penalties=(5.0,), ratios=(1e9,)).build(aim, 0).fit(pool, y).predict(pool)
    np.testing.assert_allclose(gated, plain, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_several_classes_reach_the_least_loss(classes: int, seed: int) -> None:
    """The loss of Newton's method is that of a general optimiser on a loop over rows."""
    x, y, weight = choice_case(classes, seed)
    model = fit_choice(x, y, weight, np.full(M, 2.0))
    free = classes - 1

    def loss(v: np.ndarray) -> float:
        total = v[free:] @ v[free:]
        for row, label, w in zip(x, y, weight, strict=True):
            eta = np.r_[v[:free] + row @ v[free:], 0.0]
            total += w * (np.log(np.exp(eta).sum()) - eta[label])
        return total

    found = np.r_[model.intercept, model.coefficients]
    best = minimize(loss, np.zeros(free + M), method="BFGS", options={"gtol": 1e-6})
    np.testing.assert_allclose(found, best.x, atol=1e-3)
    assert loss(found) <= best.fun + 1e-5


def choice_case(classes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, classes - 1, M))
    y = rng.integers(classes, size=60)
    return x, y, rng.uniform(0.5, 1.5, 60)


@pytest.mark.parametrize("classes", [2, 3])
def test_derivatives_are_those_of_differences(classes: int) -> None:
    x, y, weight = choice_case(classes, 5)
    v = np.random.default_rng(1).normal(size=classes - 1 + M)
    free, step = classes - 1, 1e-5
    gradient, hessian = quadratic(v, x, y, weight)

    def loss(v: np.ndarray) -> float:
        return float(weight @ log_loss(v[:free] + x @ v[free:], y))

    for j, e in enumerate(step * np.eye(len(v))):
        assert gradient[j] == pytest.approx((loss(v + e) - loss(v - e)) / (2 * step), abs=1e-5)
        away = quadratic(v + e, x, y, weight)[0] - quadratic(v - e, x, y, weight)[0]
        np.testing.assert_allclose(hessian[j], away / (2 * step), atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_left_out_scores_are_near_those_of_refits(classes: int) -> None:
    x, y, weight = choice_case(classes, 7)
    penalty = np.full(M, 3.0)
    model = fit_choice(x, y, weight, penalty)
    found = left_out_scores(model, x, y, weight)
    refits = []
    for i in range(len(x)):
        rest = np.arange(len(x)) != i
        alone = fit_choice(x[rest], y[rest], weight[rest], penalty, model)
        refits.append(alone.scores(x[i]))
    moved = np.abs(np.array(refits) - model.scores(x)).max()
    assert np.abs(found - np.array(refits)).max() < 0.1 * moved


@pytest.mark.parametrize("seed", SEEDS)
def test_left_out_residuals_of_ridge_are_those_of_refits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y, weight = rng.normal(size=(30, 4)), rng.normal(size=30), rng.uniform(0.5, 2, 30)
    factors = np.array([1.0, 1.0, 9.0, 9.0])
    (found,) = ridge_path(X, y, weight, (2.0,), factors)
    for i in range(30):
        rest = np.arange(30) != i
        (alone,) = ridge_path(X[rest], y[rest], weight[rest], (2.0,), factors)
        left = y[i] - alone.intercept - X[i] @ alone.coefficients
        assert found.left_out[i] == pytest.approx(left, rel=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("task", "metric"), [("regression", "rmse"), ("binary", "logloss")])
def test_it_beats_plain_stacking_where_members_are_good_in_regions(
    task: str, metric: str, seed: int
) -> None:
    pool, y = regions(task, seed)
    fit, score = np.arange(2000) < 1000, np.arange(2000) >= 1000
    aim, lost = objective(task), get_metric(metric).score
    gated = FeatureFWLS().build(aim, 0).fit(pool.take(fit), y[fit])
    plain = FWLS(groups=()).build(aim, 0).fit(pool.take(fit), y[fit])
    found, other = (model.predict(pool.take(score)) for model in (gated, plain))
    assert lost(y[score], found) < 0.93 * lost(y[score], other)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("task", "metric"), [("regression", "rmse"), ("binary", "logloss")])
def test_it_loses_next_to_nothing_where_they_are_not(task: str, metric: str, seed: int) -> None:
    pool, y = values(seed, 2000) if task == "regression" else classes_of(2, seed, 2000)
    fit, score = np.arange(2000) < 1000, np.arange(2000) >= 1000
    aim, lost = objective(task), get_metric(metric).score
    gated = FWLS().build(aim, 0).fit(pool.take(fit), y[fit])
    plain = FWLS(groups=()).build(aim, 0).fit(pool.take(fit), y[fit])
    found, other = (model.predict(pool.take(score)) for model in (gated, plain))
    assert lost(y[score], found) < 1.01 * lost(y[score], other)


def test_weights_of_a_row_are_what_its_prediction_is_made_with() -> None:
    pool, y = values()
    fitted = FWLS(ratios=(1.0,)).build(objective("regression"), 0).fit(pool, y)
    z = (pool.matrix()[..., 0].T.astype(np.float64) - y.mean()) / y.std()
    weights = fitted.weights(pool)
    assert weights.shape == (N, M) and weights.std(axis=0).min() > 0
    made = ((weights * z).sum(axis=1) + fitted.intercept_) * y.std() + y.mean()
    np.testing.assert_allclose(fitted.predict(pool)[:, 0], np.clip(made, *bounds(y)), rtol=1e-9)


def test_gates_are_bounded_and_missing_ones_are_average() -> None:
    made = np.array([[0.0, np.nan], [1.0, 2.0], [2.0, 4.0], [1e6, 3.0]])
    gates = fit_gates(made[:3], np.ones(3)).of(made)
    np.testing.assert_allclose(gates[:, 0], 1)
    assert gates[0, 2] == 0 and gates[3, 1] == 3


@pytest.mark.parametrize(("surrogate", "q"), [("absolute", 0.5), ("quantile:0.9", 0.9)])
def test_values_are_moved_to_a_quantile(surrogate: str, q: float) -> None:
    pool, y = values(n=400)
    fitted = FWLS().build(objective("regression", surrogate=surrogate), 0).fit(pool, y)
    assert (y <= fitted.predict(pool)[:, 0]).mean() == pytest.approx(q, abs=0.04)


def test_scores_far_apart_are_no_obstacle() -> None:
    p = softmax(np.array([[900.0, -900.0], [0.0, 0.0]]))
    np.testing.assert_allclose(p, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    assert differences(np.zeros((2, 5, 3))).shape == (5, 2, 2)


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_many_rows_are_sampled_for_the_fit_and_predicted_in_blocks(
    classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, y = classes_of(classes) if classes else values(0)
    aim = objective(("regression", "", "binary", "multiclass")[classes], classes)
    whole = FWLS().build(aim, 0).fit(pool, y)
    size = pool.shape[2] * len(whole.names_) * whole.members_
    less = dataclasses.replace(FWLS(), most_products=len(y) // 2 * size)
    few = less.build(aim, 0).fit(pool, y)
    at_once = few.predict(pool)
    assert not np.allclose(at_once, whole.predict(pool), atol=1e-9)
    np.testing.assert_allclose(at_once, whole.predict(pool), atol=0.5)
    monkeypatch.setattr("stackkit.level1.fitted.BLOCK", 7)
    np.testing.assert_allclose(few.predict(pool), at_once, rtol=1e-9)
