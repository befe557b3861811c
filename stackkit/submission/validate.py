"""Whether the competition would take a submission."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types

from stackkit.competition import Competition
from stackkit.errors import SubmissionError
from stackkit.submission.format import submission_format
from stackkit.submission.lists import check_lists

SLACK = 10.0


def validate_submission(competition: Competition, frame: pd.DataFrame) -> None:
    """SubmissionError unless the competition would take the frame.

    Checked: columns and their order, ids and their order, no missing values, numbers where numbers
    are due and within the range of metric and train target, labels that train has, in lists too.
    """
    form = submission_format(competition)
    if tuple(frame.columns) != form.header:
        raise SubmissionError(f"columns are {form.header}", f"{tuple(frame.columns)}")
    if len(frame) != len(form.ids) or not np.array_equal(frame[form.id].to_numpy(), form.ids):
        raise SubmissionError(
            f"ids are those of the sample, in its order ({len(form.ids)} rows)",
            f"{len(frame)} rows, first id {frame[form.id].iloc[0] if len(frame) else None!r}",
        )
    for name in form.columns:
        _check_column(competition, frame[name])


def _check_column(competition: Competition, values: pd.Series) -> None:
    if values.isna().any():
        raise SubmissionError(
            "no value is missing", f"{int(values.isna().sum())} in {values.name!r}"
        )
    if competition.metric.top:
        check_lists(competition, values)
        return
    if competition.metric.reads == "label":
        _check_labels(competition, values)
        return
    if not types.is_numeric_dtype(values.dtype):
        raise SubmissionError(f"{values.name!r} holds numbers", str(values.dtype))
    low, high = value_range(competition)
    if not values.between(low, high).all():
        raise SubmissionError(
            f"{values.name!r} lies in [{low:.6g}, {high:.6g}]",
            f"{values.min():.6g} to {values.max():.6g}",
        )


def _check_labels(competition: Competition, values: pd.Series) -> None:
    known = competition.classes if len(competition.classes) else np.unique(competition.y)
    strange = set(values.unique()) - set(known.tolist())
    if strange:
        raise SubmissionError(f"{values.name!r} holds labels of train", f"{sorted(strange)[:5]}")


def allowed_values(competition: Competition) -> str:
    """What the predicted columns may hold, in words."""
    if competition.metric.top:
        return f"{competition.metric.top} labels of train, best first"
    if competition.metric.reads == "label":
        return "labels of train"
    return "{:.5g} to {:.5g}".format(*value_range(competition))


def value_range(competition: Competition) -> tuple[float, float]:
    """[0, 1] for probabilities; else the train target's range, widened, within the metric's."""
    if competition.task != "regression":
        return 0.0, 1.0
    low, high = float(competition.y.min()), float(competition.y.max())
    slack = SLACK * (high - low)
    metric = competition.metric
    return max(low - slack, metric.lower), min(high + slack, metric.upper)
