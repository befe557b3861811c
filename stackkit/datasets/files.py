"""Reading a competition's own files: CSV, gzipped CSV, parquet."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from stackkit.errors import DataError

SUFFIXES = (".csv", ".csv.gz", ".parquet")
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
NO_TYPES: Mapping[str, type] = {}


def read_table(
    path: Path, na_values: Sequence[str] = (), dtype: Mapping[str, type] = NO_TYPES
) -> pd.DataFrame:
    """The table in a file; DataError names the file and what is wrong with it.

    `dtype` gives the types of some columns of a CSV, where they should not be guessed.
    """
    if not path.is_file():
        raise DataError("the file exists", str(path), "correct its name")
    if not path.name.endswith(SUFFIXES):
        raise DataError(f"a table ends with {', '.join(SUFFIXES)}", path.name)
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        frame = pd.read_csv(path, na_values=list(na_values), low_memory=False, dtype=dict(dtype))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name} is text in UTF-8", f"byte {error.start} is not", "save it as UTF-8"
        ) from None
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} can be read", f"{type(error).__name__}: {error}") from None
    _refuse_other_separators(path, frame)
    return frame


def _refuse_other_separators(path: Path, frame: pd.DataFrame) -> None:
    head = str(frame.columns[0])
    found = [name for mark, name in SEPARATORS.items() if mark in head]
    if len(frame.columns) == 1 and found:
        raise DataError(
            f"columns of {path.name} are separated by commas",
            f"one column, {head[:60]!r}, separated by {found[0]}",
            "save it with commas, and points in its numbers",
        )
