"""Support vector machines: scores against scikit-learn, the switch, weights, rare classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

from stackkit.level0.kernels import Choice, SupportVectors, fit_classification
from stackkit.level0.nystrom import KernelLeastSquares
from stackkit.level0.rows import rows_of
from stackkit.spec import Objective

RNG = np.random.default_rng(0)
N = 150
X = RNG.normal(size=(N, 2))
CIRCLE = ((X**2).sum(axis=1) > 1.4).astype(np.int64)
VALUES = Objective("regression", "identity", "squared")
BINARY = Objective("binary", "identity", "logloss", ("0", "1"))
THREE = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))
EXACT, APPROXIMATE = SupportVectors(), SupportVectors(exact_rows=100, components=60)
WAYS = pytest.mark.parametrize("learner", [EXACT, APPROXIMATE], ids=["exact", "nystrom"])


@WAYS
def test_a_circle_and_its_probabilities(learner: SupportVectors) -> None:
    new = RNG.normal(size=(300, 2))
    truth = (new**2).sum(axis=1) > 1.4
    made = learner.build(BINARY, 0).fit(X, CIRCLE).predict(new)[:, 0]
    assert ((made > 0.5) == truth).mean() > 0.9
    assert -np.mean(np.log(np.where(truth, made, 1 - made))) < 0.3


@WAYS
def test_values_of_a_curve(learner: SupportVectors) -> None:
    y = 50 + 20 * np.sin(2 * X[:, 0]) + RNG.normal(size=N)
    new = RNG.uniform(-1, 1, size=(50, 2))
    made = learner.build(VALUES, 0).fit(X, y).predict(new)[:, 0]
    assert np.sqrt(np.mean((made - 50 - 20 * np.sin(2 * new[:, 0])) ** 2)) < 3


def test_the_rows_of_the_fit_decide_between_the_ways() -> None:
    learner = SupportVectors(exact_rows=N, components=20)
    assert not isinstance(learner.build(BINARY, 0).fit(X, CIRCLE).model_, KernelLeastSquares)
    less = SupportVectors(exact_rows=N - 1, components=20)
    assert isinstance(less.build(BINARY, 0).fit(X, CIRCLE).model_, KernelLeastSquares)
    weight = np.where(np.arange(N) == 0, 0.0, 1.0)
    fit = less.build(BINARY, 0).fit(X, CIRCLE, weight)
    assert not isinstance(fit.model_, KernelLeastSquares)


def test_scores_are_mean_duels() -> None:
    codes = np.digitize(X[:, 0], [-0.5, 0.5])
    found = fit_classification(rows_of(X, codes), Choice(0.5, 2.0), 3).scores(X)
    duels = SVC(C=2, gamma=0.5, decision_function_shape="ovo").fit(X, codes).decision_function(X)
    for i, (ab, ac, bc) in enumerate(duels):
        expected = [(ab + ac) / 2, (bc - ab) / 2, (-ac - bc) / 2]
        np.testing.assert_allclose(found[i], expected, atol=1e-8)
    assert (found.argmax(axis=1) == codes).mean() > 0.9


def test_two_classes_score_for_the_second_where_it_lies() -> None:
    found = fit_classification(rows_of(X, CIRCLE), Choice(0.5, 2.0), 2).scores(X)
    assert ((found[:, 1] > found[:, 0]) == CIRCLE).mean() > 0.9


def test_absent_classes_lose_to_those_that_are_there() -> None:
    found = fit_classification(rows_of(X, 2 * CIRCLE), Choice(0.5, 2.0), 3).scores(X)
    assert (found[:, 1] == -1).all()
    alone = fit_classification(rows_of(X, np.ones(N, int)), Choice(0.5, 2.0), 3).scores(X)
    assert (alone == np.array([-0.5, 1, -0.5])).all()


@WAYS
def test_a_class_of_one_row(learner: SupportVectors) -> None:
    codes = CIRCLE.copy()
    codes[0] = 2
    made = learner.build(THREE, 0).fit(X, codes).predict(X)
    np.testing.assert_allclose(made.sum(axis=1), 1)
    assert (made[:, 2] < 0.3).mean() > 0.9


@WAYS
@pytest.mark.parametrize("objective", [VALUES, BINARY], ids=["values", "classes"])
def test_rows_of_weight_zero_are_not_there(learner: SupportVectors, objective: Objective) -> None:
    weight = np.where(np.arange(N) % 5 == 0, 0.0, 2.0)
    used = weight > 0
    one = learner.build(objective, 0).fit(X, CIRCLE, weight).predict(X)
    other = learner.build(objective, 0).fit(X[used], CIRCLE[used]).predict(X)
    np.testing.assert_allclose(one, other, rtol=1e-6)


@WAYS
def test_weights_pull(learner: SupportVectors) -> None:
    noisy = np.where(RNG.random(N) < 0.3, 1 - CIRCLE, CIRCLE)
    means = []
    for heavy in (0, 1):
        weight = np.where(noisy == heavy, 10.0, 1.0)
        means.append(learner.build(BINARY, 0).fit(X, noisy, weight).predict(X).mean())
    assert means[0] < means[1] - 0.2
