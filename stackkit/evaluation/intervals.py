"""How sure is the gain of one record on another? Paired bootstrap intervals over rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.config import FoldsConfig
from stackkit.diversity import check_comparable, common_rows
from stackkit.errors import ConfigError, MetricError, PredictionError, check_type
from stackkit.folds import Folds
from stackkit.folds.clock import block_numbers, read_times
from stackkit.predictions import Predictions, check_record, records_of
from stackkit.scoring import check_rows, readable_predictions

COLUMNS = ("name", "gain", "low", "high")
MOST_ROWS = 20_000
DRAWS, DRAWS_OF_SCORES = 1000, 200  # row losses are cheap to draw again, scores are not
STRETCHES = 50  # of time, drawn whole under forward chaining


def gain_intervals(
    competition: Competition,
    folds: Folds,
    records: Sequence[Predictions] | Predictions,
    against: Predictions,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """A row a record: its gain on another one, and an interval for it.

    `gain` is the difference of the metric on the rows that all of them score, positive where the
    record is better; `low` and `high` are quantiles of the same difference when rows are drawn
    again with replacement, the same rows for both (Efron and Tibshirani, 1993). Rows that the plan
    keeps together, groups or blocks of time, are drawn together. The rows drawn from are at most
    20,000, and the interval narrows with the root of those that there are. The models are not
    fitted again: what varies with them is not in the interval, nor is the leak of higher levels.

    Parameters
    ----------
    level : share of the draws inside the interval, between 0 and 1.

    Raises
    ------
    ConfigError : names instead of records, or another level. FoldError : a plan of other rows.
    PredictionError : records of other data or another plan, or no row that all score.
    """
    check_record(against)
    return gain_tables(competition, folds, records, [against], level, seed)[0]


def gain_tables(
    competition: Competition,
    folds: Folds,
    records: Sequence[Predictions] | Predictions,
    references: Sequence[Predictions],
    level: float = 0.95,
    seed: int = 0,
) -> list[pd.DataFrame]:
    """`gain_intervals` on each of several records, which draws each record once only.

    The rows are those that all records and references score.
    """
    records, references = records_of(records), records_of(references)
    _check(competition, folds, [*records, *references], level)
    measured = _measured(competition, folds, [*records, *references], seed)
    return [
        pd.DataFrame(
            [(r.name, *_gain(competition, measured[id(r)], measured[id(one)], level))
             for r in records],
            columns=list(COLUMNS),
        )
        for one in references
    ]  # fmt: skip


@dataclass(frozen=True)
class _Measured:
    """A record's score on all rows, (draws + 1,) scores of drawn rows, the first of all of them.

    Intervals of what is drawn are `narrower` times as wide for all rows.
    """

    score: float
    drawn: np.ndarray
    narrower: float


def _check(
    competition: Competition, folds: Folds, records: Sequence[Predictions], level: float
) -> None:
    rule, hint = "the level of an interval is between 0 and 1", "0.95 for 95 %"
    check_type(level, (float, int, np.floating), rule, hint)
    if not 0 < level < 1:
        raise ConfigError(rule, level, hint)
    check_rows(competition, folds)
    check_comparable(competition, records)
    for record in records:
        if record.recipe.get("folds", folds.fingerprint) != folds.fingerprint:
            hint = "the plan that the records were made under"
            raise PredictionError("records are of the given fold plan", f"{record.name} not", hint)


def _measured(
    competition: Competition, folds: Folds, records: Sequence[Predictions], seed: int
) -> dict[int, _Measured]:
    """By id of the record."""
    every = common_rows(records)
    rows = every if len(every) <= MOST_ROWS else _drawn(every, seed)
    narrower = math.sqrt(len(rows) / len(every))
    counts = _counts(row_clusters(competition), rows, seed)
    return {
        id(r): _Measured(
            _score(competition, folds, r, every),
            _draws(competition, folds, r, rows, counts),
            narrower,
        )
        for r in {id(r): r for r in records}.values()
    }


def _gain(
    competition: Competition, one: _Measured, other: _Measured, level: float
) -> tuple[float, float, float]:
    """Gain of one on another, and both ends of its interval."""
    sign = competition.metric.sign
    gain, drawn = sign * (one.score - other.score), sign * (one.drawn - other.drawn)
    here, drawn = drawn[0], drawn[1:][~np.isnan(drawn[1:])]
    low, high = (one.narrower * (end - here) for end in _quantiles(drawn, level))
    return gain, gain + low, gain + high


def row_clusters(competition: Competition) -> np.ndarray:
    """(n,) codes of the rows that belong together: groups or blocks of time; else each its own."""
    config = FoldsConfig() if competition.config is None else competition.config.folds
    if config.group is not None:
        return pd.factorize(competition.column(config.group), use_na_sentinel=False)[0]
    if config.scheme == "blocked":
        return block_numbers(read_times(competition.column(config.time)), config.block)
    if config.scheme == "time":
        order = pd.Series(read_times(competition.column(config.time)).values).rank(method="dense")
        return (order.to_numpy() * STRETCHES / (order.max() + 1)).astype(np.int64)
    return np.arange(competition.n_rows)


def _drawn(rows: np.ndarray, seed: int) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))


def _counts(clusters: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """(draws + 1, rows) how often each row is drawn; the first draw is all of them once."""
    codes = np.unique(clusters[rows], return_inverse=True)[1]
    several = codes.max() + 1
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(several, np.full(several, 1 / several), size=DRAWS)
    ones = np.ones((1, len(rows)), dtype=np.float32)
    return np.vstack([ones, drawn.astype(np.float32)[:, codes]])


def _score(competition: Competition, folds: Folds, record: Predictions, rows: np.ndarray) -> float:
    ones = np.ones((1, len(rows)))
    return float(_draws(competition, folds, record, rows, ones)[0])


def _draws(
    competition: Competition, folds: Folds, record: Predictions, rows: np.ndarray, counts: Array
) -> np.ndarray:
    """(draws,) scores of a record under row counts, the mean over its repeats."""
    repeats = record.oof[None] if record.oof_repeats is None else record.oof_repeats
    counts = counts if competition.weight is None else counts * competition.weight[rows]
    scorer = _by_losses if _decomposes(competition) else _by_scores
    found = []
    for repeat, oof in enumerate(repeats):
        there = ~np.isnan(oof[rows, 0])
        readable = readable_predictions(competition, folds, repeat, oof)[rows]
        found.append(scorer(competition, rows[there], readable[there], counts[:, there]))
    return np.mean(found, axis=0)


Array = np.ndarray
Scorer = Callable[[Competition, Array, Array, Array], Array]


def _decomposes(competition: Competition) -> bool:
    return competition.metric.row_loss is not None


def _by_losses(competition: Competition, rows: Array, readable: Array, counts: Array) -> Array:
    metric = competition.metric
    losses = np.asarray(metric.row_loss(competition.y[rows], readable), dtype=np.float64)
    means = counts @ losses / np.maximum(counts.sum(axis=1), 1e-300)
    return np.array([metric.from_loss(mean) for mean in means])


def _by_scores(competition: Competition, rows: Array, readable: Array, counts: Array) -> Array:
    scores = np.full(len(counts), np.nan)
    for i, weight in enumerate(counts[: DRAWS_OF_SCORES + 1]):
        drawn = np.flatnonzero(weight)
        try:
            scores[i] = competition.metric.score(
                competition.y[rows[drawn]], readable[drawn], weight[drawn].astype(np.float64)
            )
        except MetricError:
            continue  # undefined on that draw: one class only, say
    return scores


def _quantiles(drawn: np.ndarray, level: float) -> tuple[float, float]:
    if not drawn.size:
        return math.nan, math.nan
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
