"""Replay: the stored models of a record and of everything that it stands on, for new rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stackkit.cache import Shelf
from stackkit.cache.fitted import FittedModel, load_model
from stackkit.competition import Competition
from stackkit.errors import CacheError, PredictionError
from stackkit.exchange import IMPORTED
from stackkit.metrics import mean_in_space
from stackkit.predictions import Pool, Predictions, as_record_array, unique_names

MEAN = "mean"  # of the Fits of a record, in place of one Fit's chain


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
    done: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def predict(self, key: str) -> np.ndarray:
        """Predictions (len(frame), c) as `test` of the record would be for these rows."""
        return self._once(key, MEAN)

    def _once(self, key: str, chain: str) -> np.ndarray:
        """Predictions of a record, or of the chain of a Fit: its models from level 0 up."""
        if (key, chain) not in self.done:
            record = load_record(self.shelf, key)
            made = self._mean(record) if chain == MEAN else self._one(record, chain, chain)
            self.done[key, chain] = made
        return self.done[key, chain]

    def _mean(self, record: Predictions) -> np.ndarray:
        made = (self._one(record, fit, self._read(record, fit)) for fit in _used_fits(record))
        return mean_in_space(made, self.competition.metric.average_space, record.output)

    def _read(self, record: Predictions, fit_id: str) -> str:
        """What of its parents a Fit reads for new rows: its own chain where it did so for test."""
        parents = [load_record(self.shelf, key) for key in record.parents]
        kept = all(p.test_folds is not None and fit_id in p.fits for p in parents)
        return fit_id if reads_chains(record) and kept else MEAN

    def _one(self, record: Predictions, fit_id: str, chain: str) -> np.ndarray:
        """What one model of a record makes of the new rows; it reads its parents' `chain`."""
        model = load_model(self.shelf.models(record.key) / fit_id)
        if record.parents:
            parents = [self._once(key, chain) for key in record.parents]
            X = self._stacked(record, parents, model)
        else:
            X = model.transform(self.frame)
        return as_record_array(model.predict(X))

    def _stacked(self, record: Predictions, arrays: list[np.ndarray], model: FittedModel) -> Pool:
        """The parents' predictions, with features where the model reads them too."""
        parents = [load_record(self.shelf, key) for key in record.parents]
        return Pool(
            unique_names(parents),
            tuple(arrays),
            families=tuple(parent.family or parent.name for parent in parents),
            features=None if model.transform is None else model.transform(self.frame),
        )


def reads_chains(record: Predictions) -> bool:
    """Whether each Fit of a record predicts test from its own chain of parents."""
    return record.recipe.get("source", {}).get("queries") == "chain"


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
    chained = any(reads_chains(record) for record in records)
    for record in records:
        if record.recipe.get("learner", {}).get("kind") == IMPORTED:
            raise PredictionError(
                "replay needs the models of every record",
                f"{record.name} was imported: its model is not here",
                "leave it out of the stack, or predict the new rows with the tool that made it",
            )
        needed = [*_used_fits(record), *(record.fits if chained else ())]
        there = shelf.models(record.key)
        missing = [n for n in dict.fromkeys(needed) if not (there / n).exists()]
        if missing:
            raise CacheError(
                "replay needs the models of every record",
                f"none kept for {', '.join(missing)} of {record.name}",
                "set [cache] keep_models = true, remove that entry and run again",
            )
