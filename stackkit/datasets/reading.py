"""How the tables of a folder are written: the plain way, else what else they can be read by."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pandas as pd

from stackkit.competition.schema import is_number
from stackkit.config import DataConfig
from stackkit.datasets.files import PLAIN, read_table
from stackkit.datasets.signatures import byte_order_mark
from stackkit.errors import DataError

log = logging.getLogger(__name__)
SEPARATORS = (",", ";", "\t")
ENCODINGS = ("utf-8", "cp1252", "latin-1")
DECIMAL_COMMA = r"[-+]?\d*,\d+|[-+]?\d+"


@dataclass(frozen=True)
class Tables:
    """Train, test and sample submission as they were read, or None."""

    train: pd.DataFrame
    test: pd.DataFrame | None = None
    sample: pd.DataFrame | None = None


def read_tables(paths: Mapping[str, Path]) -> tuple[Tables, DataConfig]:
    """The tables of "train", "test" and "sample", and the [data] that all can be read by.

    UTF-8 with commas comes first, then semicolons and tabs, Windows-1252 and Latin-1 (or UTF-16,
    where a file begins like it); `decimal` is a comma where text of train holds such numbers only.

    Raises
    ------
    DataError : what is wrong with them the plain way, where no other one reads them.
    """
    try:
        return _read(paths, PLAIN), PLAIN
    except DataError as error:
        plain = error
    for data in _other_ways(list(paths.values())):
        try:
            tables = _read(paths, data)
        except DataError as error:
            log.debug("not by %s: %s", data, error)
            continue
        return _with_decimals(paths, tables, data)
    raise plain


def _read(paths: Mapping[str, Path], data: DataConfig) -> Tables:
    return Tables(**{kind: read_table(path, data) for kind, path in paths.items()})


def _other_ways(paths: Sequence[Path]) -> Iterator[DataConfig]:
    marked = [mark for path in paths if (mark := byte_order_mark(path))]
    for encoding, separator in product(marked[:1] or ENCODINGS, SEPARATORS):
        data = DataConfig(encoding=encoding, separator=separator)
        if data != PLAIN:
            yield data


def _with_decimals(
    paths: Mapping[str, Path], tables: Tables, data: DataConfig
) -> tuple[Tables, DataConfig]:
    """The same with decimal = "," where numbers of train are written so."""
    train = tables.train
    if data.separator == "," or not any(_has_decimal_commas(train[c]) for c in train.columns):
        return tables, data
    data = replace(data, decimal=",")
    return _read(paths, data), data


def _has_decimal_commas(values: pd.Series) -> bool:
    present = values.dropna()
    if is_number(values) or not len(present):
        return False
    text = present.astype(str)
    return bool(text.str.fullmatch(DECIMAL_COMMA).all() and text.str.contains(",").any())
