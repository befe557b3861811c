"""What holds of every built-in metric: a sweep over metrics and tasks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from stackkit.metrics import Decision, fit_decision, get_metric, metric_names
from stackkit.metrics.built_in import BUILT_IN

NAMES = [*BUILT_IN, "map@1", "map@3", "pinball@0.1", "pinball@0.9"]
CASES = [(name, task) for name in NAMES for task in get_metric(name).tasks]
LABELS = [(name, task) for name, task in CASES if get_metric(name).reads == "label"]
SMOOTH = [(name, task) for name, task in CASES if get_metric(name).gradient]
every_case = pytest.mark.parametrize(("name", "task"), CASES)
N, CLASSES = 240, 4

# least and greatest score that any predictions can have
BOUNDS = {
    "qwk": (-1, 1), "mcc": (-1, 1), "gini": (-1, 1), "r2": (-math.inf, 1), "smape": (0, 200),
    "brier": (0, 2), "logloss": (0, math.inf), "rmse": (0, math.inf), "rmsle": (0, math.inf),
    "mae": (0, math.inf), "mape": (0, math.inf), "pinball@0.1": (0, math.inf),
    "pinball@0.9": (0, math.inf),
}  # fmt: skip


def truth(task, seed=0):
    """y, and predictions (n, c) as right as can be."""
    rng = np.random.default_rng(seed)
    if task == "regression":
        y = rng.integers(1, 8, N).astype(float)
        return y, y[:, None].copy()
    classes = 2 if task == "binary" else CLASSES
    share = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    y = np.r_[np.arange(classes), rng.choice(classes, N - classes, p=share)]
    p = np.eye(classes)[y]
    return y, (p[:, 1:] if task == "binary" else p)


def blurred(task, amount, seed=0):
    """y and predictions that get worse as `amount` grows from 0 to 1."""
    rng = np.random.default_rng(seed + 1)
    y, p = truth(task, seed)
    if task == "regression":
        return y, np.abs(p + 4 * amount * rng.normal(size=p.shape))
    p = np.hstack([1 - p, p]) if task == "binary" else p
    p = (1 - amount) * p + amount * rng.dirichlet(np.ones(p.shape[1]), N)
    return y, (p[:, 1:] if task == "binary" else p)


def readable(metric, task, p):
    """What the metric reads of predictions, by the plainest decision."""
    if metric.reads != "label":
        return p
    return np.clip(np.round(p[:, 0]), 1, 7) if task == "regression" else Decision("argmax").apply(p)


def test_the_sweep_covers_every_metric():
    covered = {name.partition("@")[0] for name in NAMES}
    assert covered == {name.partition("@")[0] for name in metric_names()}


@every_case
def test_better_predictions_score_better_within_the_bounds(name, task):
    metric = get_metric(name)
    scores = []
    for amount in (0.0, 0.65, 0.8, 1.0):
        y, p = blurred(task, amount)
        labels = readable(metric, task, p)
        metric.check(y, labels, None, task)
        scores.append(metric(y, labels))
    assert all(metric.better(a, b) for a, b in pairwise(scores)), scores
    low, high = BOUNDS.get(name, (0, 1))
    assert all(low <= score <= high for score in scores)
    best = high if metric.greater_is_better else low
    assert scores[0] == pytest.approx(best, abs=1e-9)


@every_case
def test_rows_in_another_order_score_the_same(name, task):
    metric = get_metric(name)
    y, p = blurred(task, 0.6)
    weight = np.random.default_rng(5).uniform(0.5, 2, N)
    found = metric(y, readable(metric, task, p), weight)
    order = np.random.default_rng(6).permutation(N)
    again = metric(y[order], readable(metric, task, p[order]), weight[order])
    assert again == pytest.approx(found, rel=1e-12)
    none = np.r_[weight, np.zeros(N)]
    twice = metric(np.r_[y, y[::-1]], readable(metric, task, np.vstack([p, p])), none)
    assert twice == pytest.approx(found, rel=1e-12)


@every_case
def test_one_name_finds_it_again(name, task):
    metric = get_metric(name)
    assert metric.name == name
    assert get_metric(metric.name) == metric
    assert metric.recipe()["name"] == name
    assert task in metric.tasks


@every_case
def test_every_label_metric_has_a_decision_and_no_other_has(name, task):
    metric = get_metric(name)
    assert (metric.decision_for(task) is None) == (metric.reads != "label")
    assert (metric.surrogate_for(task) == "logloss") == (task != "regression")


@pytest.mark.parametrize(("name", "task"), SMOOTH)
def test_gradients_are_slopes_of_the_row_losses(name, task):
    metric = get_metric(name)
    y, p = blurred(task, 0.5, seed=3)
    if task != "regression":
        p = np.clip(p, 0.05, 0.95)
    gradient, step = metric.gradient(y, p), 1e-6
    assert gradient.shape == p.shape
    for j in range(p.shape[1]):
        shift = step * (np.arange(p.shape[1]) == j)
        slope = (metric.row_loss(y, p + shift) - metric.row_loss(y, p - shift)) / (2 * step)
        assert gradient[:, j] == pytest.approx(slope, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "task"), LABELS)
def test_a_fitted_decision_is_no_worse_than_the_plain_one_where_it_is_fitted(name, task, weighted):
    metric = get_metric(name)
    y, p = blurred(task, 0.75, seed=2)
    weight = np.random.default_rng(5).uniform(0.5, 2, N) if weighted else None
    decision = fit_decision(metric.decision_for(task), metric, y, p, weight)
    plain = metric.score(y, readable(metric, task, p), weight)
    assert metric.sign * metric.score(y, decision.apply(p), weight) >= metric.sign * plain - 1e-12


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_brier_is_that_of_scikit_learn(task, weighted):
    y, p = blurred(task, 0.6)
    weight = np.random.default_rng(5).random(N) if weighted else None
    expected = sklearn_metrics.brier_score_loss(
        y, p[:, 0] if task == "binary" else p, sample_weight=weight
    )
    assert get_metric("brier")(y, p, weight) == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_r2_is_that_of_scikit_learn(weighted):
    y, p = blurred("regression", 0.6)
    weight = np.random.default_rng(5).random(N) if weighted else None
    expected = sklearn_metrics.r2_score(y, p[:, 0], sample_weight=weight)
    assert get_metric("r2")(y, p, weight) == pytest.approx(expected)
    assert math.isnan(get_metric("r2")(np.full(3, 0.1), np.ones((3, 1))))


def test_a_decision_that_matters_gains():
    for name, task in (("balanced_accuracy", "multiclass"), ("qwk", "multiclass"),
                       ("mcc", "binary"), ("f1_macro", "multiclass")):  # fmt: skip
        metric = get_metric(name)
        y, p = blurred(task, 0.75, seed=2)
        tilt = np.array([4.0, 1.0, 1.0, 1.0])
        p = p * tilt / (p * tilt).sum(axis=1, keepdims=True) if task == "multiclass" else p**2
        decision = fit_decision(metric.decision_for(task), metric, y, p)
        assert metric(y, decision.apply(p)) > metric(y, Decision("argmax").apply(p)) + 0.02
