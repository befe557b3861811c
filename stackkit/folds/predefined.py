"""A fold plan that someone else made: a column of fold ids, or a CSV of id, fold[, repeat]."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from stackkit.errors import FoldError
from stackkit.folds.arrays import HELD_OUT, UNSCORED, Assignment, Mask


def from_column(column: pd.Series) -> tuple[Assignment, Mask]:
    """(1, n) assignment and (n,) holdout from one fold id a row.

    Ids from 0 up are numbered anew in sorted order; -1 = never scored, -2 = holdout.
    """
    return _plan(_integers(column, f"column {column.name!r}")[None, :])


def from_file(path: str | Path, ids: pd.Series | None, n_rows: int) -> tuple[Assignment, Mask]:
    """(R, n) assignment and (n,) holdout from a CSV such as `Folds.to_frame` gives.

    Columns: `id` (or the id column's own name; row positions where `ids` is None), `fold`, and
    `repeat` where there are several. Every row is named once a repeat, in any order.
    """
    table = _read(Path(path))
    keys = (pd.Series(range(n_rows)) if ids is None else ids).astype(str)
    name = ids.name if ids is not None and ids.name in table.columns else "id"
    for needed in (name, "fold"):
        if needed not in table.columns:
            raise FoldError(
                "a fold file has columns id, fold and, if need be, repeat",
                f"{', '.join(map(str, table.columns))} in {Path(path).name}",
                f"add {needed!r}",
            )
    rows = _positions(table[name], keys)
    fold = _integers(table["fold"], "fold")
    repeat = np.zeros(len(table), dtype=np.int64)
    if "repeat" in table.columns:
        repeat = np.unique(_integers(table["repeat"], "repeat"), return_inverse=True)[1]
    _check_complete(repeat, rows, n_rows)
    values = np.empty((int(repeat.max()) + 1, n_rows), dtype=np.int64)
    values[repeat, rows] = fold
    return _plan(values)


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise FoldError("the fold file is a readable CSV", str(error), "check `file`") from None


def _positions(ids: pd.Series, keys: pd.Series) -> np.ndarray:
    """The row of the train file that each id names."""
    index = pd.Index(keys)
    if not index.is_unique:
        raise FoldError("train ids are unique where a fold file names them", "repeated ids")
    rows = index.get_indexer(pd.Index(ids))
    if (rows < 0).any():
        unknown = ids[rows < 0]
        raise FoldError(
            "a fold file names train ids only",
            f"{len(unknown)} unknown, the first {unknown.iloc[0]!r}",
            "remove them, or check that it belongs to this competition",
        )
    return rows


def _check_complete(repeat: np.ndarray, rows: np.ndarray, n_rows: int) -> None:
    n_repeats = int(repeat.max()) + 1 if len(repeat) else 1
    counts = np.bincount(repeat * n_rows + rows, minlength=n_repeats * n_rows)
    if (counts != 1).any():
        raise FoldError(
            "a fold file names every train row once a repeat",
            f"{(counts == 0).sum()} missing, {(counts > 1).sum()} repeated",
            "fold -1 for rows never scored, -2 for rows held out",
        )


def _integers(column: pd.Series, what: str) -> np.ndarray:
    """(n,) int64, none below -2."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isfinite(numbers) & (numbers == np.floor(numbers)) & (numbers >= HELD_OUT))
    if wrong.any():
        raise FoldError(
            f"{what} holds whole numbers from 0, -1 (never scored) or -2 (holdout)",
            f"{column.iloc[int(np.argmax(wrong))]!r} and {wrong.sum() - 1} more",
        )
    return numbers.astype(np.int64)


def _plan(values: np.ndarray) -> tuple[Assignment, Mask]:
    """Fold ids (R, n) with -1 and -2 as an assignment numbered 0..K-1 and a holdout mask."""
    held = values == HELD_OUT
    if (held != held[0]).any():
        raise FoldError("a holdout row (-2) is held out in every repeat", "-2 in some repeats only")
    found = np.unique(values[values >= 0])
    if not 0 < len(found) <= np.iinfo(np.int16).max:
        raise FoldError("a plan has between 1 and 32767 folds", len(found))
    assignment = np.where(values >= 0, np.searchsorted(found, values), UNSCORED)
    return assignment.astype(np.int16), held[0]
