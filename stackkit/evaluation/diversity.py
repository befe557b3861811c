"""How alike are the errors of records: what a blend can cancel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.errors import PredictionError
from stackkit.metrics import get_space, mean_in_space
from stackkit.predictions import Predictions
from stackkit.scoring import running_score

MOST_ROWS = 20_000


def error_correlation(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """Pearson correlation (m, m) of out-of-fold errors on the rows that all records score.

    An error is prediction minus truth: of the probability of each class, or of the value in the
    space in which the metric averages. Where errors do not vary (a perfect record), 0.

    Raises
    ------
    PredictionError : no records, or no row that all of them score.
    """
    rows = common_rows(records)
    errors = [_errors(competition, record, rows) for record in records]
    names = [record.name for record in records]
    return pd.DataFrame(_correlation(np.stack(errors)), index=names, columns=names)


def disagreement(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """How often or how far out-of-fold predictions differ (m, m), on the rows that all score.

    Classes: the share of rows whose likeliest class differs; of two classes, the share that lies on
    different sides of each record's own median, so that a rare class does not hide differences.
    Values: the root mean squared difference in the space in which the metric averages, as a share
    of the target's standard deviation there.
    """
    rows = common_rows(records)
    answers = np.stack([_answers(competition, record, rows) for record in records])
    table = np.stack([_distances(competition, one, answers) for one in answers])
    names = [record.name for record in records]
    return pd.DataFrame(table, index=names, columns=names)


def pair_gains(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a pair of records, the most alike first: what do two know that one does not?

    Columns a, b, `correlation` of errors, `disagreement`, and `gain`: the score of their equal mean
    over the better one's, in units of the metric (labels by the plainest decision), on at most
    20,000 rows.
    """
    rows, sign = _thinned(common_rows(records), MOST_ROWS), competition.metric.sign
    alike = error_correlation(competition, records).to_numpy()
    apart = disagreement(competition, records).to_numpy()
    single = [sign * running_score(competition, r.oof[rows], rows) for r in records]
    table = []
    for i, j in combinations(range(len(records)), 2):
        both = [records[i].oof[rows], records[j].oof[rows]]
        mean = mean_in_space(both, competition.metric.average_space, records[i].output)
        gain = sign * running_score(competition, mean, rows) - max(single[i], single[j])
        table.append((records[i].name, records[j].name, alike[i, j], apart[i, j], gain))
    columns = ["a", "b", "correlation", "disagreement", "gain"]
    ordered = pd.DataFrame(table, columns=columns).sort_values("correlation", ascending=False)
    return ordered.reset_index(drop=True)


def likeness_order(correlation: pd.DataFrame) -> list[str]:
    """The names of a correlation table with like ones side by side: leaves of average linkage."""
    names = list(correlation.columns)
    if len(names) < 3:
        return names
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    apart = 1 - correlation.to_numpy()
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(np.maximum(apart, 0.0), checks=False), "average", True)
    return [names[j] for j in leaves_list(tree)]


def common_rows(records: Sequence[Predictions]) -> np.ndarray:
    """Positions of the rows that all records score; PredictionError where there are none."""
    if not records:
        raise PredictionError("a comparison has records", "none", "fit a model or two first")
    rows = np.flatnonzero(np.logical_and.reduce([r.scored for r in records]))
    if not rows.size:
        raise PredictionError("records share scored rows", "none", "compare those of one fold plan")
    return rows


def _thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """At most that many of the rows, evenly spread."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(np.int64))]


def _answers(competition: Competition, record: Predictions, rows: np.ndarray) -> np.ndarray:
    """(rows,) what a record says in short: a class, a side of its median, or a value."""
    p = record.oof[rows].astype(np.float64)
    if competition.task == "regression":
        return np.asarray(get_space(competition.metric.average_space).forward(p[:, 0]))
    return p.argmax(axis=1) if p.shape[1] > 1 else p[:, 0] > np.median(p[:, 0])


def _distances(competition: Competition, one: np.ndarray, all_: np.ndarray) -> np.ndarray:
    if competition.task != "regression":
        return (all_ != one).mean(axis=1)
    space = get_space(competition.metric.average_space)
    spread = float(np.std(space.forward(competition.y.astype(np.float64))))
    return np.sqrt(((all_ - one) ** 2).mean(axis=1)) / max(spread, 1e-300)


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
