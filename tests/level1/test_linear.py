"""LinearMeta against scikit-learn's models on inputs that are made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from stackkit.level1 import LinearMeta
from stackkit.predictions import Pool
from stackkit.spec import Objective

N = 120


def objective(task: str, space: str = "identity", classes: int = 2) -> Objective:
    names = () if task == "regression" else tuple("abcd"[:classes])
    surrogate = "squared" if task == "regression" else "logloss"
    return Objective(task, space, surrogate, names)


def pool_of(*members: np.ndarray) -> Pool:
    arrays = tuple(np.asarray(m, np.float32).reshape(len(m), -1) for m in members)
    return Pool(tuple(f"m{i}" for i in range(len(arrays))), arrays)


def values(scale: float = 1.0, shift: float = 0.0) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(1)
    y = rng.normal(size=N)
    members = (y + rng.normal(scale=s, size=N) for s in (0.5, 1.0))
    return pool_of(*(m * scale + shift for m in members)), y * scale + shift


def probabilities(classes: int) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(2)
    y = np.arange(N) % classes
    made = []
    for noise in (1.0, 2.0):
        scores = 2.0 * np.eye(classes)[y] + rng.normal(scale=noise, size=(N, classes))
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        made.append(p[:, 1:] if classes == 2 else p)
    return pool_of(*made), y


def log_ratios(pool: Pool) -> np.ndarray:
    """The inputs that a linear meta-model reads, written out."""
    columns = []
    for member in pool.matrix().astype(np.float64):
        p = np.clip(member, 1e-6, 1 - 1e-6)
        if p.shape[1] == 1:
            columns.append(np.log(p / (1 - p)))
        else:
            columns.append(np.log(p) - np.log(p).mean(axis=1, keepdims=True))
    return np.hstack(columns)


@pytest.mark.parametrize("alpha", [0.01, 10.0])
def test_values_are_ridge_on_standardised_predictions(alpha: float) -> None:
    pool, y = values()
    X = np.hstack(list(pool.matrix().astype(np.float64)))
    centre, scale = y.mean(), y.std()
    hand = Ridge(alpha=alpha).fit((X - centre) / scale, (y - centre) / scale)
    expected = hand.predict((X - centre) / scale) * scale + centre
    fitted = LinearMeta(alphas=(alpha,)).build(objective("regression"), 0).fit(pool, y)
    np.testing.assert_allclose(fitted.predict(pool)[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("classes", [2, 4])
def test_classes_are_logistic_regression_on_log_ratios(classes: int) -> None:
    pool, y = probabilities(classes)
    X = log_ratios(pool)
    hand = LogisticRegression(C=0.1, max_iter=1000).fit(X, y).predict_proba(X)
    task = "binary" if classes == 2 else "multiclass"
    found = LinearMeta(strengths=(0.1,)).build(objective(task, classes=classes), 0).fit(pool, y)
    expected = hand[:, 1:] if classes == 2 else hand
    np.testing.assert_allclose(found.predict(pool), expected, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_units_of_the_target_do_not_matter(scale: float) -> None:
    pool, y = values()
    other, z = values(scale, shift=3 * scale)
    plain = LinearMeta().build(objective("regression"), 0).fit(pool, y).predict(pool)
    moved = LinearMeta().build(objective("regression"), 0).fit(other, z).predict(other)
    np.testing.assert_allclose(moved / scale - 3, plain, atol=1e-4)


def test_in_log_space_the_fit_is_one_of_logarithms() -> None:
    pool, y = values(0.5, 3.0)
    grown = pool_of(*np.expm1(pool.matrix().astype(np.float64)))
    in_logs = LinearMeta().build(objective("regression", "log1p"), 0).fit(grown, np.expm1(y))
    plain = LinearMeta().build(objective("regression"), 0).fit(pool, y)
    found = np.log1p(in_logs.predict(grown))
    np.testing.assert_allclose(found, plain.predict(pool), rtol=1e-5)


def test_a_target_that_is_never_negative_is_predicted_so() -> None:
    y = np.r_[np.zeros(N - 20), np.linspace(1, 50, 20)]
    members = pool_of(y + np.linspace(-9, 9, N), y - 1)
    wild = pool_of(np.full(5, -1e3), np.full(5, -1e3))
    for space in ("identity", "log1p"):
        fitted = LinearMeta().build(objective("regression", space), 0).fit(members, y)
        assert fitted.predict(wild).min() >= 0


def test_predictions_stay_near_the_range_of_the_target() -> None:
    pool, y = values()
    fitted = LinearMeta().build(objective("regression"), 0).fit(pool, y)
    far = fitted.predict(pool_of(np.array([-1e6, 1e6]), np.array([-1e6, 1e6])))[:, 0]
    margin = 0.1 * (y.max() - y.min())
    np.testing.assert_allclose(far, [y.min() - margin, y.max() + margin])


def test_the_penalty_is_chosen_on_the_fit_rows_alone() -> None:
    pool, y = probabilities(2)
    weight = np.r_[np.ones(80), np.zeros(40)]
    spoilt = np.where(weight > 0, y, 1 - y)
    build = LinearMeta().build
    fitted = build(objective("binary"), 0).fit(pool, y, weight)
    again = build(objective("binary"), 0).fit(pool, spoilt, weight)
    assert fitted.model_.C_ == again.model_.C_
    np.testing.assert_array_equal(fitted.predict(pool), again.predict(pool))


def test_a_class_of_one_row_is_no_obstacle() -> None:
    pool, _ = probabilities(2)
    y = np.r_[np.zeros(N - 1, int), 1]
    p = LinearMeta().build(objective("binary"), 0).fit(pool, y).predict(pool)
    assert ((p > 0) & (p < 1)).all()


@pytest.mark.parametrize(("surrogate", "q"), [("absolute", 0.5), ("quantile:0.9", 0.9)])
def test_values_are_moved_to_a_quantile(surrogate: str, q: float) -> None:
    """By one number, so that about that share of the rows lies below."""
    pool, y = values()
    y = y + np.random.default_rng(3).exponential(2.0, N)
    mean = LinearMeta().build(objective("regression"), 0).fit(pool, y).predict(pool)
    goal = Objective("regression", "identity", surrogate)
    moved = LinearMeta().build(goal, 0).fit(pool, y).predict(pool)
    inside = (moved < y.max()) & (mean > y.min())
    np.testing.assert_allclose((moved - mean)[inside], np.median(moved - mean), atol=1e-9)
    assert (y <= moved[:, 0]).mean() == pytest.approx(q, abs=0.03)
