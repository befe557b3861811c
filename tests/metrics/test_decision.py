"""Labels from predictions: rules, their fit, and honest labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stackkit.errors import MetricError
from stackkit.metrics import Decision, fit_decision, get_metric

N = 300


def data(kind, seed=0, n=N):
    """(metric, y, p) on which a decision of this kind can be fitted."""
    rng = np.random.default_rng(seed)
    if kind == "cutpoints":
        y = rng.integers(3, 8, n).astype(float)
        return get_metric("qwk"), y, y[:, None] + rng.normal(0, 1, (n, 1))
    if kind in ("multipliers", "mean_cutpoints"):
        y = rng.choice(3, n, p=[0.7, 0.2, 0.1])
        p = rng.dirichlet(np.ones(3), n) + 0.4 * np.eye(3)[y]
        return get_metric("qwk"), y, p / p.sum(axis=1, keepdims=True)
    y = (rng.random(n) < 0.2).astype(int)
    p = np.clip(0.15 + 0.2 * y + rng.normal(0, 0.12, n), 0, 1)[:, None].astype(np.float32)
    return get_metric("f1"), y, p


KINDS = ["argmax", "threshold", "multipliers", "cutpoints", "mean_cutpoints"]
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_json_round_trip_and_hash(kind):
    metric, y, p = data(kind)
    decision = fit_decision(kind, metric, y, p)
    back = Decision.from_dict(json.loads(json.dumps(decision.to_dict(), allow_nan=False)))
    assert back == decision
    assert hash(back) == hash(decision)
    assert np.array_equal(back.apply(p), decision.apply(p))
    assert fit_decision(kind, metric, y, p) == decision


@every_kind
def test_one_row_gives_what_it_gives_in_a_batch(kind):
    metric, y, p = data(kind)
    decision = fit_decision(kind, metric, y, p)
    batch = decision.apply(p)
    assert batch.shape == (N,)
    single = np.concatenate([decision.apply(p[i : i + 1]) for i in range(N)])
    assert np.array_equal(batch, single)


@every_kind
@pytest.mark.parametrize("weighted", [False, True])
def test_fitting_beats_the_plain_rule(kind, weighted):
    metric, y, p = data(kind)
    weight = np.random.default_rng(9).uniform(0.1, 2, N) if weighted else None
    fitted = metric.score(y, fit_decision(kind, metric, y, p, weight).apply(p), weight)
    plain = np.clip(np.round(p[:, 0]), 3, 7) if kind == "cutpoints" else Decision("argmax").apply(p)
    assert fitted >= metric.score(y, plain, weight)
    if kind == "threshold":
        assert fitted > 0.3 + metric.score(y, plain, weight)


def test_argmax():
    decision = Decision("argmax")
    assert decision.apply(np.array([[0.5], [0.51]], np.float32)).tolist() == [0, 1]
    assert decision.apply(np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]])).tolist() == [1, 0]


def test_threshold_and_multipliers_and_cutpoints():
    assert Decision("threshold", (0.2,)).apply(np.array([[0.2], [0.3]])).tolist() == [0, 1]
    assert Decision("multipliers", (1.0, 3.0)).apply(np.array([[0.7, 0.3]])).tolist() == [1]
    labels = Decision("cutpoints", (1.5, 1.5, 4.0), (1, 2, 3, 9)).apply(
        np.array([[1.5], [1.6], [7.0]])
    )
    assert labels.tolist() == [1, 3, 9]
    assert labels.dtype == np.int64


def test_cutpoints_speak_the_targets_own_encoding():
    metric, y, p = data("cutpoints")
    as_float = fit_decision("cutpoints", metric, y, p)
    as_int = fit_decision("cutpoints", metric, y.astype(int), p)
    assert as_float.labels == (3.0, 4.0, 5.0, 6.0, 7.0)
    assert as_float.apply(p).dtype == np.float64
    assert as_int.apply(p).dtype == np.int64
    back = Decision.from_dict(json.loads(json.dumps(as_int.to_dict())))
    assert back.apply(p).dtype == np.int64


def test_mean_cutpoints_cut_the_mean_class():
    decision = Decision("mean_cutpoints", (0.5, 1.4), (0, 1, 2))
    p = np.array([[0.6, 0.4, 0.0], [0.45, 0.0, 0.55], [0.2, 0.1, 0.7]])
    assert decision.apply(p).tolist() == [0, 1, 2]
    assert Decision("mean_cutpoints", (0.3,), (0, 1)).apply(np.array([[0.3], [0.4]])).tolist() == [
        0,
        1,
    ]


def test_mean_cutpoints_and_cutpoints_of_the_mean_are_the_same_rule():
    metric, y, p = data("mean_cutpoints")
    mean = (p * np.arange(3)).sum(axis=1)[:, None]
    of_classes = fit_decision("mean_cutpoints", metric, y, p)
    of_means = fit_decision("cutpoints", metric, y, mean)
    assert np.allclose(of_classes.values, of_means.values)
    assert np.array_equal(of_classes.apply(p), of_means.apply(mean))


def test_multipliers_stay_ones_without_a_gain():
    y = np.arange(3).repeat(5)
    p = np.eye(3)[y] * 0.8 + 0.2 / 3
    assert fit_decision("multipliers", get_metric("accuracy"), y, p).values == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("coin",), "kind must be known"),
        (("threshold",), "values and labels"),
        (("threshold", (0.1, 0.2)), "values and labels"),
        (("argmax", (1.0,)), "values and labels"),
        (("multipliers", (1.0, 0.0)), "values and labels"),
        (("cutpoints", (2.0, 1.0), (1, 2, 3)), "values and labels"),
        (("mean_cutpoints", (2.0, 1.0), (1, 2, 3)), "values and labels"),
        (("cutpoints", (1.0,), (1, 2, 3)), "values and labels"),
        (("threshold", (float("nan"),)), "values and labels"),
    ],
)
def test_decisions_that_make_no_sense(arguments, rule):
    with pytest.raises(MetricError, match=rule):
        Decision(*arguments)


def test_from_dict_names_what_is_missing():
    with pytest.raises(MetricError, match="has a kind") as caught:
        Decision.from_dict({"values": []})
    assert "cutpoints" in caught.value.hint


ONE, TWO, Y = np.full((4, 1), 0.3), np.full((4, 2), 0.5), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("kind", "name", "y", "p", "rule"),
    [
        ("threshold", "auc", Y, ONE, "metric of labels"),
        ("threshold", "f1", Y, TWO, "one column"),
        ("threshold", "f1", Y + 1, ONE, "0 and 1"),
        ("cutpoints", "qwk", Y, TWO, "one column"),
        ("multipliers", "accuracy", Y, ONE, "a column a class"),
        ("treshold", "f1", Y, ONE, "kind must be known"),
        ("threshold", "f1", Y, ONE[:, 0], r"shape \(n, c\)"),
        ("threshold", "f1", Y, ONE * np.nan, "finite"),
        ("threshold", "f1", Y[:2], ONE, "labels of shape"),
        ("cutpoints", "qwk", np.arange(999.0), np.ones((999, 1)), "at most 200"),
    ],
)
def test_what_cannot_be_fitted(kind, name, y, p, rule):
    with pytest.raises(MetricError, match=rule) as caught:
        fit_decision(kind, get_metric(name), y, p)
    assert caught.value.got is not None


def test_what_cannot_be_applied():
    with pytest.raises(MetricError, match="2 multipliers"):
        Decision("multipliers", (1.0, 2.0)).apply(np.ones((1, 3)))
