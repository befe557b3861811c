"""What of a column enters the fingerprint of the data: values, not pandas' way of holding them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stackkit.competition.schema import DATETIME, is_number


def digest_column(digest: Any, name: str, kind: str, values: pd.Series) -> None:
    """Feed a typed column to a sha256: name, kind, length, values.

    Numbers as float64, integers beyond 2^53 as text, one marker for missing values and −0.0 as 0.
    """
    head = f"{name}".encode()
    digest.update(f"{len(head)}:".encode() + head + f":{kind}:{len(values)};".encode())
    if kind == DATETIME:
        digest.update(values.to_numpy("datetime64[ns]").astype("<i8").tobytes())
    elif is_number(values) and not _beyond_float(values):
        numbers = values.to_numpy(dtype="<f8") + 0.0
        digest.update(np.where(np.isnan(numbers), np.nan, numbers).tobytes())
    else:
        _digest_text(digest, values)


def _beyond_float(values: pd.Series) -> bool:
    if values.dtype.kind not in "iu" or not len(values):
        return False
    return max(-int(values.min()), int(values.max())) > 2**53


def _digest_text(digest: Any, values: pd.Series) -> None:
    """Codes in order of appearance, then the levels, length-prefixed: missing is code −1."""
    codes, levels = pd.factorize(values)
    digest.update(codes.astype("<i8").tobytes())
    for level in levels:
        data = str(level).encode()
        digest.update(f"{len(data)}:".encode() + data)
