"""Histograms and evidence against counting row by row."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.level0.bayes import (
    NaiveBayes,
    bin_codes,
    log_evidence,
    quantile_edges,
    scores,
    tally,
)
from stackkit.spec import Objective

RNG = np.random.default_rng(0)
N, C = 120, 3
Y = RNG.integers(0, C, N)
X = np.stack([RNG.normal(size=N) + Y, RNG.integers(0, 2, N), np.zeros(N)], axis=1)
WEIGHT = RNG.random(N) + 0.5
BINS = 4
THREE = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))


def test_bins_hold_about_equal_numbers_and_few_values_a_bin_each() -> None:
    edges = quantile_edges(X, BINS, 0)
    codes = bin_codes(X, edges)
    assert [len(edge) for edge in edges] == [3, 1, 0]
    assert np.abs(np.bincount(codes[0]) - N / BINS).max() <= 1
    np.testing.assert_array_equal(codes[1], X[:, 1])
    assert (codes[2] == 0).all()


def test_scores_against_counting() -> None:
    codes = bin_codes(X, quantile_edges(X, BINS, 0))
    found = scores(codes, log_evidence(tally(codes, Y, WEIGHT, BINS, C), 5.0))
    total = WEIGHT.sum()
    for i in (0, 7, 50):
        for k in range(C):
            of_class = WEIGHT[Y == k].sum()
            slow = np.log((of_class + 1) / (total + C))
            for code in codes:
                same = code == code[i]
                overall = WEIGHT[same].sum() / total
                slow += np.log((WEIGHT[same & (Y == k)].sum() + 5 * overall) / (of_class + 5))
            assert found[i, k] == pytest.approx(slow, abs=1e-3)


def test_left_out_scores_do_not_see_their_own_fold() -> None:
    fit = NaiveBayes(inner_folds=N).build(THREE, 0)
    noise = RNG.permutation(Y)
    made = fit.fit(np.arange(N, dtype=float)[:, None], noise).predict(X[:1, :1])
    shares = np.bincount(noise) / N
    np.testing.assert_allclose(made[0], shares, atol=0.15)


def test_columns_that_repeat_themselves_do_not_make_it_overconfident() -> None:
    y = RNG.integers(0, 2, 600)
    x = RNG.normal(size=600) + y
    binary = Objective("binary", "identity", "logloss", ("0", "1"))
    many = np.repeat(x[:, None], 20, axis=1)
    half = slice(0, 300), slice(300, 600)
    p = NaiveBayes().build(binary, 0).fit(many[half[0]], y[half[0]]).predict(many[half[1]])[:, 0]
    loss = -np.mean(np.log(np.where(y[half[1]] == 1, p, 1 - p)))
    assert loss < 0.66


def test_rows_of_weight_zero_are_not_there() -> None:
    weight = np.where(np.arange(N) % 4 == 0, 0.0, 2.0)
    used = weight > 0
    fit = NaiveBayes().build(THREE, 0)
    one = fit.fit(X, Y, weight).predict(X)
    np.testing.assert_allclose(one, fit.fit(X[used], Y[used]).predict(X), rtol=1e-9)
