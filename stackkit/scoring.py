"""Scores of out-of-fold predictions: pooled, a fold, and with cross-fitted decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from stackkit.competition import Competition
from stackkit.errors import MetricError
from stackkit.folds import Folds
from stackkit.metrics import Decision, cross_fitted_labels
from stackkit.predictions import Predictions

NAN = float("nan")


def score_repeats(competition: Competition, folds: Folds, repeats: np.ndarray) -> dict[str, Any]:
    """Scores of OOF predictions (R, n, c), NaN where a row is not scored.

    Returns
    -------
    dict with `metric`, `greater_is_better`, `cv` (metric on the pooled OOF of scored rows, a
    repeat, then the mean), `fold_mean`, `fold_sd` and `folds` (cell name -> score, None where the
    metric is undefined there).
    """
    pooled, cells = [], {}
    for repeat, oof in enumerate(repeats):
        scored = ~np.isnan(oof[:, 0])
        if scored.any():
            readable = readable_predictions(competition, folds, repeat, oof)
            pooled.append(score_rows(competition, readable, np.flatnonzero(scored)))
            cells |= _cell_scores(competition, folds, repeat, readable, scored)
    values = [v for v in cells.values() if not math.isnan(v)]
    return {
        "metric": competition.metric.name,
        "greater_is_better": competition.metric.greater_is_better,
        "cv": float(np.mean(pooled)) if pooled else NAN,
        "fold_mean": float(np.mean(values)) if values else NAN,
        "fold_sd": float(np.std(values, ddof=1)) if len(values) > 1 else NAN,
        "folds": {cell: None if math.isnan(v) else v for cell, v in cells.items()},
    }


def rescored(record: Predictions, competition: Competition, folds: Folds) -> Predictions:
    """A cached record with scores by the competition's metric, which enters few keys.

    Entries hold the scores of the metric that they were made under; a metric of the user's own may
    have changed under its name.
    """
    metric = competition.metric
    if metric.code is None and record.scores.get("metric") == metric.name:
        return record
    repeats = record.oof[None] if record.oof_repeats is None else record.oof_repeats
    return record.with_(scores=score_repeats(competition, folds, repeats))


def readable_predictions(
    competition: Competition, folds: Folds, repeat: int, oof: np.ndarray
) -> np.ndarray:
    """What the metric reads: predictions, or labels by a decision cross-fitted over folds."""
    kind = competition.metric.decision_for(competition.task)
    if kind is None:
        return oof
    groups = np.where(np.isnan(oof[:, 0]), -1, folds.assignment[repeat])
    if len(np.unique(groups[groups >= 0])) < 2:
        kind = "argmax" if competition.task != "regression" else kind
    filled = np.nan_to_num(oof)
    return cross_fitted_labels(
        kind, competition.metric, competition.y, filled, groups, competition.weight
    ).labels


def score_rows(competition: Competition, readable: np.ndarray, rows: np.ndarray) -> float:
    """The metric on some rows; NaN where it is undefined there (AUC of one class)."""
    weight = None if competition.weight is None else competition.weight[rows]
    try:
        return float(competition.metric.score(competition.y[rows], readable[rows], weight))
    except MetricError:
        return NAN


def running_score(competition: Competition, predicted: np.ndarray, rows: np.ndarray) -> float:
    """The metric of one Fit's predictions (len(rows), c), by the plainest decision."""
    whole = np.zeros((competition.n_rows, predicted.shape[1]))
    whole[rows] = predicted
    kind = competition.metric.decision_for(competition.task)
    if kind is None:
        return score_rows(competition, whole, rows)
    return score_rows(competition, plain_labels(competition, whole), rows)


def plain_labels(competition: Competition, predicted: np.ndarray) -> np.ndarray:
    """Labels (n,) without a fitted decision: the likeliest class, or the nearest target value."""
    if competition.task != "regression":
        return Decision("argmax").apply(predicted)
    values = np.unique(competition.y)
    return values[np.abs(predicted[:, :1] - values[None]).argmin(axis=1)]


def _cell_scores(
    competition: Competition, folds: Folds, repeat: int, readable: np.ndarray, scored: np.ndarray
) -> Mapping[str, float]:
    scores = {}
    for fold in range(folds.n_splits):
        rows = folds.cell_rows(repeat, fold)
        rows = rows[scored[rows]]
        if rows.size:
            scores[f"r{repeat}f{fold}"] = score_rows(competition, readable, rows)
    return scores


def oracle_score(competition: Competition, scored: np.ndarray) -> float | None:
    """The score of the true conditional probability or mean on scored rows; None if unknown."""
    if competition.oracle is None:
        return None
    return running_score(competition, competition.oracle[scored], np.flatnonzero(scored))
