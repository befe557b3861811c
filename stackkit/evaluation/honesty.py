"""What a score is worth: its spread, what the test set will show, and how far it flatters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.folds import Folds
from stackkit.predictions import Predictions
from stackkit.scoring import readable_predictions, score_rows

COLUMNS = ("name", "depth", "cv", "fold_mean", "fold_sd", "holdout", "chains", "optimism",
           "averaging")  # fmt: skip
MEAN = "mean"
PUBLIC = 0.2  # share of test that public scores often stand on


@dataclass(frozen=True)
class Outlook:
    """What a record will probably score on rows like those of train.

    Attributes
    ----------
    mean : the metric's mean over folds.
    fold_sd : its standard deviation over folds, NaN with one fold.
    error : the standard error of `mean`: as if folds were independent, so rather too small.
    test_sd : standard deviation to expect of the score on the whole of test around the mean.
    public_sd : the same for a fifth of test.
    """

    mean: float
    fold_sd: float
    error: float
    test_sd: float
    public_sd: float


def outlook(competition: Competition, record: Predictions) -> Outlook:
    """The score to expect of a record, from the spread of its folds.

    A score on m rows varies as 1/√m times its spread on the rows of a fold, beside the error of the
    mean itself. That is for rows drawn like those of train: a shift comes on top, and so does the
    leak of levels above the first.
    """
    folds = np.array([v for v in record.scores["folds"].values() if v is not None])
    sd = float(folds.std(ddof=1)) if len(folds) > 1 else math.nan
    error = sd / math.sqrt(len(folds)) if len(folds) else math.nan
    rows = float(record.scored.sum()) / max(len(folds), 1)
    spread = [
        math.hypot(error, sd * math.sqrt(rows / max(1, share * competition.n_test)))
        for share in (1.0, PUBLIC)
    ]
    return Outlook(float(folds.mean()) if len(folds) else math.nan, sd, error, *spread)


def honest_scores(
    competition: Competition, folds: Folds, records: Sequence[Predictions]
) -> pd.DataFrame:
    """A row a record, best first: its score by folds beside that on rows unseen by every level.

    Columns name, depth, cv, fold_mean, fold_sd; `holdout`: the record's own prediction of the
    holdout (a mean over its Fits); `chains`: the mean score there of each Fit's own chain, the like
    of what cv measures; `optimism`: how much better cv is than `chains`; `averaging`: how much
    better `holdout` is than `chains`, which cv does not show. Without a holdout, or where chains
    were not kept, NaN.
    """
    sign = competition.metric.sign
    ordered = sorted(records, key=lambda r: (math.isnan(r.cv), -sign * r.cv))
    rows = [_honest(competition, folds, record) for record in ordered]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _honest(competition: Competition, folds: Folds, record: Predictions) -> tuple[object, ...]:
    scores, sign = record.scores, competition.metric.sign
    holdout = float(scores.get("holdout", math.nan))
    chains = _chains(competition, folds, record)
    optimism, averaging = sign * (record.cv - chains), sign * (holdout - chains)
    spread = scores["fold_mean"], scores["fold_sd"]
    return (record.name, record.depth, record.cv, *spread, holdout, chains, optimism, averaging)


def _chains(competition: Competition, folds: Folds, record: Predictions) -> float:
    """Mean over Fits of the score of their own chain on the holdout."""
    held = record.held_folds
    if held is None or competition.metric.reads == "label":
        return math.nan
    rows, whole = np.flatnonzero(folds.holdout), np.zeros((folds.n_rows, held.shape[2]))
    scores = []
    for chain in held:
        whole[rows] = chain
        scores.append(score_rows(competition, whole, rows))
    return float(np.mean(scores)) if scores else math.nan


def rivals(records: Sequence[Predictions], chosen: Predictions) -> list[Predictions]:
    """The chosen record, then what it has to beat: the best base model and the plain mean."""
    base = [r for r in records if r.role == "base" and not math.isnan(r.cv)]
    sign = 1 if chosen.scores["greater_is_better"] else -1
    best = sorted(base, key=lambda r: -sign * r.cv)[:1]
    others = [*best, *(r for r in records if r.name == MEAN)]
    return [chosen, *(r for r in others if r.key != chosen.key)]


def decided_labels(competition: Competition, folds: Folds, record: Predictions) -> np.ndarray:
    """(n,) codes of the classes that the record names out of fold, −1 where it is not scored.

    By the metric's own decision, cross-fitted, where it reads labels; else the likeliest class.
    """
    oof = record.oof
    if competition.metric.reads == "label":
        labels = np.asarray(readable_predictions(competition, folds, 0, oof))
        labels = labels if labels.ndim == 1 else labels[:, 0]  # several a row, the best first
    else:
        filled = np.nan_to_num(oof)
        labels = filled.argmax(axis=1) if oof.shape[1] > 1 else filled[:, 0] > 0.5
    return np.where(record.scored, labels.astype(np.int64), -1)
