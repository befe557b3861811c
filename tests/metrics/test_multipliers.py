"""Class multipliers against scores of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stackkit.metrics import get_metric, multipliers
from stackkit.metrics.confusion import table
from stackkit.metrics.multipliers import Rows, best_multipliers, best_other, trial_tables

PRIOR = np.array([0.8, 0.15, 0.05])
NAMES = ["balanced_accuracy", "f1_macro", "mcc", "qwk"]


def sample(n=3000, seed=4):
    """y and its true probabilities."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=PRIOR)
    x = rng.normal(np.eye(3)[y] * 1.5)
    p = PRIOR * np.exp(1.5 * x)
    return y, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_they_score_better_on_rows_that_did_not_fit_them(name, counted):
    metric = get_metric(name)
    y, p = sample(6000)
    p = p * np.array([1.0, 1.0, 12.0])
    p /= p.sum(axis=1, keepdims=True)
    searched = metric if counted else replace(metric, from_confusion=None)
    factors = np.array(best_multipliers(searched, y[:3000], p[:3000], None))
    after = metric.score(y[3000:], (p[3000:] * factors).argmax(axis=1))
    assert after > metric.score(y[3000:], p[3000:].argmax(axis=1))
    assert np.log(factors).sum() == pytest.approx(0, abs=1e-12)


def test_right_probabilities_are_balanced_by_their_prior():
    y, p = sample(20_000)
    metric = get_metric("balanced_accuracy")
    factors = np.array(best_multipliers(metric, y[:10_000], p[:10_000], None))
    y, p = y[10_000:], p[10_000:]
    natural = metric.score(y, (p / PRIOR).argmax(axis=1))
    assert metric.score(y, (p * factors).argmax(axis=1)) > natural - 0.005
    assert natural > metric.score(y, p.argmax(axis=1)) + 0.05


def test_probabilities_that_are_off_are_mended_beyond_the_prior():
    y, p = sample(8000)
    p = p * np.array([1.0, 1.0, 12.0])
    p /= p.sum(axis=1, keepdims=True)
    metric = get_metric("balanced_accuracy")
    factors = np.array(best_multipliers(metric, y[:4000], p[:4000], None))
    y, p = y[4000:], p[4000:]
    natural = metric.score(y, (p / PRIOR).argmax(axis=1))
    assert metric.score(y, (p * factors).argmax(axis=1)) > natural + 0.05


def test_trials_are_counted_as_a_loop_would():
    rng = np.random.default_rng(0)
    y, p, weight = rng.integers(0, 4, 50), rng.dirichlet(np.ones(4), 50), rng.random(50)
    rows, factors = Rows(y, np.log(p), weight), rng.normal(size=4)
    labels, trials = rows.labels(factors), np.array([-2.0, -0.3, 0.0, 0.4, 3.0])
    for j in range(4):
        rival, needed = best_other(rows, factors, labels, j)
        tables = trial_tables(rows, rival, needed, j, trials)
        for trial, counted in zip(trials, tables, strict=True):
            moved = factors + trial * (np.arange(4) == j)
            called = np.r_[rows.labels(moved), 3]
            expected = table(np.r_[y, 3], called, np.r_[weight, 0.0])
            assert counted == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_sample_of_many_rows_finds_about_the_same(monkeypatch, weighted):
    y, p = sample(9000)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y)) if weighted else None
    metric = get_metric("f1_macro")
    every = best_multipliers(metric, y, p, weight)
    monkeypatch.setattr(multipliers, "MAX_CELLS", 9000)
    few = best_multipliers(metric, y, p, weight)
    assert few == best_multipliers(metric, y, p, weight)
    scores = [metric.score(y, (p * np.array(x)).argmax(axis=1), weight) for x in (every, few)]
    assert scores[1] == pytest.approx(scores[0], abs=0.02)
    assert scores[1] > metric.score(y, p.argmax(axis=1), weight)


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_a_handful_of_rows_and_classes_that_do_not_occur(rows):
    y, p = sample(rows)
    p = np.column_stack([p, np.zeros(rows)])
    for name in NAMES:
        for weight in (None, np.eye(rows)[0]):
            assert np.isfinite(best_multipliers(get_metric(name), y, p, weight)).all()


def test_a_metric_that_is_nowhere_defined_moves_nothing():
    metric = replace(
        get_metric("accuracy"), score=lambda y, p, w=None: float("nan"), from_confusion=None
    )
    y, p = np.array([0, 1, 2]), np.full((3, 3), 1 / 3)
    assert best_multipliers(metric, y, p, None) == (1.0, 1.0, 1.0)
