"""Weights that differ from row to row, and the regions that they come from, read out of fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from stackkit.cache.fitted import FittedModel, load_model
from stackkit.errors import ConfigError, ModelError, nearest
from stackkit.predictions import Predictions
from stackkit.presets import higher_model
from stackkit.runs import Setup
from stackkit.spec import Views
from stackkit.stack import Stack

EXPLAINED = ("row", "member", "prediction", "competence", "selected", "weight", "agreed",
             "neighbours")  # fmt: skip


def row_weights(setup: Setup, stack: Stack, name: str) -> pd.DataFrame:
    """(n, m) weights of the members on each row that is scored, by the Fit that scores it.

    Of dynamic selection, of the neural ensembler and of feature-weighted linear stacking (whose
    weights may be negative and need not sum to 1); of several repeats the first. The index holds
    positions in train. Empty where no model was kept.

    Raises
    ------
    ModelError : weights of that record do not differ between rows.
    """
    parts = [pd.DataFrame()]
    for model, views in _fits(setup, stack, name):
        if views.score_rows.size:
            weights, members = _weights(model, views)
            parts.append(pd.DataFrame(weights, views.score_rows, members))
    made = pd.concat(parts).sort_index()
    return made[~made.index.duplicated()]


def explain_row(setup: Setup, stack: Stack, name: str, row: int) -> pd.DataFrame:
    """One line a member: what it predicts for a row of train, how competent it is there, what it
    weighs, out of fold.

    The columns are those of `explain` of dynamic selection; `neighbours` are positions in train.
    Empty where no model was kept.

    Raises
    ------
    ConfigError : no such record, or no such row of train.
    ModelError : the record is none of dynamic selection, or no Fit scores the row.
    """
    rows = len(_record(stack, name).oof)
    if not 0 <= row < rows:
        raise ConfigError("a row is a position in train", row, f"0 to {rows - 1}")
    kept = False
    for model, views in _fits(setup, stack, name):
        kept = True
        place = np.flatnonzero(views.score_rows == row)
        if place.size and hasattr(model.estimator, "explain"):
            table = model.estimator.explain(views.score.take(place)).assign(row=row)
            known = _reference(model, views)
            near = [tuple(known[list(rows)].tolist()) for rows in table.neighbours]
            return table.assign(neighbours=near)
    if not kept:
        return pd.DataFrame(columns=list(EXPLAINED))
    raise ModelError("a row of dynamic selection is scored by a Fit", f"{name}, row {row}")


def best_of(records: Sequence[Predictions], family: str) -> Predictions:
    """The record of the best score in a family, say "dynamic"; ModelError where there is none."""
    mine = [r for r in records if r.family == family]
    if not mine:
        rule = "a family has a record"
        raise ModelError(rule, repr(family), f"one of {', '.join({r.family for r in records})}")
    sign = 1 if mine[0].scores["greater_is_better"] else -1
    return max(mine, key=lambda r: sign * r.cv)


def _fits(setup: Setup, stack: Stack, name: str) -> Iterator[tuple[FittedModel, Views]]:
    """The kept models of a record with what they read."""
    record = _record(stack, name)
    made = {r.key: r for r in stack.records.values()}
    recipe = setup.bench.recipe(higher_model(name), [made[key] for key in record.parents])
    folder = setup.bench.shelf.models(record.key)
    for fit in recipe.fits:
        if fit.id in record.fits and (folder / fit.id).exists():
            yield load_model(folder / fit.id), recipe.source.prepare(fit)


def _record(stack: Stack, name: str) -> Predictions:
    if name not in stack.records:
        hint = nearest(name, stack.records)
        raise ConfigError("the record is in the stack", repr(name), hint)
    record = stack.records[name]
    if not record.parents:
        rule, hint = "weights of members are those of a blend", "such as des_knora_u or fwls"
        raise ModelError(rule, f"{name}, a base model", hint)
    return record


def _weights(model: FittedModel, views: Views) -> tuple[np.ndarray, tuple[str, ...]]:
    pool = views.score if model.expand is None else model.expand.inputs(views.score)
    if hasattr(model.estimator, "row_weights"):
        return model.estimator.row_weights(pool), pool.names
    if hasattr(model.estimator, "weights"):
        return model.estimator.weights(pool), tuple(sorted(pool.names))
    rule = "weights of rows are those of dynamic selection, neural_ensembler or fwls"
    raise ModelError(rule, type(model.estimator).__name__)


def _reference(model: FittedModel, views: Views) -> np.ndarray:
    """Positions in train of the rows that serve as reference."""
    known = np.flatnonzero(views.weight) if views.rows is None else views.rows
    most = model.estimator.learner.reference_rows
    if len(known) > most:
        raise ModelError(f"regions are shown of at most {most} reference rows", len(known))
    return known
