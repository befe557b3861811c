"""Class-weighted members: factors, the way back, keys, refusals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level0 import get_model
from stackkit.level0.balanced import RESTRAINED, ClassWeighted, class_factors, undo_factors
from stackkit.level0.baseline import Prior
from stackkit.level0.boosting.lightgbm import ExtraLightGBM, LightGBM
from stackkit.level0.linear import Linear
from stackkit.recipe import canonical
from stackkit.spec import BaseLearner, Estimator, Objective

BINARY = Objective("binary", "identity", "logloss", ("no", "yes"))
THREE = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))


@dataclasses.dataclass(frozen=True)
class Other(BaseLearner):
    """A learner of one parameter."""

    rounds: int = 600

    def build(self, objective: Objective, seed: int) -> Estimator:
        return Prior().build(objective, seed)


@dataclasses.dataclass(frozen=True)
class Same(BaseLearner):
    """Another with the same parameter."""

    rounds: int = 600

    def build(self, objective: Objective, seed: int) -> Estimator:
        return Linear().build(objective, seed)


class Reader(Other):
    """Reads the metric."""

    reads_metric = True


def rare(n: int = 4000) -> tuple[Matrix, np.ndarray]:
    """A logistic model of one feature with about 5 % of class 1."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(3.6 - 1.5 * x))).astype(np.int64)
    return Matrix(x[:, None].astype(np.float32), ("x",), (0,)), y


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_factors_are_powers_of_shares_with_mean_one(power: float) -> None:
    y = np.repeat([0, 1, 2], [70, 25, 5])
    factors = class_factors(y, 4, power)
    assert factors[y].mean() == pytest.approx(1)
    ratio = np.array([70 / 25, 70 / 5]) ** power
    np.testing.assert_allclose(factors[1:3] / factors[0], ratio)
    assert factors[3] == 1
    if power == 1:
        np.testing.assert_allclose(np.bincount(y, factors[y]), 100 / 3)


def test_row_weights_count_in_shares() -> None:
    y, weight = np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 0.0, 6.0])
    np.testing.assert_allclose(class_factors(y, 2, 1.0, weight), [2.0, 2 / 3])
    assert np.average(class_factors(y, 2, 0.3, weight)[y], weights=weight) == pytest.approx(1)


def test_undoing_is_bayes_rule_row_by_row() -> None:
    rng = np.random.default_rng(0)
    p, factors = rng.dirichlet(np.ones(3), 20), np.array([0.5, 2.0, 7.0])
    slow = [[q / f for q, f in zip(row, factors, strict=True)] for row in p]
    slow = [[q / sum(row) for q in row] for row in slow]
    np.testing.assert_allclose(undo_factors(p, factors), slow)
    tilted = p * factors / (p * factors).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(undo_factors(tilted, factors), p)
    two = undo_factors(np.array([[0.2], [0.9]]), np.array([0.5, 3.0]))
    odds = np.array([[0.25], [9.0]]) * 0.5 / 3
    np.testing.assert_allclose(two, odds / (1 + odds))


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_prior_comes_back(power: float) -> None:
    """The constant model is exact; a logistic regression of the right form nearly so."""
    X, y = rare()
    made = ClassWeighted(Prior(), power).build(BINARY, 0).fit(X, y).predict(X)
    np.testing.assert_allclose(made, y.mean())
    fit = ClassWeighted(Linear((1e-4,)), power).build(BINARY, 0).fit(X, y)
    assert fit.predict(X).mean() == pytest.approx(y.mean(), rel=0.1)
    assert fit.estimator.predict(X).mean() > 1.5 * y.mean()
    plain = Linear((1e-4,)).build(BINARY, 0).fit(X, y)
    np.testing.assert_allclose(fit.predict(X), plain.predict(X), atol=0.03)


def test_restrained_trees_keep_the_prior_on_new_rows() -> None:
    X, y = rare(6000)
    half = [Matrix(X.values[i::2].copy(), X.names, X.levels) for i in (0, 1)]
    fit = ClassWeighted(RESTRAINED).build(BINARY, 0).fit(half[0], y[::2])
    assert fit.predict(half[1]).mean() == pytest.approx(y[1::2].mean(), rel=0.2)


def test_three_classes_keep_their_shares() -> None:
    y = np.repeat([0, 1, 2], [60, 30, 10])
    X = Matrix(np.zeros((100, 1), np.float32), ("x",), (0,))
    weight = np.where(y == 2, 2.0, 1.0)
    made = ClassWeighted(Prior(), 1.0).build(THREE, 0).fit(X, y, weight).predict(X)
    np.testing.assert_allclose(made[0], np.array([60, 30, 20]) / 110)


def test_the_key_tells_inner_learners_apart() -> None:
    def key(learner: ClassWeighted) -> bytes:
        fields = dataclasses.fields(learner)
        return canonical({f.name: getattr(learner, f.name) for f in fields})

    learners = [Other(), Same(), Other(rounds=5), LightGBM(), ExtraLightGBM()]
    keys = {key(ClassWeighted(learner)) for learner in learners}
    assert len(keys) == len(learners)
    assert key(ClassWeighted(LightGBM())) == key(ClassWeighted(LightGBM()))
    assert key(ClassWeighted(LightGBM(), 1.0)) not in keys


def test_parameters_of_the_spec_change_as_any() -> None:
    spec = get_model("lightgbm_balanced").with_parameters({"power": 1.0})
    assert spec.learner == ClassWeighted(RESTRAINED, 1.0)
    assert spec.with_fidelity(0.1) == spec
    assert spec.rare_class == 0.1
    assert "regression" not in spec.tasks


def test_threads_are_the_members() -> None:
    fit = ClassWeighted(LightGBM(), threads=2).build(BINARY, 0)
    assert fit.estimator.learner.threads == 2


def test_what_cannot_be_weighted_is_refused() -> None:
    with pytest.raises(ModelError, match="reads no metric"):
        ClassWeighted(Reader())
    with pytest.raises(ModelError, match="reads no metric"):
        ClassWeighted("lightgbm")
    with pytest.raises(ModelError, match="regression target; try: LightGBM without"):
        ClassWeighted(LightGBM()).build(Objective("regression", "identity", "squared"), 0)
