"""Reading a competition's own files: CSV, gzipped CSV, parquet."""

from __future__ import annotations

import csv
import difflib
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pandas as pd

from stackkit.config import DataConfig
from stackkit.datasets.signatures import refuse_other_formats, refuse_other_text
from stackkit.errors import ConfigError, DataError

SUFFIXES = (".csv", ".csv.gz", ".parquet")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
NO_TYPES: Mapping[str, type] = {}
PLAIN = DataConfig()
TAIL = 1 << 16  # bytes at the end of a file that hold its last row


def read_table(
    path: Path, config: DataConfig = PLAIN, dtype: Mapping[str, type] = NO_TYPES
) -> pd.DataFrame:
    """The table in a file; DataError names the file and what is wrong with it.

    Parameters
    ----------
    config : the marks of missing values, and how a CSV is written.
    dtype : types of some columns of a CSV, where they should not be guessed.
    """
    _refuse_no_file(path)
    if path.suffix == ".parquet":
        return _read_parquet(path, config)
    if not path.name.endswith(".gz"):
        refuse_other_formats(path, config.encoding)
    frame = _read_csv(path, config, dtype)
    _refuse_other_separators(path, frame, config)
    _refuse_odd_header(path, config)
    _refuse_cut_row(path, frame, config)
    return frame


def _refuse_no_file(path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{path.name} is a file", f"a folder, {path}", "name the file in it")
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*") if p.name.endswith(SUFFIXES)]
        close = difflib.get_close_matches(path.name, beside, n=1)
        found = f"did you mean {close[0]!r}?" if close else _there(path.parent, beside)
        raise DataError("the file exists", str(path), f"correct its name: {found}")
    if not path.name.endswith(SUFFIXES):
        hint = "write it as one of these, and name that"
        raise DataError(f"a table ends with {', '.join(SUFFIXES)}", path.name, hint)


def _there(folder: Path, tables: list[str]) -> str:
    return f"{folder.name or folder} holds {', '.join(sorted(tables)[:9]) or 'no table'}"


def _read_parquet(path: Path, config: DataConfig) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        _refuse_broken(path, error)
    numbers = [float(mark) for mark in config.na_values if _is_number(mark)]
    marks = [*config.na_values, *numbers]
    return frame.mask(frame.isin(marks)) if marks else frame


def _is_number(mark: str) -> bool:
    try:
        float(mark)
    except ValueError:
        return False
    return True


def _read_csv(path: Path, config: DataConfig, dtype: Mapping[str, type]) -> pd.DataFrame:
    try:
        return pd.read_csv(
            path,
            sep=config.separator,
            encoding=config.encoding,
            decimal=config.decimal,
            thousands=config.thousands,
            na_values=list(config.na_values),
            low_memory=False,
            dtype=dict(dtype),
        )
    except pd.errors.EmptyDataError:
        hint = "download it again"
        raise DataError(f"{path.name} is a table", "an empty file", hint) from None
    except UnicodeError as error:
        refuse_other_text(path, config.encoding, error)
    except TypeError as error:
        rule = "[data] separator, decimal and thousands differ"
        raise ConfigError(rule, str(error), "another mark") from None
    except (ValueError, OSError, EOFError, zlib.error) as error:
        _refuse_broken(path, error)


def _refuse_broken(path: Path, error: Exception) -> NoReturn:
    """What a reader said of a file, in our words where a row is too long."""
    row = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if row:
        expected, line, seen = row.groups()
        raise DataError(
            f"each row of {path.name} has as many fields as its header",
            f"{seen} for {expected} in line {line}",
            "quote fields that hold the separator, or mend that line",
        ) from None
    first = str(error).splitlines()[0] if str(error) else ""
    got = f"{type(error).__name__}: {first}"
    raise DataError(f"{path.name} can be read", got, "download it again, whole") from None


def _refuse_other_separators(path: Path, frame: pd.DataFrame, config: DataConfig) -> None:
    head = str(frame.columns[0])
    found = [mark for mark in SEPARATORS if mark in head and mark != config.separator]
    if len(frame.columns) == 1 and found:
        mark = found[0]
        key = f'separator = "{mark}"'.replace("\t", r"\t")
        ours = SEPARATORS.get(config.separator, repr(config.separator))
        raise DataError(
            f"columns of {path.name} are separated by {ours}",
            f"one column, {head[:60]!r}, separated by {SEPARATORS[mark]}",
            f"[data] {key} in the TOML" + (', and decimal = "," if need be' if mark == ";" else ""),
        )


def _refuse_odd_header(path: Path, config: DataConfig) -> None:
    """The header and one row, read as they stand.

    pandas numbers twin names, and takes first fields for row names where rows are longer.
    """
    marks = {"sep": config.separator, "encoding": config.encoding}
    try:
        head = pd.read_csv(path, header=None, nrows=2, dtype=str, **marks)
    except ValueError as error:
        _refuse_broken(path, error)
    names = head.iloc[0].dropna()
    twice = sorted(set(names[names.duplicated()]))
    if twice:
        rule = f"column names of {path.name} are unique"
        raise DataError(rule, f"{', '.join(map(repr, twice[:5]))} twice", "rename one of them")


def _refuse_cut_row(path: Path, frame: pd.DataFrame, config: DataConfig) -> None:
    """A last line without its end and with too few fields: the file was not copied whole."""
    if path.name.endswith(".gz") or not len(frame) or not frame.iloc[-1, -1:].isna().all():
        return
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL))
        tail = file.read().decode(config.encoding, errors="replace")
    last = tail.rsplit("\n", 1)[-1]
    fields = len(next(csv.reader([last], delimiter=config.separator), []))
    if last.strip() and fields < len(frame.columns) and '"' not in last:
        got = f"{fields} of {len(frame.columns)} fields, and no end of line"
        raise DataError(f"the last row of {path.name} is whole", got, "download it again, whole")
