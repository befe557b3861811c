"""Searches against brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackkit.metrics import get_metric
from stackkit.metrics.search import (
    FINE,
    best_cuts,
    best_threshold,
    candidate_cuts,
    count_cuts,
)

ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(1, 3)), min_size=1, max_size=25
)


def scored(metric, y, v, cut, weight):
    return metric.score(y, (v > cut).astype(int), weight)


@settings(max_examples=80, deadline=None)
@given(ROWS, st.sampled_from(["f1", "accuracy"]), st.booleans(), st.booleans())
def test_threshold_is_the_best_of_all(rows, name, weighted, counted):
    y, v, w = (np.array(x) for x in zip(*rows, strict=True))
    v, weight = v / 8, (w if weighted else None)
    metric = get_metric(name)
    searched = metric if counted else replace(metric, from_confusion=None)
    cut = best_threshold(searched, y, v, weight)
    every = [-1, *v]
    assert scored(metric, y, v, cut, weight) == pytest.approx(
        max(scored(metric, y, v, c, weight) for c in every)
    )


def test_threshold_prefers_the_middle_among_equals():
    v = np.array([0.1, 0.4, 0.45, 0.8])
    assert best_threshold(get_metric("f1"), np.zeros(4, dtype=int), v, None) == pytest.approx(0.425)


def test_cuts_separate_neighbours_however_close():
    a = np.float64(0.3)
    v = np.array([a, np.nextafter(a, 1), np.nextafter(np.nextafter(a, 1), 1)])
    cuts = candidate_cuts(v, None)
    assert [(v > cut).sum() for cut in cuts] == [3, 2, 1, 0]
    narrow = np.array([0.3, np.nextafter(np.float32(0.3), np.float32(1))], dtype=np.float32)
    assert [(narrow.astype(float) > cut).sum() for cut in candidate_cuts(narrow, None)] == [2, 1, 0]
    assert [(np.array([5.0]) > cut).sum() for cut in candidate_cuts(np.array([5.0]), None)] == [
        1,
        0,
    ]


def test_candidates_are_limited_to_quantiles_of_rows():
    v = np.random.default_rng(0).exponential(size=5000)
    cuts = candidate_cuts(v, 100)
    assert 90 <= len(cuts) <= 102
    assert (np.diff(cuts) > 0).all()
    below = np.searchsorted(np.sort(v), cuts) / len(v)
    assert np.diff(below).max() < 0.02


def test_counts_are_those_of_a_loop():
    rng = np.random.default_rng(1)
    labels = np.array([3, 5, 6])
    y, v, w = rng.choice(labels, 40), rng.integers(0, 12, 40) / 4, rng.random(40)
    grid = count_cuts(y, v, w, labels, None)
    positions = np.array([[2, 5], [4, 4]])
    for table, (a, b) in zip(grid.confusion(positions), grid.at[positions], strict=True):
        called = labels[(v > a).astype(int) + (v > b).astype(int)]
        for i, true in enumerate(labels):
            for j, guess in enumerate(labels):
                want = w[(y == true) & (called == guess)].sum()
                assert table[i, j] == pytest.approx(want)


def called(v, cuts, labels):
    return labels[np.searchsorted(cuts, v, side="left")]


@pytest.mark.parametrize("seed", range(6))
def test_cuts_come_close_to_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    labels = np.array([3.0, 4.0, 6.0])
    y = rng.choice(labels, 40, p=[0.5, 0.3, 0.2])
    v = y + rng.normal(0, 1.2, 40)
    weight = rng.uniform(0.5, 2, 40)
    metric = get_metric("qwk")
    pairs = combinations_with_replacement(candidate_cuts(v, None), 2)
    best = max(metric.score(y, called(v, cuts, labels), weight) for cuts in pairs)
    for searched in (metric, replace(metric, from_confusion=None)):
        cuts = best_cuts(searched, y, v, weight, labels)
        assert list(cuts) == sorted(cuts)
        assert metric.score(y, called(v, cuts, labels), weight) >= best - 0.02


def test_cuts_beat_both_starts_on_many_rows():
    rng = np.random.default_rng(3)
    labels = np.arange(3.0, 9.0)
    y = rng.choice(labels, 20_000, p=[0.02, 0.08, 0.4, 0.3, 0.15, 0.05])
    v = 0.5 * y + rng.normal(0, 0.5, len(y)) + 2.5
    metric = get_metric("qwk")
    cuts = best_cuts(metric, y, v, None, labels)
    assert len(cuts) == 5
    found = metric.score(y, called(v, cuts, labels))
    rounded = metric.score(y, np.clip(np.round(v), 3, 8))
    shares = np.cumsum([(y == label).mean() for label in labels])[:-1]
    equal = metric.score(y, called(v, np.quantile(v, shares), labels))
    assert found > max(rounded, equal) - 1 / FINE
    assert found > rounded + 0.02


def test_one_label_needs_no_cut():
    assert best_cuts(get_metric("qwk"), np.ones(4), np.arange(4.0), None, np.array([1.0])) == ()


def test_a_metric_that_is_nowhere_defined_still_gives_a_threshold():
    blind = replace(
        get_metric("accuracy"), score=lambda y, p, w=None: float("nan"), from_confusion=None
    )
    assert np.isfinite(best_threshold(blind, np.array([0, 1, 1]), np.array([0.1, 0.2, 0.9]), None))
