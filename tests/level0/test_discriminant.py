"""Discriminants against the formulas, spelt out row by row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from stackkit.level0.discriminant import (
    LinearDiscriminant,
    class_means,
    fit_discriminants,
    shrunk_covariance,
)
from stackkit.level0.rows import rows_of
from stackkit.spec import Objective

RNG = np.random.default_rng(0)
N, D, C = 90, 4, 3
Y = np.arange(N) % C
X = RNG.normal(size=(N, D)) @ RNG.normal(size=(D, D)) + 2 * np.eye(C, D)[Y]
WEIGHT = RNG.integers(1, 4, N).astype(float)
THREE = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))


def posteriors(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def test_without_shrinkage_it_is_the_textbooks() -> None:
    found = fit_discriminants(rows_of(X, Y), C, 0.0).scores(X)
    textbook = LinearDiscriminantAnalysis(solver="lsqr").fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(posteriors(found), textbook, atol=1e-4)


def test_shrinkage_against_the_explicit_formula() -> None:
    means = np.stack([X[Y == k].mean(axis=0) for k in range(C)])
    within = sum(np.outer(x - means[k], x - means[k]) for x, k in zip(X, Y, strict=True)) / N
    shrunk = 0.7 * within + 0.3 * np.diag(np.diag(within))
    slow = np.empty((N, C))
    for i, x in enumerate(X):
        for k, mean in enumerate(means):
            away = x - mean
            slow[i, k] = np.log(1 / C) - 0.5 * away @ np.linalg.inv(shrunk) @ away
    found = fit_discriminants(rows_of(X, Y), C, 0.3).scores(X)
    np.testing.assert_allclose(posteriors(found), posteriors(slow), atol=1e-4)


def test_shrinkage_is_ledoit_and_wolfs() -> None:
    centred = X - X.mean(axis=0)
    expected = ledoit_wolf(centred, assume_centered=True)[0]
    np.testing.assert_allclose(shrunk_covariance(centred, np.ones(N)), expected, atol=1e-4)


def test_weights_are_repeated_rows() -> None:
    repeated = np.repeat(np.arange(N), WEIGHT.astype(int))
    once = fit_discriminants(rows_of(X, Y, WEIGHT), C, 0.2)
    again = fit_discriminants(rows_of(X[repeated], Y[repeated]), C, 0.2)
    np.testing.assert_allclose(once.directions, again.directions, rtol=1e-8)
    np.testing.assert_allclose(once.offset, again.offset, rtol=1e-8)


def test_means_and_shares_of_classes_that_are_not_there() -> None:
    share, means = class_means(rows_of(np.ones((2, 1)), np.array([0, 2])), 3)
    assert share.tolist() == [0.5, 0, 0.5]
    assert means.tolist() == [[1], [0], [1]]


def test_rows_of_weight_zero_are_not_there() -> None:
    weight = np.where(np.arange(N) % 4 == 0, 0.0, 2.0)
    used = weight > 0
    fit = LinearDiscriminant().build(THREE, 0)
    one = fit.fit(X, Y, weight).predict(X)
    np.testing.assert_allclose(one, fit.fit(X[used], Y[used]).predict(X), rtol=1e-9)


@pytest.mark.parametrize("columns", [1, 200])
def test_more_columns_than_rows_and_one_column(columns: int) -> None:
    wide = RNG.normal(size=(N, columns)) + Y[:, None]
    made = LinearDiscriminant().build(THREE, 0).fit(wide, Y).predict(wide)
    assert (made.argmax(axis=1) == Y).mean() > 0.5
    np.testing.assert_allclose(made.sum(axis=1), 1)
