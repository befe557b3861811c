"""Predictions from elsewhere, and the way of new rows through a stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from stackkit.cache import Shelf
from stackkit.competition import Competition
from stackkit.config import check_name
from stackkit.errors import CacheError, PredictionError
from stackkit.folds import Folds
from stackkit.metrics import mean_in_space
from stackkit.models import load_model
from stackkit.predictions import Pool, Predictions, as_record_array, check_finite
from stackkit.recipe import SCHEMA_VERSION, array_digest, key_of
from stackkit.scoring import score_repeats

IMPORTED = "imported"


def import_predictions(
    competition: Competition,
    folds: Folds,
    name: str,
    oof: np.ndarray,
    test: np.ndarray | None,
    target: str | None = None,
) -> Predictions:
    """A record of predictions that another tool made under the same folds.

    Its evidence is "unverified": nothing here can tell that row i was predicted by a model that did
    not see it. It cannot be refitted or replayed on new rows.

    Parameters
    ----------
    oof : (n,) or (n, c), row i is row i of train; probabilities or values in the target's units.
        Rows that the plan does not score are ignored.
    test : (m,) or (m, c), in the order of test; None without a test set.
    target : the column predicted, where it is not the competition's: values of any width.

    Raises
    ------
    PredictionError : other shapes, missing values where the plan scores, no probabilities.
    """
    target = target or competition.target
    own = target == competition.target
    oof = _shaped("oof", oof, competition.n_rows, competition.width if own else None)
    oof[~folds.scored] = np.nan
    if test is not None:
        test = _shaped("test", test, competition.n_test, oof.shape[1])
    output = "proba" if own and competition.task != "regression" else "value"
    recipe = _foreign_recipe(competition, folds, oof, test, target)
    record = Predictions(
        name=check_name(name, "record name"),
        key=key_of(recipe),
        oof=oof,
        test=test,
        target=target,
        output=output,
        evidence="unverified",
        recipe=recipe,
    )
    _check_foreign(record, folds)
    return record.with_(scores=_foreign_scores(competition, folds, oof, target))


def _shaped(what: str, array: np.ndarray, rows: int, width: int | None) -> np.ndarray:
    """A float32 copy (rows, width); None: any width."""
    try:
        given = as_record_array(np.array(array, dtype=np.float32))
    except (ValueError, TypeError) as error:
        raise PredictionError(f"imported {what} holds numbers", str(error)) from None
    columns = given.shape[1] if width is None else width
    if given.shape != (rows, columns):
        raise PredictionError(
            f"imported {what} has shape ({rows}, {columns})",
            f"{given.shape}",
            "one row a row of the file, in its order; one column a class where there are several, "
            "one (of the last class) where there are two",
        )
    return given


def _foreign_recipe(
    competition: Competition, folds: Folds, oof: np.ndarray, test: np.ndarray | None, target: str
) -> dict[str, object]:
    return {
        "schema": SCHEMA_VERSION,
        "learner": {"kind": IMPORTED, "version": 1},
        "arrays": [array_digest(oof), None if test is None else array_digest(test)],
        "target": target,
        "folds": folds.fingerprint,
        "data": competition.fingerprint,
    }


def _foreign_scores(
    competition: Competition, folds: Folds, oof: np.ndarray, target: str
) -> dict[str, object]:
    """Scores under the plan's assignment, a row counted in each repeat that scores it."""
    if target != competition.target:
        return {}
    scored = folds.assignment >= 0
    repeats = np.where(scored[:, :, None], oof[None], np.float32(np.nan))
    return score_repeats(competition, folds, repeats)


def _check_foreign(record: Predictions, folds: Folds) -> None:
    check_finite(record, folds.scored)
    for name, array in record.arrays.items():
        values = array[~np.isnan(array).any(axis=1)]
        if np.isinf(values).any():
            raise PredictionError(f"imported {name} is finite", "infinite values")
        if record.output == "proba":
            _check_probabilities(name, values)


def _check_probabilities(name: str, values: np.ndarray) -> None:
    if values.min() < 0 or values.max() > 1:
        raise PredictionError(
            f"imported {name} holds probabilities",
            f"values from {values.min():.4g} to {values.max():.4g}",
            "import probabilities, not margins or labels",
        )
    if values.shape[1] > 1 and not np.allclose(values.sum(axis=1), 1, atol=1e-3):
        raise PredictionError(
            f"rows of imported {name} sum to 1",
            f"{values.sum(axis=1).min():.4g} to {values.sum(axis=1).max():.4g}",
            "divide each row by its sum",
        )


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
