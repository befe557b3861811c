"""Replay: the stored models of a record and of everything that it stands on, for new rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from stackkit.cache import Shelf
from stackkit.cache.fitted import FittedModel, load_model
from stackkit.competition import Competition
from stackkit.errors import CacheError, PredictionError
from stackkit.exchange import IMPORTED
from stackkit.metrics import mean_in_space
from stackkit.predictions import Pool, Predictions, as_record_array


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
            X = self._stacked(record, parents, model)
        else:
            X = model.transform(self.frame)
        return as_record_array(model.predict(X))

    def _stacked(self, record: Predictions, arrays: list[np.ndarray], model: FittedModel) -> Pool:
        """The parents' predictions, with features where the model reads them too."""
        parents = [load_record(self.shelf, key) for key in record.parents]
        return Pool(
            tuple(parent.name for parent in parents),
            tuple(arrays),
            families=tuple(parent.family for parent in parents),
            features=None if model.transform is None else model.transform(self.frame),
        )


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
