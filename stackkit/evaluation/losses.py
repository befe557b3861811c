"""Where a record errs: the loss of each row, and the segments of rows in which it is high."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC
from stackkit.metrics import get_metric, get_space
from stackkit.predictions import Predictions

QUARTERS = 4
MOST_LEVELS = 6
FEWEST = 20
SHOWN_COLUMNS = 4
SEGMENT_COLUMNS = ("column", "segment", "rows", "loss", "ratio", "se")


def row_losses(competition: Competition, record: Predictions) -> np.ndarray:
    """(n,) out-of-fold loss of each row, smaller is better, NaN where it is not scored.

    The metric's own where it is a mean over rows, else that of its surrogate: log-loss, or squared
    error in the space in which the metric averages.
    """
    rows = np.flatnonzero(record.scored)
    y, p = competition.y[rows], record.oof[rows].astype(np.float64)
    losses = np.full(competition.n_rows, np.nan)
    losses[rows] = _losses(competition, y, p)
    return losses


def loss_name(competition: Competition) -> str:
    """What `row_losses` are losses of."""
    metric = competition.metric
    if _own(competition):
        return f"row loss of {metric.name}"
    if metric.surrogate_for(competition.task) == "logloss":
        return "log-loss"
    return "squared error" + (" of log1p" if metric.average_space == "log1p" else "")


def _own(competition: Competition) -> bool:
    return competition.metric.row_loss is not None and competition.metric.reads != "label"


def _losses(competition: Competition, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    metric = competition.metric
    if _own(competition):
        return np.asarray(metric.row_loss(y, p), dtype=np.float64)
    if competition.task != "regression":
        return np.asarray(get_metric("logloss").row_loss(y, p), dtype=np.float64)
    forward = get_space(metric.average_space).forward
    return np.asarray(forward(p[:, 0]) - forward(y.astype(np.float64)), dtype=np.float64) ** 2


def segment_losses(competition: Competition, record: Predictions) -> pd.DataFrame:
    """A row a segment, the one that errs most beyond chance first.

    Segments are the quarters of a number or a time, the most frequent levels of a category, and
    missing; those of fewer than 20 scored rows are left out. Columns: `loss` its mean row loss,
    `ratio` that over the mean of all rows, `se` the standard error of the ratio. Of many segments
    some lie two errors off by chance.
    """
    losses = row_losses(competition, record)
    overall = float(np.nanmean(losses))
    rows = [
        row
        for name, kind in competition.kinds.items()
        for row in _segments(name, _cut(competition.train[name], kind), losses, overall)
    ]
    table = pd.DataFrame(rows, columns=list(SEGMENT_COLUMNS))
    excess = (table.ratio - 1) / table.se.where(table.se > 0)
    return table.loc[excess.sort_values(ascending=False, kind="stable").index].reset_index(
        drop=True
    )


def _segments(
    name: str, segment: pd.Series, losses: np.ndarray, overall: float
) -> Iterator[tuple[str, str, int, float, float, float]]:
    scored = ~np.isnan(losses)
    for value, rows in segment[scored].groupby(segment[scored], sort=True).groups.items():
        inside = losses[rows]
        if len(inside) < FEWEST or len(inside) == scored.sum():
            continue
        scale = overall if overall > 0 else 1.0
        error = float(inside.std(ddof=1)) / np.sqrt(len(inside)) / scale
        mean = float(inside.mean())
        yield name, str(value), len(inside), mean, mean / scale, error


def _cut(values: pd.Series, kind: str) -> pd.Series:
    """The segment of each row in words; None for none."""
    words = pd.Series(None, index=values.index, dtype=object)
    if kind in (NUMERIC, DATETIME):
        words = _quarters(values, words)
    elif kind == CATEGORICAL:
        frequent = values.value_counts().index[:MOST_LEVELS]
        words = values.where(values.isin(frequent), "other levels").map(lambda v: f"= {v}")
        words = words.replace("= other levels", "other levels")
    return words.mask(values.isna(), "missing")


def _quarters(values: pd.Series, words: pd.Series) -> pd.Series:
    if values.nunique() <= QUARTERS:
        return values.map(lambda v: f"= {_short(v)}")
    parts = pd.qcut(values, QUARTERS, duplicates="drop")
    intervals = list(parts.cat.categories)
    for place, part in enumerate(intervals):
        low, high = _short(part.left), _short(part.right)
        text = f"{low} to {high}" if place else f"up to {high}"
        words = words.mask(parts == part, f"above {low}" if part is intervals[-1] else text)
    return words


def _short(value: object) -> str:
    """A number in few digits, a time as its day."""
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:,.0f}" if abs(float(value)) >= 10_000 else f"{value:.4g}"


def worst_rows(competition: Competition, record: Predictions, rows: int = 10) -> pd.DataFrame:
    """The rows of the highest loss: row (position in train), id, truth, prediction, loss, and the
    first columns. A wrong label, a duplicate that contradicts, or a kind of row that no model
    knows."""
    losses = row_losses(competition, record)
    order = np.argsort(-np.where(np.isnan(losses), -np.inf, losses), kind="stable")
    worst = order[: min(rows, int(record.scored.sum()))]
    table: dict[str, object] = {"row": worst}
    if competition.train_ids is not None:
        table[str(competition.id)] = competition.train_ids.to_numpy()[worst]
    table |= {"truth": competition.labels(competition.y[worst])}
    table |= _predicted(competition, record.oof[worst], competition.y[worst])
    table["loss"] = losses[worst]
    features = competition.train.iloc[worst, :SHOWN_COLUMNS].reset_index(drop=True)
    return pd.concat([pd.DataFrame(table), features], axis=1)


def _predicted(competition: Competition, p: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    if competition.task == "regression":
        return {"predicted": p[:, 0]}
    if competition.width == 1:
        return {f"P({competition.classes[-1]})": p[:, 0]}
    return {
        "predicted": competition.classes[p.argmax(axis=1)],
        "P(truth)": p[np.arange(len(y)), y],
    }
