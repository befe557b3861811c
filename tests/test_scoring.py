"""Scores: pooled, a fold, and with cross-fitted decisions."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from stackkit.folds import Folds
from stackkit.scoring import oracle_score, plain_labels, running_score, score_repeats


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
