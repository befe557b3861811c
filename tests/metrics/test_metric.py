"""What a Metric says of itself, and what it refuses to score."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from stackkit.errors import MetricError
from stackkit.metrics import get_metric
from stackkit.metrics.registry import BUILT_IN
from stackkit.recipe import canonical


def sample(metric, task, n=60):
    rng = np.random.default_rng(0)
    if task == "regression":
        y = rng.integers(3, 9, n).astype(float)
        return y, (y if metric.reads == "label" else y[:, None] + rng.random((n, 1)))
    classes = 2 if task == "binary" else 4
    y = np.r_[np.arange(classes), rng.integers(0, classes, n - classes)]
    p = rng.dirichlet(np.ones(classes), n)
    if metric.reads == "label":
        return y, p.argmax(axis=1)
    return y, (p[:, 1:] if task == "binary" else p)


NAMES = [*BUILT_IN, "map@3", "pinball@0.9"]
CASES = [(name, task) for name in NAMES for task in get_metric(name).tasks]


@pytest.mark.parametrize(("name", "task"), CASES)
def test_every_metric_scores_each_of_its_tasks(name, task):
    metric = get_metric(name)
    y, p = sample(metric, task)
    metric.check(y, p, np.ones(len(y)), task)
    score = metric(y, p)
    assert isinstance(score, float)
    assert math.isfinite(score)
    assert score == pytest.approx(metric(y, p, np.full(len(y), 2.5)))
    assert metric(y[:1].repeat(2), p[:1].repeat(2, axis=0)) is not None


@pytest.mark.parametrize(("name", "task"), CASES)
def test_weights_count_as_repeated_rows(name, task):
    metric = get_metric(name)
    y, p = sample(metric, task)
    weight = np.random.default_rng(1).integers(0, 4, len(y))
    repeated = metric.score(np.repeat(y, weight), np.repeat(p, weight, axis=0))
    assert metric.score(y, p, weight) == pytest.approx(repeated, rel=1e-10)


@pytest.mark.parametrize(("name", "task"), [x for x in CASES if get_metric(x[0]).row_loss])
def test_mean_row_loss_gives_the_score(name, task):
    metric = get_metric(name)
    y, p = sample(metric, task)
    loss = metric.row_loss(y, p)
    assert loss.shape == (len(y),)
    assert loss.dtype == np.float64
    assert metric.from_loss(loss.mean()) == pytest.approx(metric.score(y, p))
    assert metric.gradient(y, p).shape == p.shape


def test_what_does_not_decompose_has_no_row_loss():
    without = {name for name in NAMES if get_metric(name).row_loss is None}
    assert " ".join(sorted(without)) == (
        "accuracy auc average_precision balanced_accuracy f1 f1_macro gini map@3 mcc qwk r2"
    )


def test_better_follows_the_direction_and_nan_is_worst():
    auc, rmse = get_metric("auc"), get_metric("rmse")
    assert auc.better(0.9, 0.8)
    assert rmse.better(0.8, 0.9)
    assert not auc.better(0.8, 0.8)
    assert (auc.sign, rmse.sign) == (1, -1)
    for metric in (auc, rmse):
        assert metric.better(0.5, math.nan)
        assert not metric.better(math.nan, 0.5)
        assert not metric.better(math.nan, math.nan)


@pytest.mark.parametrize(
    ("name", "task", "surrogate", "decision"),
    [
        ("auc", "binary", "logloss", None),
        ("logloss", "multiclass", "logloss", None),
        ("accuracy", "multiclass", "logloss", "argmax"),
        ("accuracy", "binary", "logloss", "argmax"),
        ("f1", "binary", "logloss", "threshold"),
        ("qwk", "regression", "squared", "cutpoints"),
        ("qwk", "multiclass", "logloss", "mean_cutpoints"),
        ("qwk", "binary", "logloss", "threshold"),
        ("balanced_accuracy", "binary", "logloss", "threshold"),
        ("balanced_accuracy", "multiclass", "logloss", "multipliers"),
        ("f1_macro", "multiclass", "logloss", "multipliers"),
        ("mcc", "multiclass", "logloss", "multipliers"),
        ("gini", "binary", "logloss", None),
        ("gini", "regression", "squared", None),
        ("map@3", "multiclass", "logloss", None),
        ("smape", "regression", "squared", None),
        ("rmsle", "regression", "squared", None),
        ("mae", "regression", "absolute", None),
        ("pinball@0.9", "regression", "quantile:0.9", None),
    ],
)
def test_surrogate_and_decision(name, task, surrogate, decision):
    metric = get_metric(name)
    assert metric.surrogate_for(task) == surrogate
    assert metric.decision_for(task) == decision


def test_traits_of_the_built_in_metrics():
    ranks = {name for name in BUILT_IN if get_metric(name).ranks}
    assert ranks == {"auc", "average_precision", "gini"}
    spaces = {name for name in NAMES if get_metric(name).average_space == "log1p"}
    assert spaces == {"rmsle", "mape", "smape"}
    assert (get_metric("map@5").top, get_metric("logloss").top) == (5, 0)
    assert (get_metric("logloss").lower, get_metric("logloss").upper) == (0, 1)
    assert get_metric("rmse").lower == -math.inf


def test_metric_is_frozen_hashable_and_travels():
    metric = get_metric("qwk")
    with pytest.raises(FrozenInstanceError):
        metric.version = 2
    assert pickle.loads(pickle.dumps(metric)) == metric
    assert hash(replace(metric, version=2)) != hash(metric)
    assert replace(metric, decisions={"binary": "threshold"}).decision_for("binary") == "threshold"


def test_recipe_holds_what_a_key_needs():
    recipe = get_metric("auc").recipe()
    assert recipe["code"] is None
    assert replace(get_metric("auc"), code=b"a").recipe() != recipe
    assert replace(get_metric("auc"), version=2).recipe() != recipe
    assert replace(get_metric("auc"), surrogate="squared").recipe() != recipe
    assert replace(get_metric("auc"), average_space="log1p").recipe() != recipe


def test_recipe_holds_decisions_as_they_are_resolved():
    by_default = {"binary": "threshold", "multiclass": "argmax", "regression": "cutpoints"}
    metric = replace(get_metric("qwk"), decisions=())
    assert metric.recipe()["decisions"] == by_default
    assert replace(metric, decisions=by_default).recipe() == metric.recipe()
    assert metric.recipe()["surrogate"] == {
        "binary": "logloss",
        "multiclass": "logloss",
        "regression": "squared",
    }
    assert canonical(metric.recipe())


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"reads": "margin"}, "reads one of"),
        ({"tasks": ()}, "tasks"),
        ({"tasks": ("ranking",)}, "tasks"),
        ({"average_space": "rank"}, "average_space"),
        ({"lower": 1.0, "upper": 0.0}, "below"),
        ({"decisions": (("binary", "coin"),)}, "decisions"),
        ({"top": 3}, r"multiclass probabilities.* for binary.*reads=.proba."),
        ({"surrogate": "hinge"}, "a surrogate is"),
        ({"surrogate": "quantile:1"}, "a surrogate is"),
        ({"surrogate": "quantile:high"}, "a surrogate is"),
    ],
)
def test_fields_are_checked(change, rule):
    with pytest.raises(MetricError, match=rule):
        replace(get_metric("auc"), **change)


Y, P = np.array([0, 1, 1]), np.array([[0.2], [0.7], [0.9]])


@pytest.mark.parametrize(
    ("name", "y", "p", "weight", "task", "rule"),
    [
        ("auc", Y[:, None], P, None, None, "one non-empty column"),
        ("auc", Y[:0], P[:0], None, None, "one non-empty column"),
        ("auc", Y, P[:, 0], None, None, r"shape \(3, c\)"),
        ("auc", Y, P[:2], None, None, r"shape \(3, c\)"),
        ("f1", Y, P, None, None, "reads labels"),
        ("auc", Y, np.where(P > 0.8, np.nan, P), None, None, "predictions are finite"),
        ("rmse", np.array([0, 1, np.inf]), P, None, None, "targets are finite"),
        ("mape", Y, P, None, None, "other than 0"),
        ("brier", Y, 3 * P, None, None, r"within \[0.0, 1.0\]"),
        ("logloss", Y, 3 * P, None, None, r"within \[0.0, 1.0\]"),
        ("logloss", Y + 1, P, None, None, "classes are 0..1"),
        ("logloss", Y - 0.5, P, None, None, "classes are 0..1"),
        ("auc", Y, P, None, "regression", "auc scores"),
        ("auc", Y, P, None, "multiclass", "a column a class"),
        ("auc", Y, np.hstack([1 - P, P]), None, "binary", "one column"),
        ("f1", Y + 1, Y, None, "binary", "0 and 1"),
        ("auc", Y, P, np.ones(2), None, "weights have shape"),
        ("auc", Y, P, np.array([1, 1, -1]), None, "at least 0"),
        ("auc", Y, P, np.zeros(3), None, "not all 0"),
    ],
)
def test_check_states_what_is_wrong(name, y, p, weight, task, rule):
    with pytest.raises(MetricError, match=rule) as caught:
        get_metric(name).check(y, p, weight, task)
    assert caught.value.got is not None
    assert caught.value.hint
