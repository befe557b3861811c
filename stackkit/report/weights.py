"""Weights of blends and coefficients of linear meta-models, read from the models that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stackkit.cache.fitted import load_model
from stackkit.level1.linear import LinearMetaFit
from stackkit.level2.subset import OnSubsetFit
from stackkit.predictions import Predictions
from stackkit.presets import LAST
from stackkit.runs import Setup

META_COLUMNS = ("meta", "fit", "member", "class", "column", "weight")
COLUMNS = ("blend", "fit", "member", "weight")
EQUAL = "mean"


def blend_weights(setup: Setup, records: Iterable[Predictions]) -> pd.DataFrame:
    """One row a blend, Fit and member: the weight that the Fit gave the member.

    Records without weights (base models, metas, rank means), the plain mean and blends whose models
    were not kept are left out. Fit "full" was fitted on all rows and predicts test.
    """
    rows = [row for record in records for row in _rows(setup, record)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(setup: Setup, record: Predictions) -> Iterator[tuple[str, str, str, float]]:
    kind = record.recipe.get("learner", {}).get("kind")
    folder = setup.bench.shelf.models(record.key)
    if record.role != "blend" or kind == EQUAL or not folder.is_dir():
        return
    for fit in (*record.fits, "full"):
        if not (folder / fit).exists():
            continue
        estimator = load_model(folder / fit).estimator
        if not hasattr(estimator, "weights_"):
            return
        for member, weight in zip(estimator.names_, estimator.weights_, strict=True):
            yield record.name, fit, member, float(weight)


def last_weights(setup: Setup, records: Iterable[Predictions]) -> dict[str, float]:
    """Key -> weight of what the last blend of a stack reads, fitted on all rows.

    Empty where the stack has no such blend, or its models were not kept.
    """
    last = next((r for r in records if r.name == LAST), None)
    if last is None or not (path := setup.bench.shelf.models(last.key) / "full").exists():
        return {}
    weights = load_model(path).estimator.weights_
    return dict(zip(last.parents, map(float, weights), strict=True))


def members_used(setup: Setup, records: Iterable[Predictions]) -> dict[str, int]:
    """How many base models have weight in each record, by its name; a base model counts itself.

    Of blends with weights those of the Fit on all rows, of linear meta-models those with a
    coefficient, of others all that they read; what stands on blends counts theirs, each once.
    """
    made = {record.key: record for record in records}
    reached: dict[str, frozenset[str]] = {}

    def reach(key: str) -> frozenset[str]:
        if key not in reached:
            record = made.get(key)
            parents = () if record is None else _read_by(setup, record)
            reached[key] = frozenset().union(*map(reach, parents)) if parents else frozenset({key})
        return reached[key]

    return {record.name: len(reach(record.key)) for record in made.values()}


def _read_by(setup: Setup, record: Predictions) -> tuple[str, ...]:
    """Keys of the parents that have weight in a record."""
    used = np.ones(len(record.parents), dtype=bool)
    folder = setup.bench.shelf.models(record.key)
    for fit in ("full", *record.fits):
        if not (folder / fit).exists():
            continue
        weights = member_weights(load_model(folder / fit).estimator, len(record.parents))
        used = used if weights is None else weights != 0
        break
    return tuple(key for key, there in zip(record.parents, used, strict=True) if there)


def member_weights(estimator: Any, members: int) -> np.ndarray | None:
    """(m,) how much a fitted blend or linear meta-model reads of each member; None: not known.

    What stands on a subset of the members reads nothing of the others.
    """
    if isinstance(estimator, OnSubsetFit):
        inner = member_weights(estimator.estimator, len(estimator.chosen_))
        whole = np.zeros(members)
        whole[list(estimator.chosen_)] = 1.0 if inner is None else inner
        return whole
    if hasattr(estimator, "weights_"):
        return np.asarray(estimator.weights_)
    values = _coefficients(estimator)
    if values is None or values.shape[1] % members:
        return None
    return np.abs(values).reshape(len(values), members, -1).sum(axis=(0, 2))


def meta_coefficients(setup: Setup, records: Iterable[Predictions]) -> pd.DataFrame:
    """One row a linear meta-model, Fit, member, class and column of the member: the coefficient.

    Coefficients are in the space of the stack (logits, or the target's), in which members have one
    scale. For values and two classes `class` and `column` are the same; of several classes each
    has a coefficient on every column of every member. Metas of other kinds, Fits in which a class
    was missing, and models that were not kept are left out.
    """
    records = list(records)
    rows = [row for r in records if r.role == "meta" for row in _meta_rows(setup, r, records)]
    return pd.DataFrame(rows, columns=list(META_COLUMNS))


def _meta_rows(
    setup: Setup, record: Predictions, records: Sequence[Predictions]
) -> Iterator[tuple[str, str, str, str, str, float]]:
    names = {r.key: r.name for r in records}
    members = [names.get(key, key[:8]) for key in record.parents]
    classes = _column_names(setup)
    folder = setup.bench.shelf.models(record.key)
    for fit in (f for f in (*record.fits, "full") if (folder / f).exists()):
        values = _coefficients(load_model(folder / fit).estimator)
        if values is None or values.size != len(members) * len(classes) ** 2:
            continue
        table = values.reshape(len(classes), len(members), len(classes))
        for (k, i, j), weight in np.ndenumerate(table):
            yield record.name, fit, members[i], classes[k], classes[j], float(weight)


def _column_names(setup: Setup) -> list[str]:
    """What the columns of a prediction are called."""
    competition = setup.competition
    if competition.task == "regression":
        return [competition.target]
    classes = [str(c) for c in competition.classes]
    return classes if competition.width > 1 else classes[-1:]


def _coefficients(estimator: Any) -> np.ndarray | None:
    """(outputs, inputs) of a linear meta-model, None of another."""
    if not isinstance(estimator, LinearMetaFit):
        return None
    return np.atleast_2d(estimator.model_.coef_)
