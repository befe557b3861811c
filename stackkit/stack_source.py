"""StackSource: what levels 1 and 2 read, the predictions of parent records, mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stackkit.cache.handoff import ArrayRef, Shared
from stackkit.errors import PredictionError
from stackkit.folds import Fit, Folds
from stackkit.predictions import Pool, Predictions
from stackkit.spec import Views


@dataclass(frozen=True)
class Parent:
    """What of a parent record a stack reads: arrays that cross to workers as paths."""

    name: str
    key: str
    depth: int
    evidence: str
    fits: tuple[str, ...]
    arrays: Mapping[str, ArrayRef]

    @classmethod
    def of(cls, record: Predictions) -> Parent:
        """The parent of a record."""
        arrays = {name: ArrayRef(array) for name, array in record.arrays.items()}
        return cls(record.name, record.key, record.depth, record.evidence, record.fits, arrays)

    def array(self, which: str) -> np.ndarray | None:
        """One array of the record."""
        return self.arrays[which].array if which in self.arrays else None


@dataclass(frozen=True)
class StackSource:
    """The whole stack of parents with a 0/1 row weight; the parents stand in the order of keys.

    A Fit at depth ≥ 1 is fitted on the rows that all parents score, and scores only such rows.
    """

    parents: tuple[Parent, ...]
    folds: Shared[Folds]

    @property
    def key(self) -> Mapping[str, Any]:
        """The parents' keys, sorted."""
        return stack_key([p.key for p in self.parents])

    @cached_property
    def scored(self) -> np.ndarray:
        """(n,) bool: rows that every parent scores."""
        oofs = [p.array("oof") for p in self.parents]
        return np.logical_and.reduce([~np.isnan(oof[:, 0]) for oof in oofs])

    def narrow(self, fit: Fit) -> Fit:
        """The Fit on the rows that all parents score."""
        return Fit(fit.id, fit.fit_rows[self.scored[fit.fit_rows]], fit.cells)

    def score_rows(self, fit: Fit) -> np.ndarray:
        """Positions of the rows that a Fit scores and all parents scored, sorted."""
        cells = [self.folds.get().cell_rows(*cell) for cell in fit.cells]
        rows = np.unique(np.concatenate(cells)) if cells else np.empty(0, dtype=np.int64)
        return rows[self.scored[rows]]

    def prepare(self, fit: Fit) -> Views:
        """The stack for one Fit: all rows to fit on, with weights; test and the Fit's own chain."""
        weight = np.zeros(len(self.scored))
        weight[fit.fit_rows] = 1.0
        rows = self.score_rows(fit)
        oof = self._pool("oof")
        return Views(
            fit=oof,
            weight=weight,
            score=oof.take(rows) if rows.size else None,
            score_rows=rows,
            test=self._pool("test"),
            holdout=self._pool("held"),
            test_chain=self._chain("test_folds", fit.id),
            holdout_chain=self._chain("held_folds", fit.id),
            chained=True,
        )

    def _pool(self, which: str) -> Pool | None:
        arrays = [p.array(which) for p in self.parents]
        if any(a is None for a in arrays):
            return None
        return Pool(tuple(p.name for p in self.parents), tuple(arrays))

    def _chain(self, which: str, fit_id: str) -> Pool | None:
        if any(p.array(which) is None or fit_id not in p.fits for p in self.parents):
            return None
        arrays = tuple(p.array(which)[p.fits.index(fit_id)] for p in self.parents)
        return Pool(tuple(p.name for p in self.parents), arrays)


def stack_key(parents: Sequence[str]) -> dict[str, list[str]]:
    """What of a stack on these keys enters the key of a record."""
    return {"parents": sorted(parents)}


def stack_source(parents: Sequence[Predictions], folds: Shared[Folds]) -> StackSource:
    """The stack of some records of one fold plan.

    Raises
    ------
    PredictionError : no parents, one twice, one made under other folds, or arrays of different
        rows or targets.
    """
    if not parents:
        raise PredictionError("a stack has at least one parent", "none")
    ordered = sorted(parents, key=lambda r: r.key)
    if len({r.key for r in ordered}) < len(ordered):
        raise PredictionError("parents of a stack differ", f"{[r.name for r in ordered]}")
    plan = folds.get().fingerprint
    foreign = [r.name for r in ordered if r.recipe.get("folds", plan) != plan]
    if foreign:
        raise PredictionError(
            "parents of a stack were made under its folds",
            f"other folds for {', '.join(foreign)}",
            "their rows were fitted on elsewhere: fit them again under these folds",
        )
    shapes = {(r.oof.shape, r.target, r.output) for r in ordered}
    if len(shapes) != 1:
        raise PredictionError(
            "parents of a stack predict one target in one shape", f"{sorted(map(str, shapes))}"
        )
    return StackSource(tuple(Parent.of(r) for r in ordered), folds)
