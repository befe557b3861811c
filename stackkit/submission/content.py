"""What a submission says: a record's test predictions through a decision, in the sample's order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.errors import SubmissionError, check_type
from stackkit.metrics import Decision
from stackkit.predictions import Predictions, check_record
from stackkit.scoring import fitted_decision
from stackkit.submission.format import submission_columns, submission_format
from stackkit.submission.lists import listed_labels


def final_decision(competition: Competition, record: Predictions) -> Decision | None:
    """The decision of the whole record: fitted on all its out-of-fold rows; None for no labels."""
    if competition.metric.decision_for(competition.task) is None:
        return None
    return fitted_decision(competition, record.oof, np.flatnonzero(record.scored))


def decided(
    competition: Competition, predicted: np.ndarray, decision: Decision | None
) -> np.ndarray:
    """What a submission holds for predictions (m, c): (m, c) numbers, or (m, 1) labels or lists."""
    if competition.metric.top:
        return listed_labels(competition, predicted)
    if decision is None:
        return predicted
    labels = decision.apply(predicted)
    return competition.labels(labels)[:, None]


def submission_frame(
    competition: Competition, record: Predictions, decision: Decision | None
) -> pd.DataFrame:
    """The submission of a record, in the sample's order; ConfigError for what is no record."""
    check_type(competition, Competition, "data are a Competition", "load_competition(folder)")
    check_record(record)
    form = submission_format(competition)
    if record.test is None:
        raise SubmissionError("a record has test predictions", f"none in {record.name}")
    if record.target != competition.target:
        raise SubmissionError(f"a submission predicts {competition.target!r}", repr(record.target))
    values = value_columns(competition, record.test[form.order], decision)
    return pd.DataFrame({form.id: form.ids, **values})[list(form.header)]


def value_columns(
    competition: Competition, predicted: np.ndarray, decision: Decision | None
) -> dict[str, np.ndarray]:
    """The columns of a submission beside its id for predictions (m, c), by name."""
    names = submission_columns(competition)
    values = decided(competition, predicted, decision)
    if len(names) == 2 and values.shape[1] == 1:
        values = np.column_stack([1 - values, values])
    return {name: _plain_dtype(values[:, j], competition) for j, name in enumerate(names)}


def _plain_dtype(values: np.ndarray, competition: Competition) -> np.ndarray:
    """Labels in the train labels' own dtype; whole cut-point labels as integers."""
    if competition.metric.reads != "label" or len(competition.classes):
        return values
    whole = np.equal(np.mod(competition.y, 1), 0).all()
    return values.astype(np.int64) if whole else values
