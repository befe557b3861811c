"""From finished Fits to one Predictions record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stackkit.cache.partial import PartialFits
from stackkit.competition import Competition
from stackkit.crossfit.bench import Recipe
from stackkit.errors import CacheError
from stackkit.folds import Fit, Folds
from stackkit.metrics import mean_in_space
from stackkit.predictions import Predictions, check_finite, worst_evidence
from stackkit.scoring import score_repeats

Done = Mapping[str, Mapping[str, np.ndarray]]


def assemble(
    recipe: Recipe, competition: Competition, folds: Folds, done: Done, costs: Mapping[str, Any]
) -> Predictions:
    """The record of a recipe whose Fits are all `done` (Fit id -> arrays).

    Means over Fits and repeats are taken in the objective's space. `test` comes from the full Fit
    where there is one, chains are left out above the configured size.
    """
    fits, parents = recipe.fits, recipe.source.parents
    held = _combined("held", recipe, done)
    repeats = _repeats(recipe, folds, done)
    objective = recipe.objective
    folded = [fit.id for fit in fits if fit.cells]
    record = Predictions(
        name=recipe.spec.name,
        key=recipe.key,
        oof=mean_in_space(repeats, objective.space, objective.output, skip_missing=True),
        oof_repeats=repeats if folds.n_repeats > 1 else None,
        test=_combined("test", recipe, done),
        held=held,
        test_folds=_chain("test_chain", folded, done, _chain_limit(competition)),
        held_folds=_chain("held_chain", folded, done, _chain_limit(competition)),
        fits=tuple(folded),
        target=competition.target,
        output=objective.output,
        role=recipe.spec.role,
        family=recipe.spec.family,
        depth=recipe.depth,
        evidence=worst_evidence(*(p.evidence for p in parents)),
        parents=tuple(p.key for p in parents),
        scores=score_repeats(competition, folds, repeats, held),
        cost={"fits": dict(costs)},
        recipe=recipe.readable,
    )
    check_finite(record, _expected(recipe, folds))
    return record


def load_done(partial: PartialFits, fits: Sequence[Fit]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays and costs of finished Fits by id; CacheError where one cannot be read back."""
    arrays, costs = {}, {}
    for fit in fits:
        loaded = partial.load(fit.id)
        if loaded is None:
            raise CacheError(
                "a finished Fit can be read back",
                f"{fit.id} of {partial.key[:12]} cannot",
                "run again: only that Fit is fitted again",
            )
        arrays[fit.id], costs[fit.id] = loaded
    return arrays, costs


def _expected(recipe: Recipe, folds: Folds) -> np.ndarray:
    """(n,) bool: the rows that the recipe's Fits score."""
    expected = np.zeros(folds.n_rows, dtype=bool)
    for fit in recipe.fits:
        expected[recipe.source.score_rows(fit)] = True
    return expected


def _repeats(recipe: Recipe, folds: Folds, done: Done) -> np.ndarray:
    """(R, n, c): each cell's rows from the Fit that predicts it, NaN elsewhere."""
    shape = (folds.n_repeats, folds.n_rows, recipe.objective.width)
    repeats = np.full(shape, np.nan, dtype=np.float32)
    for fit in (f for f in recipe.fits if f.cells):
        rows, predicted = done[fit.id]["rows"], done[fit.id]["oof"]
        for repeat, fold in fit.cells:
            inside = folds.assignment[repeat][rows] == fold
            repeats[repeat, rows[inside]] = predicted[inside]
    return repeats


def _combined(which: str, recipe: Recipe, done: Done) -> np.ndarray | None:
    """The full Fit's array, else the mean over fold Fits; None where there are none."""
    if "full" in done:
        return done["full"].get(which)
    arrays = [done[fit.id][which] for fit in recipe.fits if which in done[fit.id]]
    if not arrays:
        return None
    return mean_in_space(arrays, recipe.objective.space, recipe.objective.output)


def _chain(which: str, folded: Sequence[str], done: Done, limit: int) -> np.ndarray | None:
    """(F, rows, c) in the order of Fits; None where one lacks it or all exceed `limit` bytes."""
    if not folded or any(which not in done[fit_id] for fit_id in folded):
        return None
    if sum(done[fit_id][which].nbytes for fit_id in folded) > limit:
        return None
    return np.stack([done[fit_id][which] for fit_id in folded])


def _chain_limit(competition: Competition) -> int:
    return competition.config.cache.test_folds_limit
