"""The format of a submission: what the sample shows, or the plain one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.errors import SubmissionError
from stackkit.submission.lists import check_sample_lists, label_names


@dataclass(frozen=True)
class Format:
    """The columns of a submission.

    `id` the id column; `columns` one column, or one a class in class order; `header` all of them in
    the file's order; `ids` in the file's order, `order` the test rows that they are.
    """

    id: str
    columns: tuple[str, ...]
    header: tuple[str, ...]
    ids: np.ndarray
    order: np.ndarray


def submission_format(competition: Competition) -> Format:
    """The format that the sample submission shows, else id + target or id + one column a class.

    SubmissionError where there is no test set, or the sample does not match it.
    """
    if competition.test is None:
        raise SubmissionError("a submission predicts a test set", "none", "add test to the TOML")
    test_ids = competition.test_ids
    ids = np.arange(competition.n_test) if test_ids is None else test_ids.to_numpy()
    columns = submission_columns(competition)
    if competition.metric.top:
        label_names(competition)
    if competition.sample is None:
        id = competition.id or "id"
        return Format(id, columns, (id, *columns), ids, np.arange(len(ids)))
    sample, id = competition.sample, _sample_id(competition)
    if competition.metric.top:
        check_sample_lists(competition, sample[columns[0]])
    order = _order(sample[id], ids, has_ids=test_ids is not None)
    header = tuple(map(str, sample.columns))
    return Format(id, columns, header, sample[id].to_numpy(), order)


def submission_columns(competition: Competition) -> tuple[str, ...]:
    """The columns beside the id: one, or one a class in class order."""
    if competition.sample is None:
        wide = _has_class_columns(competition) and competition.task == "multiclass"
        return tuple(map(str, competition.classes)) if wide else (competition.target,)
    id = _sample_id(competition)
    return _class_columns(competition, [c for c in map(str, competition.sample.columns) if c != id])


def _has_class_columns(competition: Competition) -> bool:
    """Whether a column a class can stand in the file: probabilities, unless labels are listed."""
    metric = competition.metric
    return metric.reads == "proba" and competition.task != "regression" and not metric.top


def _sample_id(competition: Competition) -> str:
    header = tuple(map(str, competition.sample.columns))
    id = competition.id or header[0]
    if id not in header:
        hint = f"did you mean another id than {id!r}? id in the TOML names the column of all files"
        rule = f"the sample submission has the id column {id!r}"
        raise SubmissionError(rule, f"columns {', '.join(map(repr, header[:8]))}", hint)
    return id


def _class_columns(competition: Competition, others: list[str]) -> tuple[str, ...]:
    wide = _has_class_columns(competition)
    if len(others) == 1:
        if wide and competition.task == "multiclass":
            raise SubmissionError("the sample has a column a class", f"one: {others[0]!r}")
        return (others[0],)
    names = [str(c) for c in competition.classes]
    if not wide or len(others) != len(names):
        columns = f"{len(names)} class columns" if wide else f"one column of {competition.target!r}"
        raise SubmissionError(
            f"the sample has id and {columns}",
            f"{', '.join(map(repr, others[:5])) or 'no other column'}",
            "correct sample_submission, id or metric in competition.toml",
        )
    found = tuple(_column_of(name, others) for name in names)
    if len(set(found)) < len(found):
        raise SubmissionError("each class has its own column in the sample", f"{others[:5]}")
    return found


def _column_of(name: str, columns: list[str]) -> str:
    """The column of a class: its name, or the one that ends with `_name`, or with the name."""
    rules = (name.__eq__, lambda c: c.endswith(f"_{name}"), lambda c: c.endswith(name))
    for rule in rules:
        found = [c for c in columns if rule(c)]
        if len(found) == 1:
            return found[0]
    raise SubmissionError("each class has a column in the sample", f"{name!r}: {columns[:5]}")


def _order(sample_ids: pd.Series, ids: np.ndarray, has_ids: bool) -> np.ndarray:
    if len(sample_ids) != len(ids):
        raise SubmissionError(
            "the sample has a row a test row",
            f"{len(sample_ids)} for {len(ids)} test rows",
            "the test and sample files of one competition, whole",
        )
    if not has_ids:
        return np.arange(len(ids))
    order = pd.Index(ids).get_indexer(sample_ids)
    if (order < 0).any():
        strange = sample_ids[order < 0].tolist()[:3]
        got = f"{', '.join(map(repr, strange))} not in test, {int((order < 0).sum())} such ids"
        hint = "the test and sample files of one competition"
        raise SubmissionError("ids of sample and test are the same", got, hint)
    if not sample_ids.is_unique:
        twice = sample_ids[sample_ids.duplicated()].tolist()[0]
        hint = "the sample file as the competition gave it"
        raise SubmissionError("ids of the sample are unique", f"{twice!r} twice", hint)
    return order
