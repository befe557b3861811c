"""The arrays of a fold plan: their types, their markers and what must hold of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from stackkit.errors import FoldError

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Assignment = npt.NDArray[np.int16]

UNSCORED = -1
HELD_OUT = -2  # only in tables and files: there a holdout row must not look like a mere -1


def read_only(array: Any) -> Any:
    """The array itself, no longer writeable."""
    array.flags.writeable = False
    return array


def checked_assignment(value: Assignment) -> Assignment:
    """A read-only copy (R, n): every repeat has folds 0..K-1, each with a row."""
    array = np.array(value, order="C")
    if array.dtype != np.int16 or array.ndim != 2 or not array.size:
        raise FoldError(
            "assignment is an int16 array of shape (repeats, rows)",
            f"{array.dtype} {array.shape}",
            "np.asarray(folds, dtype=np.int16).reshape(1, -1) for one repeat",
        )
    n_splits = int(array.max()) + 1
    for repeat, row in enumerate(array):
        found = np.unique(row[row != UNSCORED])
        if n_splits < 1 or not np.array_equal(found, np.arange(n_splits)):
            raise FoldError(
                f"the folds of every repeat are numbered 0 to {max(n_splits, 1) - 1}, none empty",
                f"{found.tolist()} in repeat {repeat}",
                "-1 marks rows that are not scored; number the others without gaps",
            )
    return read_only(array)


def checked_mask(name: str, value: Mask, shape: tuple[int, ...]) -> Mask:
    """A read-only copy of that shape."""
    array = np.array(value, order="C")
    if array.dtype != np.bool_ or array.shape != shape:
        raise FoldError(f"{name} is a bool array of shape {shape}", f"{array.dtype} {array.shape}")
    return read_only(array)


def check_holdout(assignment: Assignment, holdout: Mask) -> None:
    """No holdout row is scored."""
    scored = int(((assignment != UNSCORED).any(axis=0) & holdout).sum())
    if scored:
        raise FoldError(
            "holdout rows are scored in no fold", f"{scored} rows in both", "set their fold to -1"
        )


def complement(assignment: Assignment, holdout: Mask, n_splits: int) -> Mask:
    """(R, K, n): every row but the fold's own and the holdout."""
    own = assignment[:, None, :] == np.arange(n_splits, dtype=np.int16)[None, :, None]
    return ~own & ~holdout


def check_fit_mask(fit_mask: Mask, default: Mask, holdout: Mask) -> None:
    """No fit row is holdout or scored by the same fold; `default` is the complement (R, K, n)."""
    if (fit_mask & holdout).any():
        n_rows = int((fit_mask & holdout).any(axis=(0, 1)).sum())
        raise FoldError("holdout rows are fitted on nowhere", f"{n_rows} of them in fit_mask")
    wrong = np.argwhere(fit_mask & ~default)
    if wrong.size:
        repeat, fold, row = wrong[0].tolist()
        raise FoldError(
            "a row is never among the fit rows of the fold that scores it",
            f"row {row} in fold {fold} of repeat {repeat}, {len(wrong)} such rows",
            "clear them in fit_mask",
        )


def check_not_empty(fit_mask: Mask) -> None:
    """Every cell has fit rows."""
    empty = np.argwhere(~fit_mask.any(axis=2))
    if empty.size:
        repeat, fold = empty[0].tolist()
        raise FoldError(
            "every fold has rows to fit on",
            f"none for fold {fold} of repeat {repeat}",
            "more folds, a smaller purge, or fewer rows held out",
        )
