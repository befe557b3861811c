"""Folds and Fits: who is fitted where. Every other module asks here and nowhere else.

A *cell* is a pair (repeat, fold). Its *fit rows* are the rows a model is fitted on before it
predicts the cell's own rows, its *cell rows*.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackkit.errors import FoldError
from stackkit.folds.arrays import (
    HELD_OUT,
    Assignment,
    Mask,
    Rows,
    check_fit_mask,
    check_holdout,
    check_not_empty,
    checked_assignment,
    checked_mask,
    complement,
    read_only,
)


@dataclass(frozen=True, eq=False)
class Fit:
    """The unit of work: one model fitted on `fit_rows`, which then predicts `cells`.

    Parameters
    ----------
    id : "r0f3" (its first cell), "full", or "p1-3" for a pair of folds.
    fit_rows : (m,) int64, sorted positions in the train file.
    cells : the (repeat, fold) pairs whose rows it predicts.
    """

    id: str
    fit_rows: Rows
    cells: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        rows = np.array(self.fit_rows, dtype=np.int64)
        object.__setattr__(self, "fit_rows", read_only(rows))


@dataclass(frozen=True, eq=False)
class Folds:
    """A frozen fold plan for n rows, R repeats and K folds. Equal arrays are the same plan.

    Parameters
    ----------
    assignment : (R, n) int16, the fold that scores a row; -1 = not scored in that repeat.
    holdout : (n,) bool, rows fitted on at no level and scored in no fold; None: no such row.
    fit_mask : (R, K, n) bool, the fit rows of each cell; None: every row but the fold's own and
        the holdout. A mask that says just that is stored as None.
    scheme, reason : how and why the plan was made; no part of its identity.
    """

    assignment: Assignment
    holdout: Mask = field(default=None)  # type: ignore[assignment]
    fit_mask: Mask | None = None
    scheme: str = "custom"
    reason: str = ""

    def __post_init__(self) -> None:
        assignment = checked_assignment(self.assignment)
        n_rows, n_splits = assignment.shape[1], int(assignment.max()) + 1
        holdout = np.zeros(n_rows, dtype=bool) if self.holdout is None else self.holdout
        holdout = checked_mask("holdout", holdout, (n_rows,))
        check_holdout(assignment, holdout)
        default = complement(assignment, holdout, n_splits)
        fit_mask = self.fit_mask
        if fit_mask is not None:
            fit_mask = checked_mask("fit_mask", fit_mask, default.shape)
            check_fit_mask(fit_mask, default, holdout)
            fit_mask = None if np.array_equal(fit_mask, default) else fit_mask
        check_not_empty(default if fit_mask is None else fit_mask)
        object.__setattr__(self, "assignment", assignment)
        object.__setattr__(self, "holdout", holdout)
        object.__setattr__(self, "fit_mask", fit_mask)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folds) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        # Rebuilt through __post_init__, as numpy forgets "read-only" when it unpickles.
        return Folds, (self.assignment, self.holdout, self.fit_mask, self.scheme, self.reason)

    @property
    def n_rows(self) -> int:
        return self.assignment.shape[1]

    @property
    def n_repeats(self) -> int:
        return self.assignment.shape[0]

    @cached_property
    def n_splits(self) -> int:
        return int(self.assignment.max()) + 1

    @cached_property
    def scored(self) -> Mask:
        """(n,) bool: scored in at least one repeat."""
        return read_only((self.assignment >= 0).any(axis=0))

    @cached_property
    def forward(self) -> bool:
        """True where the fit rows of every repeat form a chain, each set within the next.

        That is forward chaining read from the arrays alone: early folds know a small part of the
        rows, so test predictions come from one full fit and not from the mean of the folds. Folds
        that cover each other's rows (kfold, group, blocked, purged or not) are never nested; one
        single fold is the shortest chain.
        """
        return all(self._is_chain(repeat) for repeat in range(self.n_repeats))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (64 hex digits) of the arrays; scheme, seed and reason do not enter."""
        digest = hashlib.sha256(b"stackkit.folds.1")
        arrays = {"assignment": self.assignment, "holdout": self.holdout, "mask": self.fit_mask}
        for name, array in arrays.items():
            digest.update(f"|{name}:".encode())
            if array is not None:
                plain = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
                digest.update(f"{plain.dtype.str}{plain.shape}:".encode())
                digest.update(plain.tobytes())
        return digest.hexdigest()

    def cell_rows(self, repeat: int, fold: int) -> Rows:
        """Sorted positions of the rows that a cell scores."""
        self._check_cell(repeat, fold)
        return np.flatnonzero(self.assignment[repeat] == fold)

    def fit_rows(self, repeat: int, fold: int) -> Rows:
        """Sorted positions of the rows that a cell's model is fitted on."""
        self._check_cell(repeat, fold)
        return np.flatnonzero(self._fit_mask(repeat, fold))

    def fits(self) -> tuple[Fit, ...]:
        """One Fit for each distinct set of fit rows, named after its first cell."""
        return self._fits

    def full(self) -> Fit:
        """The fit on every row that is not holdout; it predicts no cell."""
        return Fit("full", np.flatnonzero(~self.holdout), ())

    def pairs(self) -> tuple[Fit, ...]:
        """The nested audit's plan: for folds j < k a Fit that saw neither of them.

        Its fit rows are those that both folds' fits share; it predicts both cells. K(K-1)/2 Fits
        a repeat, named "p0-2", or "r1p0-2" where there are several repeats.
        """
        return tuple(
            self._pair(repeat, j, k)
            for repeat in range(self.n_repeats)
            for j, k in combinations(range(self.n_splits), 2)
        )

    def to_frame(self, ids: pd.Series | None = None) -> pd.DataFrame:
        """Columns id, fold, repeat, one row a train row and repeat; fold -1 unscored, -2 holdout.

        `ids` None: row positions. Written as CSV it is what `scheme = "predefined"` reads. It
        does not hold `fit_mask`; `save` does.
        """
        values = np.arange(self.n_rows) if ids is None else ids.to_numpy()
        if len(values) != self.n_rows:
            raise FoldError("ids has one entry a row", f"{len(values)} for {self.n_rows} rows")
        fold = np.where(self.holdout, HELD_OUT, self.assignment).ravel()
        repeat = np.repeat(np.arange(self.n_repeats), self.n_rows)
        return pd.DataFrame(
            {"id": np.concatenate([values] * self.n_repeats), "fold": fold, "repeat": repeat}
        )

    def save(self, path: str | Path) -> None:
        """Write the whole plan to `path` as .npz."""
        arrays = {"assignment": self.assignment, "holdout": self.holdout}
        if self.fit_mask is not None:
            arrays["fit_mask"] = self.fit_mask
        with Path(path).open("wb") as file:
            np.savez_compressed(file, scheme=self.scheme, reason=self.reason, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Folds:
        """Read a plan that `save` wrote; it is validated like any other."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            texts = {name: str(arrays.pop(name)) for name in ("scheme", "reason")}
            return cls(**arrays, **texts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as e:
            raise FoldError(
                "a fold file is an .npz written by Folds.save", f"{path}: {e}", "make it again"
            ) from None

    @cached_property
    def _fits(self) -> tuple[Fit, ...]:
        cells: dict[bytes, list[tuple[int, int]]] = {}
        for repeat, fold in self._cells():
            packed = np.packbits(self._fit_mask(repeat, fold)).tobytes()
            cells.setdefault(packed, []).append((repeat, fold))
        return tuple(
            Fit(f"r{same[0][0]}f{same[0][1]}", self.fit_rows(*same[0]), tuple(same))
            for same in cells.values()
        )

    def _pair(self, repeat: int, j: int, k: int) -> Fit:
        rows = np.flatnonzero(self._fit_mask(repeat, j) & self._fit_mask(repeat, k))
        if not rows.size:
            raise FoldError(
                "two folds share rows to fit on",
                f"none for folds {j} and {k} of repeat {repeat}",
                "the nested audit needs n_splits >= 3",
            )
        prefix = f"r{repeat}" if self.n_repeats > 1 else ""
        return Fit(f"{prefix}p{j}-{k}", rows, ((repeat, j), (repeat, k)))

    def _cells(self) -> Iterator[tuple[int, int]]:
        return ((r, k) for r in range(self.n_repeats) for k in range(self.n_splits))

    def _fit_mask(self, repeat: int, fold: int) -> Mask:
        if self.fit_mask is not None:
            return self.fit_mask[repeat, fold]
        return ~self.holdout & (self.assignment[repeat] != fold)

    def _is_chain(self, repeat: int) -> bool:
        masks = [self._fit_mask(repeat, fold) for fold in range(self.n_splits)]
        masks.sort(key=np.count_nonzero)
        return not any((a & ~b).any() for a, b in pairwise(masks))

    def _check_cell(self, repeat: int, fold: int) -> None:
        if not (0 <= repeat < self.n_repeats and 0 <= fold < self.n_splits):
            known = f"{self.n_repeats} repeats of {self.n_splits} folds, counted from 0"
            raise FoldError(f"a cell lies within {known}", f"repeat {repeat}, fold {fold}")
