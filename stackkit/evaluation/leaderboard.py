"""The leaderboard: records in the order of their scores, every one with what its score is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from stackkit.cost import record_seconds
from stackkit.errors import PredictionError
from stackkit.predictions import Predictions, records_of

COLUMNS = ("rank", "name", "role", "depth", "cv", "fold_mean", "fold_sd", "coverage", "evidence",
           "seconds", "key8")  # fmt: skip


def leaderboard(
    records: Sequence[Predictions] | Predictions, weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """One row a record, best first, those without a score last; of one competition and fold plan.

    A single record is a list of one; ConfigError for what are no records.

    `cv` is the metric on the pooled out-of-fold predictions, `fold_mean` ± `fold_sd` its mean and
    standard deviation over folds, `coverage` the share of train rows scored, `seconds` the wall
    time of all its Fits; with a holdout, `holdout` is the metric on it. Where coverage differs
    (under forward chaining each depth loses a block), records are ranked by their mean over the
    folds that all of them score. `weights` (key -> weight in the last blend) are a column where
    given.
    """
    records = records_of(records)
    _refuse_several_plans(records)
    ranked_by = _common_mean(records) if len({r.coverage for r in records}) > 1 else _cv
    ordered = sorted(records, key=lambda r: _order(r, ranked_by(r)))
    rows = [
        (rank, r.name, r.role, r.depth, r.cv, *_spread(r),
         r.coverage, r.evidence, record_seconds(r.cost), r.key[:8])
        for rank, r in enumerate(ordered, start=1)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if any("holdout" in r.scores for r in records):
        held = [r.scores.get("holdout", math.nan) for r in ordered]
        table.insert(table.columns.get_loc("coverage"), "holdout", held)
    if weights:
        weight = [weights.get(r.key, math.nan) for r in ordered]
        table.insert(table.columns.get_loc("coverage"), "weight", weight)
    return table


def _refuse_several_plans(records: Sequence[Predictions]) -> None:
    plans = {r.recipe["folds"] for r in records if "folds" in r.recipe}
    if len(plans) > 1:
        raise PredictionError(
            "records of a leaderboard are of one fold plan",
            f"{len(plans)} plans",
            "a leaderboard for each: scores of other folds are not comparable",
        )


def _cv(record: Predictions) -> float:
    return record.cv


def _common_mean(records: Sequence[Predictions]) -> Callable[[Predictions], float]:
    """The mean score over the folds that every record with scores has; cv where there are none."""
    scored = [_fold_scores(r) for r in records if r.scores]
    common = set.intersection(*(set(s) for s in scored)) if scored else set()
    if not common:
        return _cv

    def mean(record: Predictions) -> float:
        scores = _fold_scores(record)
        return sum(scores[cell] for cell in common) / len(common) if scores else math.nan

    return mean


def _fold_scores(record: Predictions) -> dict[str, float]:
    return {c: v for c, v in record.scores.get("folds", {}).items() if v is not None}


def _spread(record: Predictions) -> tuple[float, float]:
    return tuple(record.scores.get(name, math.nan) for name in ("fold_mean", "fold_sd"))


def _order(record: Predictions, score: float) -> tuple[bool, float, int, str]:
    if math.isnan(score):
        return True, 0.0, record.depth, record.name
    sign = -1 if record.scores["greater_is_better"] else 1
    return False, sign * score, record.depth, record.name
