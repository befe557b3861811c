"""Scores of out-of-fold predictions: pooled, a fold, and with cross-fitted decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from stackkit.competition import Competition
from stackkit.errors import FoldError, MetricError
from stackkit.folds import Folds
from stackkit.metrics import Decision, fit_decision
from stackkit.predictions import Predictions
from stackkit.recipe import key_of

NAN = float("nan")
SCORING_VERSION = 2  # raised when the same predictions get other scores


def check_rows(competition: Competition, folds: Folds) -> None:
    """FoldError where a plan is of another number of rows than train."""
    if folds.n_rows != competition.n_rows:
        raise FoldError(
            f"a fold plan is of the {competition.n_rows} rows of train",
            f"{folds.n_rows}",
            "make_folds(competition), or the plan that belongs to this train file",
        )


def score_repeats(
    competition: Competition, folds: Folds, repeats: np.ndarray, held: np.ndarray | None = None
) -> dict[str, Any]:
    """Scores of OOF predictions (R, n, c), NaN where a row is not scored, and of the holdout.

    Returns
    -------
    dict with `metric`, `scored_by`, `greater_is_better`, `cv` (metric on the pooled OOF of scored
    rows, a repeat, then the mean), `fold_mean`, `fold_sd` and `folds` (cell name -> score, None
    where the metric is undefined there). With `held` (n_holdout, c) also `holdout`: the metric on
    rows that no level was fitted on, by a decision fitted on the scored rows.
    """
    pooled, cells = [], {}
    for repeat, oof in enumerate(repeats):
        scored = ~np.isnan(oof[:, 0])
        if scored.any():
            readable = readable_predictions(competition, folds, repeat, oof)
            pooled.append(_pooled_score(competition, readable, np.flatnonzero(scored)))
            cells |= _cell_scores(competition, folds, repeat, readable, scored)
    values = [v for v in cells.values() if not math.isnan(v)]
    holdout = {} if held is None else {"holdout": _holdout(competition, folds, repeats[0], held)}
    return {
        "metric": competition.metric.name,
        "scored_by": scored_by(competition),
        "greater_is_better": competition.metric.greater_is_better,
        "cv": float(np.mean(pooled)) if pooled else NAN,
        "fold_mean": float(np.mean(values)) if values else NAN,
        "fold_sd": float(np.std(values, ddof=1)) if len(values) > 1 else NAN,
        "folds": {cell: None if math.isnan(v) else v for cell, v in cells.items()},
        **holdout,
    }


def _holdout(competition: Competition, folds: Folds, oof: np.ndarray, held: np.ndarray) -> float:
    rows = np.flatnonzero(folds.holdout)
    whole = np.zeros((folds.n_rows, held.shape[1]))
    whole[rows] = held
    if competition.metric.decision_for(competition.task) is None:
        return score_rows(competition, whole, rows)
    scored = np.flatnonzero(~np.isnan(oof[:, 0]))
    return score_rows(competition, fitted_decision(competition, oof, scored).apply(whole), rows)


def scored_by(competition: Competition) -> str:
    """The key of what scores are made by: the metric's content and the version of this module."""
    return key_of({"metric": competition.metric.recipe(), "version": SCORING_VERSION})


def rescored(record: Predictions, competition: Competition, folds: Folds) -> Predictions:
    """A cached record with scores by the competition's metric, which enters few keys.

    Entries hold the scores of the metric that they were made under, which may be another one now.
    """
    if record.scores.get("scored_by") == scored_by(competition):
        return record
    repeats = record.oof[None] if record.oof_repeats is None else record.oof_repeats
    return record.with_(scores=score_repeats(competition, folds, repeats, record.held))


def readable_predictions(
    competition: Competition, folds: Folds, repeat: int, oof: np.ndarray
) -> np.ndarray:
    """What the metric reads: predictions, or labels by a decision fitted as the plan says.

    The decision of a fold is fitted on the fold's own fit rows, where they are scored; where none
    is, labels are plain.
    """
    kind = competition.metric.decision_for(competition.task)
    if kind is None:
        return oof
    scored = ~np.isnan(oof[:, 0])
    labels = plain_labels(competition, np.nan_to_num(oof))
    for fold in range(folds.n_splits if kind != "argmax" else 0):
        rows = _there(folds.cell_rows(repeat, fold), scored)
        fit_rows = _there(folds.fit_rows(repeat, fold), scored)
        if rows.size and fit_rows.size:
            labels[rows] = fitted_decision(competition, oof, fit_rows).apply(oof[rows])
    return labels


def fitted_decision(competition: Competition, predicted: np.ndarray, rows: np.ndarray) -> Decision:
    """The metric's default decision, fitted on some rows of predictions (n, c)."""
    metric, weight = competition.metric, competition.weight
    weight = None if weight is None else weight[rows]
    kind = metric.decision_for(competition.task)
    return fit_decision(kind, metric, competition.y[rows], predicted[rows], weight)


def _there(rows: np.ndarray, scored: np.ndarray) -> np.ndarray:
    return rows[scored[rows]]


def score_rows(competition: Competition, readable: np.ndarray, rows: np.ndarray) -> float:
    """The metric on some rows; NaN where it is undefined there (AUC of one class)."""
    try:
        return _pooled_score(competition, readable, rows)
    except MetricError:
        return NAN


def _pooled_score(competition: Competition, readable: np.ndarray, rows: np.ndarray) -> float:
    """The metric on some rows; MetricError where it cannot be computed."""
    weight = None if competition.weight is None else competition.weight[rows]
    return float(competition.metric.score(competition.y[rows], readable[rows], weight))


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
        rows = _there(folds.cell_rows(repeat, fold), scored)
        if rows.size:
            scores[f"r{repeat}f{fold}"] = score_rows(competition, readable, rows)
    return scores


def oracle_score(competition: Competition, scored: np.ndarray) -> float | None:
    """The score of the true conditional probability or mean on scored rows; None if unknown."""
    if competition.oracle is None:
        return None
    return running_score(competition, competition.oracle[scored], np.flatnonzero(scored))
