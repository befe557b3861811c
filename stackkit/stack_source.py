"""StackSource: what levels 1 and 2 read, the predictions of parent records, mapped."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from stackkit.cache.handoff import ArrayRef, Shared
from stackkit.errors import PredictionError
from stackkit.folds import Fit, Folds
from stackkit.predictions import Pool, Predictions, unique_names
from stackkit.spec import Learner, Source, Views


@dataclass(frozen=True)
class Parent:
    """What of a parent record a stack reads: arrays that cross to workers as paths."""

    name: str
    key: str
    family: str
    depth: int
    evidence: str
    fits: tuple[str, ...]
    arrays: Mapping[str, ArrayRef]

    @classmethod
    def of(cls, record: Predictions) -> Parent:
        """The parent of a record."""
        arrays = {name: ArrayRef(array) for name, array in record.arrays.items()}
        return cls(
            record.name, record.key, record.family or record.name, record.depth,
            record.evidence, record.fits, arrays,
        )  # fmt: skip

    def array(self, which: str) -> np.ndarray | None:
        """One array of the record."""
        return self.arrays[which].array if which in self.arrays else None


@dataclass(frozen=True)
class StackSource:
    """The whole stack of parents with a 0/1 row weight; the parents stand in the order of keys.

    A Fit at depth ≥ 1 is fitted on the rows that all parents score, and scores only such rows. With
    repeats it reads the predictions of the repeat that it scores: their mean over repeats would be
    better than any prediction that it will meet, and its score would flatter.

    Parameters
    ----------
    features : the features that a learner reads beside the stack, None for none.
    with_names : whether the learner reads names and families of parents; then part of the key.
    queries : "mean": test is predicted from the parents' test predictions; "chain": each fold Fit
        predicts it from its own chain of parents (where they kept it).
    """

    parents: tuple[Parent, ...]
    folds: Shared[Folds]
    features: Source | None = None
    with_names: bool = False
    queries: str = "mean"

    @property
    def key(self) -> Mapping[str, Any]:
        """The parents' keys, sorted, and what else is read."""
        named = [(p.name, p.family) for p in self.parents] if self.with_names else None
        return stack_key([p.key for p in self.parents], named, self.features, self.queries)

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
        """The stack for one Fit: rows to fit on, rows to score, test and the Fit's own chain.

        Without features all rows are handed over with a 0/1 weight, else the rows to fit on.
        """
        rows = self.score_rows(fit)
        oof = self._pool(self._oof(_repeat_of(fit)))
        views = Views(
            fit=oof,
            weight=self._weight(fit),
            score=oof.take(rows) if rows.size else None,
            score_rows=rows,
            test=self._pool([p.array("test") for p in self.parents]),
            holdout=self._pool([p.array("held") for p in self.parents]),
            test_chain=self._chain("test_folds", fit.id),
            holdout_chain=self._chain("held_folds", fit.id),
            chained=True,
        )
        views = self._own_queries(views) if self.queries == "chain" else views
        return views if self.features is None else self._with_features(views, fit)

    def _weight(self, fit: Fit) -> np.ndarray:
        weight = np.zeros(len(self.scored))
        weight[fit.fit_rows] = 1.0
        return weight

    @staticmethod
    def _own_queries(views: Views) -> Views:
        """Test and holdout predicted from the Fit's own chain, where the parents kept it."""
        test = views.test if views.test_chain is None else views.test_chain
        holdout = views.holdout if views.holdout_chain is None else views.holdout_chain
        return dataclasses.replace(views, test=test, holdout=holdout)

    def _with_features(self, views: Views, fit: Fit) -> Views:
        """Each pool with the features of its rows; the rows to fit on alone, without a weight."""
        made = self.features.prepare(fit)
        scored = np.searchsorted(made.score_rows, views.score_rows)
        return dataclasses.replace(
            views,
            fit=_joined(views.fit.take(fit.fit_rows), made.fit),
            rows=fit.fit_rows,
            weight=None,
            score=views.score
            if views.score is None
            else _joined(views.score, made.score.take(scored)),
            test=_joined(views.test, made.test),
            test_chain=_joined(views.test_chain, made.test),
            holdout=_joined(views.holdout, made.holdout),
            holdout_chain=_joined(views.holdout_chain, made.holdout),
            transform=made.transform,
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
        names = unique_names(self.parents)
        return Pool(names, tuple(arrays), families=tuple(p.family for p in self.parents))

    def _chain(self, which: str, fit_id: str) -> Pool | None:
        if any(p.array(which) is None or fit_id not in p.fits for p in self.parents):
            return None
        return self._pool([p.array(which)[p.fits.index(fit_id)] for p in self.parents])


def _repeat_of(fit: Fit) -> int | None:
    """The repeat that a Fit scores (its first, where equal fit rows serve several); None: full."""
    return fit.cells[0][0] if fit.cells else None


def _all_there(oofs: Sequence[np.ndarray]) -> np.ndarray:
    return np.logical_and.reduce([~np.isnan(oof[:, 0]) for oof in oofs])


def _joined(pool: Pool | None, features: Any) -> Pool | None:
    return None if pool is None else dataclasses.replace(pool, features=features)


def stack_key(
    parents: Sequence[str],
    named: Sequence[tuple[str, str]] | None = None,
    features: Source | None = None,
    queries: str = "mean",
) -> dict[str, Any]:
    """What of a stack on these keys enters the key of a record.

    `named` (name and family of each) where the learner reads them, `features` where it reads some,
    `queries` where they are not the mean: replay follows it.
    """
    key: dict[str, Any] = {"parents": sorted(parents)}
    if named is not None:
        paired = sorted(zip(parents, named, strict=True))
        key["names"] = [name for _, (name, _) in paired]
        key["families"] = [family for _, (_, family) in paired]
    if queries != "mean":
        key["queries"] = queries
    return key if features is None else {**key, "features": dict(features.key)}


def stack_source(
    parents: Sequence[Predictions],
    folds: Shared[Folds],
    learner: Learner | None = None,
    features: Source | None = None,
) -> StackSource:
    """The stack of some records of one fold plan, as a learner reads it (None: records alone).

    Raises
    ------
    PredictionError : no parents, one twice, one made under other folds, or arrays of different
        rows or targets.
    """
    ordered = _checked(parents, folds)
    handed = tuple(Parent.of(r) for r in ordered)
    if learner is None:
        return StackSource(handed, folds, features)
    return StackSource(handed, folds, features, learner.reads_names, learner.queries)


def _checked(parents: Sequence[Predictions], folds: Shared[Folds]) -> list[Predictions]:
    """The parents in the order of their keys."""
    if not parents:
        raise PredictionError("a stack has at least one parent", "none", "pass source=[records]")
    ordered = sorted(parents, key=lambda r: r.key)
    if len({r.key for r in ordered}) < len(ordered):
        names = ", ".join(r.name for r in ordered)
        raise PredictionError("parents of a stack differ", names, "leave out what stands twice")
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
            "parents of a stack predict one target in one shape",
            f"{sorted(map(str, shapes))}",
            "leave out records of other targets or outputs",
        )
    return ordered
