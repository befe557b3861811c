"""Predictions from elsewhere: records that another tool or a team mate made."""

from __future__ import annotations

import numpy as np

from stackkit.competition import Competition
from stackkit.config import check_name
from stackkit.errors import PredictionError
from stackkit.folds import Folds
from stackkit.predictions import Predictions, as_record_array, check_finite
from stackkit.recipe import SCHEMA_VERSION, array_digest, key_of
from stackkit.scoring import check_rows, score_repeats

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
    check_rows(competition, folds)
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
