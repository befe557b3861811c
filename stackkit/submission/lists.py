"""Cells that list labels, best first, joined by spaces: what a metric such as map@3 reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.errors import SubmissionError
from stackkit.metrics import top_classes


def listed_labels(competition: Competition, predicted: np.ndarray) -> np.ndarray:
    """(m, 1) text: the labels of the largest of predictions (m, C), best first."""
    names = np.array(label_names(competition), dtype=object)
    best = names[top_classes(predicted, competition.metric.top)]
    return np.array([" ".join(row) for row in best], dtype=object)[:, None]


def label_names(competition: Competition) -> list[str]:
    """The labels as text, in class order; SubmissionError where a space in one would part it."""
    names = [str(label) for label in competition.classes.tolist()]
    parted = [name for name in names if name.split() != [name]]
    if parted:
        rule = f"labels that {competition.metric.name} lists have no spaces"
        hint = "replace the spaces in train, and undo that in the file"
        raise SubmissionError(rule, f"{parted[:3]}", hint)
    return names


def check_sample_lists(competition: Competition, column: pd.Series) -> None:
    """SubmissionError where the text of a sample lists more labels than the metric reads, or none
    that train has (written otherwise there, perhaps). Numbers are placeholders."""
    known, top = set(label_names(competition)), competition.metric.top
    if pd.api.types.is_numeric_dtype(column.dtype) or not len(column):
        return
    lists = column.fillna("").astype(str).str.split()
    if lists.str.len().max() > top:
        got = f"{column[lists.str.len().idxmax()]!r}"
        hint = f"metric = map@{lists.str.len().max()}"
        raise SubmissionError(f"the sample lists at most {top} labels a row", got, hint)
    found = set(lists.explode().dropna())
    if found and not found & known:
        rule = f"the sample lists labels of train, such as {sorted(known)[0]!r}"
        raise SubmissionError(rule, f"{column.iloc[0]!r}", "write the labels of train as it does")


def check_lists(competition: Competition, column: pd.Series) -> None:
    """SubmissionError unless each cell lists as many different labels of train as it should."""
    known = set(label_names(competition))
    wanted = min(competition.metric.top, len(known))
    for cell in column.astype(str).unique():
        labels = cell.split(" ")
        if len(labels) != wanted or len(set(labels)) != wanted or not known.issuperset(labels):
            rule = f"{column.name!r} lists {wanted} different labels of train, joined by spaces"
            hint = f"such as {' '.join(sorted(known)[:wanted])!r}, the likeliest first"
            raise SubmissionError(rule, repr(cell), hint)
