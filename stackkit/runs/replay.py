"""predict: new rows through the stack that the latest run chose. Fits nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackkit.cache import Shelf
from stackkit.cache.fitted import load_model
from stackkit.competition import Competition
from stackkit.competition.schema import CATEGORICAL, TEXT
from stackkit.datasets.files import read_table
from stackkit.errors import CacheError, ConfigError, DataError, PredictionError
from stackkit.exchange import IMPORTED
from stackkit.metrics import Decision, mean_in_space
from stackkit.predictions import Pool, Predictions, as_record_array
from stackkit.runs.reports import latest_run
from stackkit.runs.setup import Setup, set_up
from stackkit.submission import decided, final_decision


def chosen_key(setup: Setup) -> str:
    """The key of the record that the latest run on this data and these folds chose."""
    shelf = setup.bench.shelf.folder.name
    report = latest_run(setup.bench.cache, setup.competition.name, shelf)
    if report is None:
        raise ConfigError(
            "predict replays the stack of the latest run",
            f"no run of {setup.competition.name} on this data and these folds",
            f"stackkit run {setup.competition.name}",
        )
    return report["chosen"]


def predict(
    competition: str | Path | Competition,
    frame: pd.DataFrame,
    raw: bool = False,
    cache_dir: str | Path | None = None,
) -> pd.DataFrame:
    """The latest run's chosen stack on new rows. Fits nothing.

    Parameters
    ----------
    frame : raw rows with the columns of test.
    raw : the predictions of every record of the stack (a column each, or one a class), instead of
        what would be submitted.

    Raises
    ------
    StackkitError : no run, an imported record in the stack, models not kept, columns missing.
    """
    setup = set_up(competition, cache_dir=cache_dir)
    shelf, key = setup.bench.shelf, chosen_key(setup)
    records = ancestry(shelf, key)
    check_replayable(records, shelf)
    setup.competition.check_new_rows(frame)
    replay = Replay(shelf, setup.competition, frame)
    columns = _id_column(setup.competition, frame)
    if raw:
        for record in records:
            columns |= _raw_columns(setup.competition, record, replay.predict(record.key))
        return pd.DataFrame(columns)
    record = records[-1]
    decision = final_decision(setup.competition, record)
    return pd.DataFrame(columns | _final_columns(setup, replay.predict(key), decision))


def _id_column(competition: Competition, frame: pd.DataFrame) -> dict[str, Sequence[Any]]:
    if competition.id is None or competition.id not in frame.columns:
        return {}
    return {competition.id: frame[competition.id].to_numpy()}


def _raw_columns(
    competition: Competition, record: Predictions, values: np.ndarray
) -> dict[str, np.ndarray]:
    if values.shape[1] == 1:
        return {record.name: values[:, 0]}
    names = (f"{record.name}_{c}" for c in competition.classes)
    return {name: values[:, j] for j, name in enumerate(names)}


def _final_columns(
    setup: Setup, values: np.ndarray, decision: Decision | None
) -> dict[str, np.ndarray]:
    competition = setup.competition
    made = decided(competition, values, decision)
    if made.shape[1] == 1:
        return {competition.target: made[:, 0]}
    return {str(c): made[:, j] for j, c in enumerate(competition.classes)}


def read_new_rows(path: Path, competition: Competition) -> pd.DataFrame:
    """The table of a file of new rows; DataError where it has none.

    Text and categories are read as text: what looks like a number in a few rows may not in train.
    """
    kinds = competition.schema.kinds
    words = {name: str for name, kind in kinds.items() if kind in (TEXT, CATEGORICAL)}
    frame = read_table(path, competition.config.data.na_values, words)
    if not len(frame):
        raise DataError(f"{path.name} has rows", "none")
    return frame


@dataclass
class Replay:
    """New rows through a record and everything that it stands on. Fits nothing.

    Parameters
    ----------
    shelf : where the records and their models lie.
    competition : for the space of means.
    frame : the raw new rows, with the columns of test.
    """

    shelf: Shelf
    competition: Competition
    frame: pd.DataFrame
    done: dict[str, np.ndarray] = field(default_factory=dict)

    def predict(self, key: str) -> np.ndarray:
        """Predictions (len(frame), c) as `test` of the record would be for these rows."""
        if key not in self.done:
            record = load_record(self.shelf, key)
            parents = [self.predict(parent) for parent in record.parents]
            self.done[key] = self._through(record, parents)
        return self.done[key]

    def _through(self, record: Predictions, parents: list[np.ndarray]) -> np.ndarray:
        folder = self.shelf.models(record.key)
        predicted = (self._one(folder / fit_id, record, parents) for fit_id in _used_fits(record))
        return mean_in_space(predicted, self.competition.metric.average_space, record.output)

    def _one(self, path: Path, record: Predictions, parents: list[np.ndarray]) -> np.ndarray:
        model = load_model(path)
        if parents:
            names = tuple(load_record(self.shelf, key).name for key in record.parents)
            X = Pool(names, tuple(parents))
        else:
            X = model.transform(self.frame)
        return as_record_array(model.predict(X))


def _used_fits(record: Predictions) -> list[str]:
    """Ids of the Fits that `test` comes from."""
    return ["full"] if record.recipe["test_from"] == "full" else list(record.fits)


def load_record(shelf: Shelf, key: str) -> Predictions:
    """The record of a key; CacheError where it is not there."""
    record = shelf.load(key)
    if record is None:
        raise CacheError(
            "the records of a stack are in the cache",
            f"no {key[:8]}: removed, or imported from elsewhere",
            "run again; an imported record cannot be replayed",
        )
    return record


def ancestry(shelf: Shelf, key: str) -> list[Predictions]:
    """A record and all that it stands on, parents first, each once."""
    ordered: dict[str, Predictions] = {}

    def visit(key: str) -> None:
        if key not in ordered:
            record = load_record(shelf, key)
            for parent in record.parents:
                visit(parent)
            ordered[key] = record

    visit(key)
    return list(ordered.values())


def check_replayable(records: list[Predictions], shelf: Shelf) -> None:
    """Say before any work what cannot be replayed: imported records, models that were not kept."""
    for record in records:
        if record.recipe.get("learner", {}).get("kind") == IMPORTED:
            raise PredictionError(
                "replay needs the models of every record",
                f"{record.name} was imported: its model is not here",
                "leave it out of the stack, or predict the new rows with the tool that made it",
            )
        missing = [n for n in _used_fits(record) if not (shelf.models(record.key) / n).exists()]
        if missing:
            raise CacheError(
                "replay needs the models of every record",
                f"none kept for {', '.join(missing)} of {record.name}",
                "set [cache] keep_models = true, remove that entry and run again",
            )
