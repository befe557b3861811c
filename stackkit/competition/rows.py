"""What every row must have: an id of its own, a weight, finite numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import is_number
from stackkit.errors import DataError


def row_ids(frame: pd.DataFrame | None, id: str | None, what: str) -> pd.Series | None:
    """The ids (n,) of a frame, None without an id column; DataError for missing or twin ones."""
    if frame is None or id is None:
        return None
    ids = frame[id].reset_index(drop=True)
    if ids.isna().any():
        got = f"{int(ids.isna().sum())} missing in {id!r}"
        raise DataError(f"every row of {what} has an id", got, "fill them, or leave id out")
    if not ids.is_unique:
        twice = ids[ids.duplicated()].tolist()
        got = f"{twice[0]!r} twice in {id!r}, {len(twice)} such rows"
        hint = "another column as id, id left out, or the duplicate rows removed"
        raise DataError(f"ids of {what} are unique", got, hint)
    return ids


def row_weights(train: pd.DataFrame, name: str | None) -> np.ndarray | None:
    """Weights (n,) float64, None without a weight column; DataError for what weighs nothing."""
    if name is None:
        return None
    weight = pd.to_numeric(train[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        wrong = int((~(weight >= 0) | np.isinf(weight)).sum())
        got = f"column {name!r} with {wrong} that are not" if wrong else f"column {name!r} of zeros"
        rule = "row weights are finite, not negative and not all zero"
        raise DataError(rule, got, "mend them, or leave weight out")
    return weight


def refuse_infinite(frame: pd.DataFrame | None, what: str) -> None:
    """DataError where a number of a frame is infinite."""
    for name in () if frame is None else frame.columns:
        values = frame[name]
        if not is_number(values):
            continue
        endless = int(np.isinf(values.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
        if endless:
            got = f"{endless} infinite values in column {name!r}"
            hint = '[data] na_values = ["inf", "-inf"] to take them as missing, or mend the file'
            raise DataError(f"numbers of {what} are finite", got, hint)
