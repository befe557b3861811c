"""Permutation importance: what the fold models lose when a column is shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.cache.fitted import FittedModel, load_model
from stackkit.competition import Competition
from stackkit.crossfit.bench import Bench
from stackkit.predictions import Predictions, as_record_array
from stackkit.scoring import running_score

COLUMNS = ("model", "column", "fold", "drop")
ALL = "all"
MOST_ROWS = 1_000  # over all folds
CELLS = 30_000_000  # shuffled cells a model: wide tables are judged by fewer rows
FEWEST_ROWS = 20
BATCH = 20_000


def permutation_importance(
    bench: Bench, records: Sequence[Predictions], seed: int = 0
) -> pd.DataFrame:
    """What each column is worth to some base models, on rows that their fold models did not see.

    In a sample of the rows that each fold scores a raw column is shuffled, and the fold's kept
    model predicts again. The drop is in units of the metric, positive where the model needs the
    column; label metrics are read with the plainest decision. Columns that say the same share
    their worth: shuffling one leaves the other (Breiman, "Random forests", 2001).

    Parameters
    ----------
    records : base models; records that read a stack, and those whose models were not kept, are
        left out.

    Returns
    -------
    One row a model, column and fold, columns model, column, fold, drop. Fold "all" takes the rows
    of all folds together; a fold in which the metric is undefined has NaN.
    """
    rows = [row for record in records for row in _rows_of(bench, record, seed)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Sample:
    """Some rows (m,) with their predictions: `plain` (m, c), `shuffled` (columns, m, c)."""

    name: str
    rows: np.ndarray
    plain: np.ndarray
    shuffled: np.ndarray


def _rows_of(bench: Bench, record: Predictions, seed: int) -> Iterator[tuple[str, str, str, float]]:
    folder = bench.shelf.models(record.key)
    known = [f for f in bench.folds.fits() if f.id in record.fits and (folder / f.id).exists()]
    fits = [fit for fit in known if fit.cells[0][0] == 0]
    if record.parents or not fits:
        return
    competition, rng, samples = bench.competition, np.random.default_rng(seed), []
    for fit in fits:
        scored = bench.folds.cell_rows(*fit.cells[0])
        rows = _sample(scored, len(fits), competition, rng)
        samples.append(_predicted(fit.id, load_model(folder / fit.id), rows, competition, rng))
    for sample in (*samples, _together(samples)):
        for column, drop in zip(
            competition.train.columns, _drops(competition, sample), strict=True
        ):
            yield record.name, column, sample.name, drop


def _sample(
    rows: np.ndarray, folds: int, competition: Competition, rng: np.random.Generator
) -> np.ndarray:
    columns = len(competition.train.columns)
    most = max(FEWEST_ROWS, min(MOST_ROWS, CELLS // columns**2) // folds)
    return np.sort(rng.choice(rows, min(most, len(rows)), replace=False))


def _predicted(
    name: str,
    model: FittedModel,
    rows: np.ndarray,
    competition: Competition,
    rng: np.random.Generator,
) -> _Sample:
    """Predict the rows as they are and with each column shuffled, many columns at a time."""
    frame = competition.train.iloc[rows].reset_index(drop=True)
    changed = [frame, *(_shuffled(frame, column, rng) for column in frame.columns)]
    step = max(1, BATCH // len(frame))
    parts = [
        model.predict(model.transform(pd.concat(changed[i : i + step], ignore_index=True)))
        for i in range(0, len(changed), step)
    ]
    whole = np.concatenate([as_record_array(part) for part in parts])
    whole = whole.reshape(len(changed), len(frame), -1)
    return _Sample(name, rows, whole[0], whole[1:])


def _shuffled(frame: pd.DataFrame, column: str, rng: np.random.Generator) -> pd.DataFrame:
    values = frame[column].take(rng.permutation(len(frame)))
    return frame.assign(**{column: values.set_axis(frame.index)})


def _drops(competition: Competition, sample: _Sample) -> list[float]:
    """The loss of score by shuffling each column."""
    sign = competition.metric.sign
    before = running_score(competition, sample.plain, sample.rows)
    after = [running_score(competition, p, sample.rows) for p in sample.shuffled]
    return [sign * (before - score) for score in after]


def _together(samples: Sequence[_Sample]) -> _Sample:
    rows = np.concatenate([sample.rows for sample in samples])
    plain = np.concatenate([sample.plain for sample in samples])
    return _Sample(ALL, rows, plain, np.concatenate([s.shuffled for s in samples], axis=1))
