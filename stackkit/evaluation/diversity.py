"""How alike are the errors of records: what a blend can cancel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.errors import PredictionError
from stackkit.metrics import get_space
from stackkit.predictions import Predictions


def error_correlation(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """Pearson correlation (m, m) of out-of-fold errors on the rows that all records score.

    An error is prediction minus truth: of the probability of each class, or of the value in the
    space in which the metric averages. Where errors do not vary (a perfect record), 0.

    Raises
    ------
    PredictionError : no records, or no row that all of them score.
    """
    if not records:
        raise PredictionError("a correlation table has records", "none")
    rows = np.flatnonzero(np.logical_and.reduce([r.scored for r in records]))
    if not rows.size:
        raise PredictionError("records share scored rows", "none")
    errors = [_errors(competition, record, rows) for record in records]
    names = [record.name for record in records]
    return pd.DataFrame(_correlation(np.stack(errors)), index=names, columns=names)


def _errors(competition: Competition, record: Predictions, rows: np.ndarray) -> np.ndarray:
    """(rows · c,) float64."""
    p, y = record.oof[rows].astype(np.float64), competition.y[rows]
    if competition.task == "regression":
        space = get_space(competition.metric.average_space)
        return np.asarray(space.forward(p[:, 0]) - space.forward(y.astype(np.float64)))
    codes = np.arange(p.shape[1]) if p.shape[1] > 1 else np.ones(1)
    return (p - (y[:, None] == codes)).ravel()


def _correlation(errors: np.ndarray) -> np.ndarray:
    centred = errors - errors.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1))
    unit = centred / np.where(length > 0, length, 1.0)[:, None]
    table = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(table, 1.0)
    return table
