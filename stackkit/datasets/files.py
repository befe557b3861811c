"""Reading a competition's own files: CSV, gzipped CSV, parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stackkit.errors import DataError

SUFFIXES = (".csv", ".csv.gz", ".parquet")


def read_table(path: Path, na_values: Sequence[str] = ()) -> pd.DataFrame:
    """The table in a file; DataError names the file and what is wrong with it."""
    if not path.is_file():
        raise DataError("the file exists", str(path), "correct its name in competition.toml")
    if not path.name.endswith(SUFFIXES):
        raise DataError(f"a table ends with {', '.join(SUFFIXES)}", path.name)
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, na_values=list(na_values), low_memory=False)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name} is text in UTF-8", f"byte {error.start} is not", "save it as UTF-8"
        ) from None
    except (ValueError, OSError) as error:
        raise DataError(f"{path.name} can be read", f"{type(error).__name__}: {error}") from None
