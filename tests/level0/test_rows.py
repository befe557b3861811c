"""Rows of positive weight, samples and inner folds."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.level0.rows import blocks, deal, rank_within, rows_of, sample, sample_classes

RNG = np.random.default_rng(0)
CODES = RNG.choice(4, 200, p=[0.7, 0.2, 0.09, 0.01])


def test_rows_of_weight_zero_are_not_there_and_weights_have_mean_one() -> None:
    X, y = np.arange(8, dtype=np.float32).reshape(4, 2), np.arange(4)
    rows = rows_of(X, y, np.array([2.0, 0.0, 1.0, 3.0]))
    assert rows.values.tolist() == [[0, 1], [4, 5], [6, 7]]
    assert rows.y.tolist() == [0, 2, 3]
    assert rows.weight.tolist() == [1.0, 0.5, 1.5]
    assert rows.values.dtype == np.float64


def test_taken_rows_have_weights_of_mean_one_again() -> None:
    rows = rows_of(np.zeros((3, 1)), np.arange(3), np.array([1.0, 2.0, 6.0]))
    assert rows.take(np.array([0, 2])).weight.tolist() == [2 / 7, 12 / 7]


def test_a_sample_is_sorted_and_without_repeats() -> None:
    found = sample(100, 30, 1)
    assert len(np.unique(found)) == 30
    assert (np.diff(found) > 0).all()
    assert sample(5, 30, 1).tolist() == [0, 1, 2, 3, 4]
    assert sample(100, 30, 2).tolist() != found.tolist()


def test_a_sample_of_classes_keeps_shares_and_rare_ones() -> None:
    found = sample_classes(CODES, 50, 0)
    counts, sizes = np.bincount(CODES[found], minlength=4), np.bincount(CODES, minlength=4)
    assert (np.abs(counts - sizes / 4) <= 2).all()
    assert (counts >= np.minimum(sizes, 2)).all()


@pytest.mark.parametrize("splits", [2, 5])
def test_folds_deal_each_class_evenly(splits: int) -> None:
    folds = deal(CODES, splits, 0)
    for code in np.unique(CODES):
        counts = np.bincount(folds[CODES == code], minlength=splits)
        assert counts.max() - counts.min() <= 1
    assert np.bincount(folds).max() - np.bincount(folds).min() <= 1


def test_rank_within_against_a_loop() -> None:
    slow = [int((CODES[:i] == CODES[i]).sum()) for i in range(len(CODES))]
    assert rank_within(CODES).tolist() == slow


@pytest.mark.parametrize("n", [0, 1, 6, 7])
def test_blocks_cover_all_rows_once(n: int) -> None:
    assert np.concatenate([np.arange(n)[b] for b in blocks(n, 3)] or [[]]).tolist() == [*range(n)]
