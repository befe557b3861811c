"""Scores against scikit-learn and against loops that are plainly right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from stackkit.errors import MetricError
from stackkit.metrics import kernels

WEIGHTED = pytest.mark.parametrize("weighted", [False, True])


def draw(seed, n=200, classes=2):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(classes), rng.integers(0, classes, n - classes)]
    p = rng.dirichlet(np.ones(classes), n)
    return rng, y, p, rng.uniform(0.1, 3, n)


def pair_loop(y, score, weight):
    won = total = 0.0
    for i in np.flatnonzero(y == 1):
        for j in np.flatnonzero(y == 0):
            pair = weight[i] * weight[j]
            total += pair
            won += pair * ((score[i] > score[j]) + 0.5 * (score[i] == score[j]))
    return won / total


def kappa_loop(y, labels, weight):
    values = sorted({*y.tolist(), *labels.tolist()})
    seen = chance = 0.0
    for a in values:
        for b in values:
            cost = (a - b) ** 2
            seen += cost * weight[(y == a) & (labels == b)].sum()
            chance += cost * weight[y == a].sum() * weight[labels == b].sum() / weight.sum()
    return 1 - seen / chance


@WEIGHTED
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("digits", [1, 9])
def test_auc_is_the_share_of_pairs_in_order(weighted, dtype, digits):
    rng, y, _, w = draw(0)
    score = np.round(rng.random(len(y)) + 0.3 * y, digits).astype(dtype)
    weight = w if weighted else None
    got = kernels.auc(y, score[:, None], weight)
    assert got == pytest.approx(pair_loop(y, score, w if weighted else np.ones(len(y))), abs=1e-12)
    assert got == pytest.approx(sk.roc_auc_score(y, score, sample_weight=weight), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 3)), min_size=1))
def test_auc_with_heavy_ties_and_weights_of_zero(rows):
    y, score, weight = (np.array(x) for x in zip(*rows, strict=True))
    got = kernels.auc(y, score[:, None].astype(float), weight)
    if weight[y == 1].sum() == 0 or weight[y == 0].sum() == 0:
        assert math.isnan(got)
    else:
        assert got == pytest.approx(pair_loop(y, score, weight), abs=1e-12)


@WEIGHTED
def test_auc_of_classes_is_the_mean_of_one_against_the_rest(weighted):
    _, y, p, w = draw(1, classes=4)
    weight = w if weighted else None
    want = sk.roc_auc_score(y, p, multi_class="ovr", sample_weight=weight)
    assert kernels.auc(y, p, weight) == pytest.approx(want, abs=1e-12)


def test_auc_leaves_out_classes_that_do_not_occur():
    _, y, p, _ = draw(2, classes=3)
    rows = y < 2
    want = np.mean([sk.roc_auc_score(y[rows] == k, p[rows, k]) for k in (0, 1)])
    assert kernels.auc(y[rows], p[rows]) == pytest.approx(want)


def test_auc_is_nan_where_it_is_undefined():
    assert math.isnan(kernels.auc(np.array([1]), np.array([[0.2]])))
    assert math.isnan(kernels.auc(np.array([0, 1]), np.array([[0.2], [np.nan]])))
    assert math.isnan(kernels.auc(np.array([0, 1]), np.array([[np.nan, 1.0], [0.0, 1.0]])))


@WEIGHTED
@pytest.mark.parametrize("classes", [2, 5])
def test_logloss(weighted, classes):
    _, y, p, w = draw(3, classes=classes)
    weight = w if weighted else None
    want = sk.log_loss(y, p, sample_weight=weight)
    shown = p[:, 1:] if classes == 2 else p
    assert kernels.logloss(y, shown, weight) == pytest.approx(want, rel=1e-12)


def test_logloss_clips_in_float64_whatever_comes_in():
    for dtype in (np.float32, np.float64):
        sure_and_wrong = kernels.logloss(np.array([1]), np.array([[0.0]], dtype))
        assert sure_and_wrong == pytest.approx(-math.log(1e-15))
        assert kernels.logloss(np.array([0]), np.array([[1.0]], dtype)) == pytest.approx(
            -math.log(1e-15), rel=1e-2
        )
    right = kernels.logloss(np.array([1]), np.array([[0, 1.0, 0]]))
    assert 0 <= right < 1e-14


def test_logloss_renormalises():
    p = np.array([[0.2, 0.2, 0.4], [0.1, 0.3, 0.1]])
    y = np.array([2, 0])
    assert kernels.logloss(y, p) == pytest.approx(-np.log([0.5, 0.2]).mean())


@WEIGHTED
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (kernels.rmse, sk.root_mean_squared_error),
        (kernels.mae, sk.mean_absolute_error),
        (kernels.rmsle, sk.root_mean_squared_log_error),
    ],
)
@pytest.mark.parametrize("n", [1, 300])
def test_errors_of_values(ours, theirs, weighted, n):
    rng = np.random.default_rng(4)
    y, p = rng.gamma(2, 50, n), rng.gamma(2, 50, n)
    weight = rng.uniform(0.1, 2, n) if weighted else None
    want = theirs(y, p, sample_weight=weight)
    assert ours(y, p[:, None], weight) == pytest.approx(want, rel=1e-12)


def test_float32_predictions_are_summed_in_float64():
    y = np.full(300_000, 1e4)
    p = np.full((300_000, 1), 1e4 + 0.5, dtype=np.float32)
    assert kernels.rmse(y, p) == pytest.approx(0.5, rel=1e-12)


def test_rmsle_counts_predictions_below_zero_as_zero():
    y = np.array([3.0, 1.0])
    below, at = np.array([[-7.0], [2.0]]), np.array([[0.0], [2.0]])
    assert kernels.rmsle(y, below) == kernels.rmsle(y, at)


def test_rmsle_refuses_targets_below_zero():
    with pytest.raises(MetricError) as caught:
        kernels.rmsle(np.array([1.0, -2.0]), np.ones((2, 1)))
    assert "at least 0" in caught.value.rule
    assert caught.value.got == -2.0
    assert "rmse" in caught.value.hint


def test_two_columns_are_not_broadcast_against_targets():
    with pytest.raises(MetricError, match="one column"):
        kernels.rmse(np.ones(2), np.ones((2, 2)))


@WEIGHTED
def test_accuracy_and_f1(weighted):
    rng, y, _, w = draw(5)
    labels = np.where(rng.random(len(y)) < 0.7, y, 1 - y)
    weight = w if weighted else None
    accuracy = sk.accuracy_score(y, labels, sample_weight=weight)
    assert kernels.accuracy(y, labels, weight) == pytest.approx(accuracy)
    assert kernels.f1(y, labels, weight) == pytest.approx(
        sk.f1_score(y, labels, sample_weight=weight)
    )


def test_f1_without_any_positive_is_zero():
    zeros = np.zeros(3, dtype=int)
    assert kernels.f1(zeros, zeros) == 0.0
    assert kernels.f1(np.array([1]), np.array([1])) == 1.0


@WEIGHTED
@pytest.mark.parametrize("first", [0, 3])
def test_qwk_of_labels_in_a_row(weighted, first):
    rng = np.random.default_rng(6)
    y = rng.integers(first, first + 6, 400)
    labels = np.clip(y + rng.integers(-1, 2, 400), first, first + 5)
    weight = rng.uniform(0.1, 2, 400) if weighted else None
    want = sk.cohen_kappa_score(y, labels, weights="quadratic", sample_weight=weight)
    assert kernels.qwk(y, labels, weight) == pytest.approx(want, rel=1e-12)
    assert kernels.qwk(y.astype(float), labels.astype(float), weight) == pytest.approx(want)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_qwk_uses_differences_of_any_labels(seed):
    rng = np.random.default_rng(seed)
    y, labels = rng.choice([-4, 1, 2, 10], 30), rng.choice([1, 2, 10], 30)
    weight = rng.uniform(0.1, 2, 30)
    assert kernels.qwk(y, labels, weight) == pytest.approx(kappa_loop(y, labels, weight))


def test_qwk_of_one_constant_is_zero():
    same = np.full(3, 7)
    assert kernels.qwk(same, same) == 0.0
    assert kernels.qwk(same, same, np.array([0.1, 0.2, 0.7])) == 0.0
    assert kernels.qwk(same, np.array([7, 7, 8])) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("score", "of_table", "values"),
    [
        (kernels.accuracy, kernels.accuracy_of_confusion, (0, 1, 5)),
        (kernels.qwk, kernels.qwk_of_confusion, (0, 1, 5)),
        (kernels.f1, kernels.f1_of_confusion, (0, 1)),
    ],
)
def test_confusion_tables_give_the_same_scores(score, of_table, values):
    rng = np.random.default_rng(7)
    labels = np.array(values)
    y, called, weight = rng.choice(labels, 90), rng.choice(labels, 90), rng.uniform(0.1, 2, 90)
    table = sk.confusion_matrix(y, called, labels=labels, sample_weight=weight)
    got = of_table(np.stack([table, 0 * table]), labels)
    assert got == pytest.approx([score(y, called, weight), 0.0])


def test_weights_that_sum_to_zero_are_refused():
    with pytest.raises(MetricError, match="positive sum"):
        kernels.mae(np.ones(2), np.ones((2, 1)), np.zeros(2))
