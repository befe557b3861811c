"""Submissions: made in the sample's format, checked, written, entered into the ledger."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from stackkit.cache.atomic import make_folder, write_file
from stackkit.competition import Competition
from stackkit.errors import SubmissionError
from stackkit.ledger import Ledger
from stackkit.metrics import Decision, fit_decision
from stackkit.predictions import Predictions
from stackkit.recipe import key_of

SLACK = 10.0


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
    if competition.sample is None:
        wide = competition.metric.reads == "proba" and competition.task == "multiclass"
        columns = tuple(map(str, competition.classes)) if wide else (competition.target,)
        id = competition.id or "id"
        return Format(id, columns, (id, *columns), ids, np.arange(len(ids)))
    return _from_sample(competition, competition.sample, ids)


def _from_sample(competition: Competition, sample: pd.DataFrame, ids: np.ndarray) -> Format:
    header = tuple(map(str, sample.columns))
    id = competition.id or header[0]
    if id not in header:
        raise SubmissionError("the sample submission has the id column", f"{header}", f"id {id!r}")
    columns = _class_columns(competition, [c for c in header if c != id])
    order = _order(sample[id], ids, has_ids=competition.test_ids is not None)
    return Format(id, columns, header, sample[id].to_numpy(), order)


def _class_columns(competition: Competition, others: list[str]) -> tuple[str, ...]:
    wide = competition.metric.reads == "proba" and competition.task != "regression"
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
            "the sample has a row a test row", f"{len(sample_ids)} for {len(ids)} test rows"
        )
    if not has_ids:
        return np.arange(len(ids))
    order = pd.Index(ids).get_indexer(sample_ids)
    if (order < 0).any():
        strange = sample_ids[order < 0].tolist()[:3]
        raise SubmissionError("ids of sample and test are the same", f"{strange} not in test")
    if not sample_ids.is_unique:
        twice = sample_ids[sample_ids.duplicated()].iloc[0]
        raise SubmissionError("ids of the sample are unique", f"{twice!r} twice")
    return order


def final_decision(competition: Competition, record: Predictions) -> Decision | None:
    """The decision of the whole record: fitted on all its out-of-fold rows; None for no labels."""
    kind = competition.metric.decision_for(competition.task)
    if kind is None:
        return None
    rows = np.flatnonzero(record.scored)
    weight = None if competition.weight is None else competition.weight[rows]
    return fit_decision(kind, competition.metric, competition.y[rows], record.oof[rows], weight)


def decided(
    competition: Competition, predicted: np.ndarray, decision: Decision | None
) -> np.ndarray:
    """What a submission holds for predictions (m, c): (m, c) numbers, or (m, 1) labels."""
    if decision is None:
        return predicted
    labels = decision.apply(predicted)
    return competition.labels(labels)[:, None]


def submission_frame(
    competition: Competition, record: Predictions, decision: Decision | None
) -> pd.DataFrame:
    """The submission of a record, in the sample's order."""
    form = submission_format(competition)
    if record.test is None:
        raise SubmissionError("a record has test predictions", f"none in {record.name}")
    if record.target != competition.target:
        raise SubmissionError(f"a submission predicts {competition.target!r}", repr(record.target))
    values = decided(competition, record.test, decision)[form.order]
    if len(form.columns) == 2 and values.shape[1] == 1:
        values = np.column_stack([1 - values, values])
    columns = {form.id: form.ids}
    for j, name in enumerate(form.columns):
        columns[name] = _plain_dtype(values[:, j], competition)
    return pd.DataFrame(columns)[list(form.header)]


def _plain_dtype(values: np.ndarray, competition: Competition) -> np.ndarray:
    """Labels in the train labels' own dtype; whole cut-point labels as integers."""
    if competition.metric.reads != "label" or len(competition.classes):
        return values
    whole = np.equal(np.mod(competition.y, 1), 0).all()
    return values.astype(np.int64) if whole else values


def validate_submission(competition: Competition, frame: pd.DataFrame) -> None:
    """SubmissionError unless the competition would take the frame.

    Checked: columns and their order, ids and their order, no missing values, numbers where numbers
    are due and within the range of metric and train target, labels that train has.
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


def value_range(competition: Competition) -> tuple[float, float]:
    """[0, 1] for probabilities; else the train target's range, widened, within the metric's."""
    if competition.task != "regression":
        return 0.0, 1.0
    low, high = float(competition.y.min()), float(competition.y.max())
    slack = SLACK * (high - low)
    metric = competition.metric
    return max(low - slack, metric.lower), min(high + slack, metric.upper)


def write_submission(
    competition: Competition,
    record: Predictions,
    folder: str | Path,
    decision: Decision | None = None,
    note: str = "",
) -> Path:
    """Write a record's submission, its JSON and its row of the ledger; the path of the CSV.

    Parameters
    ----------
    folder : made if it is not there.
    decision : how labels are made; None: the metric's default, fitted on the record.
    note : free text for the ledger.

    Raises
    ------
    SubmissionError : what the competition would refuse, or a ledger without its columns; then
        nothing is written.
    CacheError : the folder cannot be written.
    """
    if record.target == competition.target:
        decision = decision or final_decision(competition, record)
    frame = submission_frame(competition, record, decision)
    validate_submission(competition, frame)
    key = _submission_key(record, decision, tuple(frame.columns))
    folder = _made_folder(Path(folder))
    ledger = Ledger(folder)
    ledger.check()
    path = folder / f"{competition.name}_{record.name}_{key[:8]}.csv"
    write_file(path, frame.to_csv(index=False, lineterminator="\n").encode())
    about = _about(competition, record, decision, key)
    write_file(path.with_suffix(".json"), (json.dumps(about, indent=1) + "\n").encode())
    ledger.enter(_ledger_row(path, about, note))
    return path


def _made_folder(folder: Path) -> Path:
    try:
        return make_folder(folder)
    except (FileExistsError, NotADirectoryError):
        raise SubmissionError(
            "submissions go to a folder", f"{folder} is in the way of one", "another --output"
        ) from None


def _submission_key(record: Predictions, decision: Decision | None, header: tuple[str, ...]) -> str:
    chosen = None if decision is None else decision.to_dict()
    return key_of({"record": record.key, "decision": chosen, "format": header})


def _about(
    competition: Competition, record: Predictions, decision: Decision | None, key: str
) -> dict[str, Any]:
    """What stands beside the CSV: where it came from and what it is expected to score."""
    return {
        "competition": competition.name,
        "key": key,
        "record": record.name,
        "record_key": record.key,
        "metric": competition.metric.name,
        "scores": dict(record.scores),
        "evidence": record.evidence,
        "decision": None if decision is None else decision.to_dict(),
        "parents": list(record.parents),
        "recipe": dict(record.recipe),
    }


def _ledger_row(path: Path, about: Mapping[str, Any], note: str) -> dict[str, Any]:
    decision = about["decision"]
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "file": path.name,
        "competition": about["competition"],
        "record": about["record"],
        "key": about["record_key"],
        "metric": about["metric"],
        "cv": about["scores"]["cv"],
        "sd": about["scores"]["fold_sd"],
        "decision": "" if decision is None else decision["kind"],
        "public": "",
        "private": "",
        "note": note,
    }
