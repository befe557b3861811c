"""The leaderboard: records in the order of their scores, every one with what its score is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from stackkit.cost import record_seconds
from stackkit.predictions import Predictions

COLUMNS = ("rank", "name", "role", "depth", "cv", "fold_mean", "fold_sd", "coverage", "evidence",
           "seconds", "key8")  # fmt: skip


def leaderboard(records: Sequence[Predictions]) -> pd.DataFrame:
    """One row a record, best first, those without a score last; of one competition and fold plan.

    `cv` is the metric on the pooled out-of-fold predictions, `fold_mean` ± `fold_sd` its mean and
    standard deviation over folds, `coverage` the share of train rows scored, `seconds` the wall
    time of all its Fits.
    """
    ordered = sorted(records, key=_order)
    rows = [
        (rank, r.name, r.role, r.depth, r.cv, *_spread(r),
         r.coverage, r.evidence, record_seconds(r.cost), r.key[:8])
        for rank, r in enumerate(ordered, start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _spread(record: Predictions) -> tuple[float, float]:
    return tuple(record.scores.get(name, math.nan) for name in ("fold_mean", "fold_sd"))


def _order(record: Predictions) -> tuple[bool, float, int, str]:
    if math.isnan(record.cv):
        return True, 0.0, record.depth, record.name
    sign = -1 if record.scores["greater_is_better"] else 1
    return False, sign * record.cv, record.depth, record.name
