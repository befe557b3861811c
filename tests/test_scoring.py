"""Scores: pooled, a fold, and with cross-fitted decisions."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from stackkit.errors import FoldError, MetricError
from stackkit.folds import Folds
from stackkit.metrics import fit_decision, get_metric
from stackkit.scoring import (
    check_rows,
    fitted_decision,
    oracle_score,
    plain_labels,
    readable_predictions,
    running_score,
    score_repeats,
)


@pytest.fixture
def values():
    """(n, 1) predictions, never exact."""
    return np.random.default_rng(1).normal(size=(60, 1)).astype(np.float32)


def rmse(y, p):
    return float(np.sqrt(np.mean((y - np.asarray(p, dtype=float).ravel()) ** 2)))


def test_cv_is_pooled_a_repeat_and_folds_stand_beside_it(competition, plan, values):
    data, folds = competition(), plan(repeats=2)
    repeats = np.stack([values, values + 1])
    scores = score_repeats(data, folds, repeats)
    assert scores["cv"] == pytest.approx(np.mean([rmse(data.y, p) for p in repeats]), rel=1e-6)
    cells = {}
    for r in range(2):
        for k in range(3):
            rows = folds.assignment[r] == k
            cells[f"r{r}f{k}"] = rmse(data.y[rows], repeats[r][rows])
    assert scores["folds"] == pytest.approx(cells, rel=1e-6)
    assert scores["fold_mean"] == pytest.approx(np.mean(list(cells.values())))
    assert scores["fold_sd"] == pytest.approx(np.std(list(cells.values()), ddof=1))
    assert (scores["metric"], scores["greater_is_better"]) == ("rmse", False)


def test_only_scored_rows_count(competition, plan, values):
    data, folds = competition(), plan(held=10)
    values[50:] = np.nan
    scores = score_repeats(data, folds, values[None])
    assert scores["cv"] == pytest.approx(rmse(data.y[:50], values[:50]), rel=1e-6)


def test_nothing_scored_is_nan(competition, plan):
    scores = score_repeats(competition(), plan(), np.full((1, 60, 1), np.nan, dtype=np.float32))
    assert math.isnan(scores["cv"])
    assert scores["folds"] == {}


def test_a_fold_without_both_classes_has_no_auc(competition):
    data = competition("binary", metric="auc")
    order = np.argsort(data.y, kind="stable")
    assignment = np.empty(60, dtype=np.int16)
    assignment[order] = np.arange(60) * 3 // 60
    p = np.random.default_rng(0).random((1, 60, 1)).astype(np.float32)
    scores = score_repeats(data, Folds(assignment[None]), p)
    assert scores["cv"] == pytest.approx(roc_auc_score(data.y, p.ravel()))
    missing = [cell for cell, value in scores["folds"].items() if value is None]
    assert {"r0f0", "r0f2"} >= set(missing) != set()
    assert math.isfinite(scores["fold_mean"])


def test_weights_enter(competition, plan, values):
    data = competition()
    weight = np.where(np.arange(60) < 30, 1.0, 0.0)
    scores = score_repeats(dataclasses.replace(data, weight=weight), plan(), values[None])
    assert scores["cv"] == pytest.approx(rmse(data.y[:30], values[:30]), rel=1e-6)


def test_labels_come_from_a_decision(competition, plan):
    data = competition("multiclass", metric="accuracy")
    p = np.random.default_rng(0).dirichlet(np.ones(3), 60).astype(np.float32)
    scores = score_repeats(data, plan(), p[None])
    assert scores["cv"] == pytest.approx(np.mean(p.argmax(axis=1) == data.y))
    rows = np.arange(0, 60, 2)
    assert running_score(data, p[rows], rows) == pytest.approx(
        np.mean(p[rows].argmax(axis=1) == data.y[rows])
    )


def test_the_nearest_value_is_the_plainest_label(competition):
    frame = competition().train.assign(y=np.arange(60) % 3 * 10)
    data = competition(metric="qwk", train=frame, test=None)
    labels = plain_labels(data, np.array([[1.0], [14.0], [99.0], [-5.0]]))
    assert labels.tolist() == [0, 10, 20, 0]


def test_a_fit_is_scored_on_its_own_rows(competition):
    data = competition("binary")
    rows = np.array([3, 4, 5, 9])
    p = np.array([[0.2], [0.3], [0.9], [0.6]])
    expected = log_loss(data.y[rows], p, labels=[0, 1])
    assert running_score(data, p, rows) == pytest.approx(expected)


def test_the_oracle_is_scored_where_it_is_known(competition, values):
    data = competition()
    assert oracle_score(data, np.ones(60, dtype=bool)) is None
    known = dataclasses.replace(data, oracle=data.y[:, None] + 0.5)
    assert oracle_score(known, np.arange(60) < 20) == pytest.approx(0.5)


def cells_of(folds, oof, competition, kind="cutpoints"):
    """Labels by a plain loop: each fold by the decision of its own fit rows."""
    labels = np.full(folds.n_rows, np.nan)
    scored = ~np.isnan(oof[:, 0])
    for k in range(folds.n_splits):
        rows = [i for i in folds.cell_rows(0, k) if scored[i]]
        others = [i for i in folds.fit_rows(0, k) if scored[i]]
        if rows and others:
            decision = fit_decision(kind, competition.metric, competition.y[others], oof[others])
            labels[rows] = decision.apply(oof[rows])
    return labels


@pytest.fixture
def ordinal(competition):
    """Targets 0, 1, 2 scored by QWK from values."""
    data = competition()
    y = np.digitize(data.y, np.quantile(data.y, [0.3, 0.7])).astype(float)
    return dataclasses.replace(data, y=y, metric=get_metric("qwk"))


def test_a_folds_decision_is_fitted_on_its_fit_rows(ordinal, plan, values):
    oof = ordinal.y[:, None] + values
    found = readable_predictions(ordinal, plan(), 0, oof)
    np.testing.assert_array_equal(found, cells_of(plan(), oof, ordinal))
    changed = ordinal.y.copy()
    inside = plan().cell_rows(0, 1)
    changed[inside] = changed[inside][::-1]
    again = readable_predictions(dataclasses.replace(ordinal, y=changed), plan(), 0, oof)
    np.testing.assert_array_equal(found[inside], again[inside])


def test_no_decision_is_fitted_on_later_rows_of_forward_chaining(ordinal, forward, values):
    folds = forward()
    oof = np.where(folds.scored[:, None], ordinal.y[:, None] + values, np.nan)
    found = readable_predictions(ordinal, folds, 0, oof)
    later = np.flatnonzero(folds.assignment[0] > 0)
    expected = cells_of(folds, oof, ordinal)
    np.testing.assert_array_equal(found[later], expected[later])
    first = folds.cell_rows(0, 0)
    np.testing.assert_array_equal(found[first], plain_labels(ordinal, np.nan_to_num(oof))[first])
    assert math.isfinite(score_repeats(ordinal, folds, oof[None])["cv"])


def test_cross_fitted_thresholds_do_not_flatter_noise(competition, plan):
    data, rng = competition("binary", metric="f1"), np.random.default_rng(6)
    data = dataclasses.replace(
        data,
        metric=dataclasses.replace(get_metric("accuracy"), decisions=(("binary", "threshold"),)),
    )
    honest, in_sample = [], []
    for _ in range(40):
        noise = dataclasses.replace(data, y=rng.integers(0, 2, 60))
        p = rng.random((60, 1))
        honest.append(score_repeats(noise, plan(), p[None])["cv"])
        every = fitted_decision(noise, p, np.arange(60)).apply(p)
        in_sample.append(np.mean(every == noise.y))
    assert np.mean(in_sample) > 0.54
    assert np.mean(honest) < 0.52


@pytest.mark.parametrize(
    ("name", "kind"), [("qwk", "mean_cutpoints"), ("balanced_accuracy", "multipliers")]
)
def test_decisions_of_classes_are_fitted_on_the_folds_fit_rows(competition, plan, name, kind):
    data, rng = competition("multiclass", metric=name), np.random.default_rng(2)
    p = 0.3 * np.eye(3)[data.y] + rng.dirichlet([3, 1, 1], 60)
    p /= p.sum(axis=1, keepdims=True)
    found = readable_predictions(data, plan(), 0, p)
    np.testing.assert_array_equal(found, cells_of(plan(), p, data, kind))
    assert (found != p.argmax(axis=1)).any()


def test_a_metric_that_raises_is_an_error_on_all_rows_and_undefined_on_a_fold(
    competition, plan, values
):
    def score(y, p, weight=None):
        if len(y) < needed:
            raise MetricError("there are rows enough", len(y))
        return 0.5

    data = competition()
    data = dataclasses.replace(data, metric=dataclasses.replace(data.metric, score=score))
    needed = 30
    scores = score_repeats(data, plan(), values[None])
    assert scores["cv"] == 0.5
    assert set(scores["folds"].values()) == {None}
    needed = 61
    with pytest.raises(MetricError, match="rows enough"):
        score_repeats(data, plan(), values[None])


def test_a_plan_of_other_rows_is_refused(competition, plan):
    with pytest.raises(FoldError, match="60 rows of train"):
        check_rows(competition(), plan(rows=50))


def test_the_holdout_is_scored_by_a_decision_that_did_not_see_it(ordinal, plan, values):
    folds = plan(held=15)
    oof = np.where(folds.scored[:, None], ordinal.y[:, None] + values, np.nan)
    held = ordinal.y[45:, None] + values[45:]
    found = score_repeats(ordinal, folds, oof[None], held)["holdout"]
    labels = fitted_decision(ordinal, oof, np.arange(45)).apply(held)
    assert found == pytest.approx(ordinal.metric.score(ordinal.y[45:], labels, None))
    assert "holdout" not in score_repeats(ordinal, folds, oof[None])
