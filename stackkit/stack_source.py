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

    A Fit at depth ≥ 1 is fitted on the rows that all parents score, and scores only such rows. With
    repeats it reads the predictions of the repeat that it scores: their mean over repeats would be
    better than any prediction that it will meet, and its score would flatter.
    """

    parents: tuple[Parent, ...]
    folds: Shared[Folds]

    @property
    def key(self) -> Mapping[str, Any]:
        """The parents' keys, sorted."""
        return stack_key([p.key for p in self.parents])

    @cached_property
    def scored(self) -> np.ndarray:
        """(n,) bool: rows that every parent scores, in some repeat."""
        return _all_there(self._oof(None))

    def narrow(self, fit: Fit) -> Fit:
        """The Fit on the rows that all parents score."""
        return Fit(fit.id, fit.fit_rows[self._scored(fit)[fit.fit_rows]], fit.cells)

    def score_rows(self, fit: Fit) -> np.ndarray:
        """Positions of the rows that a Fit scores and all parents scored, sorted."""
        cells = [self.folds.get().cell_rows(*cell) for cell in fit.cells]
        rows = np.unique(np.concatenate(cells)) if cells else np.empty(0, dtype=np.int64)
        return rows[self._scored(fit)[rows]]

    def prepare(self, fit: Fit) -> Views:
        """The stack for one Fit: all rows to fit on, with weights; test and the Fit's own chain."""
        weight = np.zeros(len(self.scored))
        weight[fit.fit_rows] = 1.0
        rows = self.score_rows(fit)
        oof = self._pool(self._oof(_repeat_of(fit)))
        return Views(
            fit=oof,
            weight=weight,
            score=oof.take(rows) if rows.size else None,
            score_rows=rows,
            test=self._pool([p.array("test") for p in self.parents]),
            holdout=self._pool([p.array("held") for p in self.parents]),
            test_chain=self._chain("test_folds", fit.id),
            holdout_chain=self._chain("held_folds", fit.id),
            chained=True,
        )

    def _scored(self, fit: Fit) -> np.ndarray:
        """(n,) bool: rows that every parent scores in the repeat of a Fit."""
        repeat = _repeat_of(fit)
        if repeat not in self._scored_in:
            self._scored_in[repeat] = _all_there(self._oof(repeat))
        return self._scored_in[repeat]

    @cached_property
    def _scored_in(self) -> dict[int | None, np.ndarray]:
        return {}

    def _oof(self, repeat: int | None) -> list[np.ndarray]:
        """(n, c) of each parent: of one repeat, or (None, and imports) the mean over repeats."""
        several = [p.array("oof_repeats") for p in self.parents]
        return [
            p.array("oof") if repeat is None or a is None else a[repeat]
            for p, a in zip(self.parents, several, strict=True)
        ]

    def _pool(self, arrays: Sequence[np.ndarray | None]) -> Pool | None:
        if any(a is None for a in arrays):
            return None
        return Pool(tuple(p.name for p in self.parents), tuple(arrays))

    def _chain(self, which: str, fit_id: str) -> Pool | None:
        if any(p.array(which) is None or fit_id not in p.fits for p in self.parents):
            return None
        return self._pool([p.array(which)[p.fits.index(fit_id)] for p in self.parents])


def _repeat_of(fit: Fit) -> int | None:
    """The repeat that a Fit scores (its first, where equal fit rows serve several); None: full."""
    return fit.cells[0][0] if fit.cells else None


def _all_there(oofs: Sequence[np.ndarray]) -> np.ndarray:
    return np.logical_and.reduce([~np.isnan(oof[:, 0]) for oof in oofs])


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
