"""Rows for the inside of a fit keep shares of classes; members have an order of their own."""

from __future__ import annotations

import numpy as np
from weight_cases import stack

from stackkit.level2.sampling import fold_of_rows, inner_folds, member_order, sample


def test_samples_keep_shares_and_rare_classes() -> None:
    y = np.r_[np.zeros(900), np.ones(97), np.full(3, 2)].astype(int)
    rows = sample(y, 100, 0)
    counts = np.bincount(y[rows])
    assert abs(counts[0] - 90) <= 2
    assert counts[2] >= 2
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, sample(y, 100, 0))
    assert not np.array_equal(rows, sample(y, 100, 1))
    values = np.random.default_rng(0).normal(size=1000)
    quantiles = [np.quantile(v, (0.1, 0.5, 0.9)) for v in (values, values[sample(values, 100, 0)])]
    np.testing.assert_allclose(*quantiles, atol=0.05)


def test_inner_folds_are_a_stratified_partition() -> None:
    y = np.repeat([0, 1], [90, 10])
    seen = np.zeros(100, dtype=int)
    for inside, outside in inner_folds(y, 5, 0):
        seen[outside] += 1
        assert y[outside].sum() == 2
        np.testing.assert_array_equal(np.sort(np.r_[inside, outside]), np.arange(100))
    assert (seen == 1).all()


def test_the_order_of_members_follows_what_they_predict() -> None:
    pool, _, _ = stack("multiclass", 6)
    shuffled = [4, 1, 0, 5, 3, 2]
    one, other = member_order(pool, 0), member_order(pool.members(shuffled), 0)
    assert [pool.names[i] for i in one] == [pool.names[shuffled[i]] for i in other]


def test_folds_follow_the_seed_and_deal_out_rare_classes() -> None:
    y = np.repeat([0, 1], [90, 9])
    fold = fold_of_rows(y, 3, seed=4)
    assert [(fold[y == 1] == f).sum() for f in range(3)] == [3, 3, 3]
    assert not np.array_equal(fold, fold_of_rows(y, 3, seed=5))
