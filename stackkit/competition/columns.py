"""Which column is what: features, columns that only one file has, ids that nobody named."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

from stackkit.competition.schema import DATETIME, column_kind
from stackkit.config import CompetitionConfig
from stackkit.errors import ConfigError, DataError, nearest

ALIKE = 0.8  # similarity from which two names are spellings of one
FEWEST = 20  # rows from which distinct values say that a column is an id
_ID_NAME = re.compile(r"(?i:(?:^|[_\W])(?:id|uuid|guid|index)$|^(?:id|index)[_\W])|[a-z]I[dD]$")
_UNNAMED = re.compile(r"Unnamed: \d+")


@dataclass(frozen=True)
class Columns:
    """The columns of train and test by use.

    `features` both files have; `auxiliary` only train has; `notes` say what was decided.
    """

    features: list[str]
    auxiliary: list[str]
    notes: tuple[str, ...]


def check_columns(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> None:
    """DataError or ConfigError unless the columns that the configuration names are there, once."""
    frames = [("train", train), *([] if test is None else [("test", test)])]
    for what, frame in frames:
        _refuse_twins(what, frame)
        if not len(frame):
            hint = "download it again, whole"
            raise DataError(f"{what} has rows", "a header and no row below it", hint)
    named = {"target": config.target, "id": config.id, "weight": config.weight}
    _refuse_one_for_two(named)
    for key, name in named.items():
        _refuse_absent("train", train, key, name)
    if test is not None:
        _refuse_absent("test", test, "id", config.id)
    _refuse_unknown_drops(frames, config)


def _refuse_twins(what: str, frame: pd.DataFrame) -> None:
    if not frame.columns.is_unique:
        twice = sorted(set(frame.columns[frame.columns.duplicated()].astype(str)))
        got = f"{', '.join(map(repr, twice[:5]))} twice"
        raise DataError(f"column names of {what} are unique", got, "rename one of them")


def _refuse_one_for_two(named: dict[str, str | None]) -> None:
    seen: dict[str, str] = {}
    for key, name in named.items():
        if name in seen:
            rule = "target, id and weight are columns of their own"
            raise ConfigError(rule, f"{name!r} for {seen[name]} and {key}", f"another {key}")
        if name is not None:
            seen[name] = key


def _refuse_absent(what: str, frame: pd.DataFrame, key: str, name: str | None) -> None:
    if name is not None and name not in frame.columns:
        shown = ", ".join(map(repr, frame.columns[:8]))
        more = ", …" if len(frame.columns) > 8 else ""
        hint = nearest(name, frame.columns)
        raise DataError(f"{what} has the {key} column {name!r}", f"columns {shown}{more}", hint)


def _refuse_unknown_drops(
    frames: Sequence[tuple[str, pd.DataFrame]], config: CompetitionConfig
) -> None:
    known = [c for _, frame in frames for c in frame.columns]
    for name in config.features.drop:
        if name not in known:
            hint = nearest(name, set(known))
            raise ConfigError("[features] drop names columns of train or test", repr(name), hint)


def sort_columns(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> Columns:
    """The columns by use.

    Features are the columns that both files have, less target, weight, what [features] drop names
    and ids; a datetime id stays one. Other columns of one file only are kept aside or passed over.

    Raises
    ------
    DataError : a column of train that test spells otherwise, or test lacks most of them.
    """
    aside = {config.target, config.weight, *config.features.drop}
    if config.id is not None and not _is_feature_too(train, config):
        aside.add(config.id)
    wanted = [c for c in train.columns if c not in aside]
    both = wanted if test is None else [c for c in wanted if c in test.columns]
    known = {*train.columns, *aside}
    only_test = [] if test is None else [c for c in test.columns if c not in known]
    _refuse_other_columns([c for c in wanted if c not in both], both, only_test)
    ids = _plain_ids(train, test, both, config)
    notes = [*_test_notes(test, only_test, config), *(_id_note(name, config) for name in ids)]
    return Columns([c for c in both if c not in ids], _auxiliary(train, test, config), tuple(notes))


def _is_feature_too(train: pd.DataFrame, config: CompetitionConfig) -> bool:
    return config.features.keep_id or column_kind(train[config.id]) == DATETIME


def _auxiliary(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> list[str]:
    if test is None:
        return []
    known = {*test.columns, config.target, config.id, config.weight}
    return [c for c in train.columns if c not in known]


def _refuse_other_columns(absent: list[str], both: list[str], only_test: list[str]) -> None:
    rule = "test has the columns of train"
    spellings = {str(c).casefold().strip(): str(c) for c in only_test}
    for name in absent:
        folded = str(name).casefold().strip()
        found = difflib.get_close_matches(folded, spellings, n=1, cutoff=ALIKE)
        if found:
            hint = f"did you mean {spellings[found[0]]!r}? one spelling in both files"
            raise DataError(rule, f"none named {name!r}", f"{hint}, or [features] drop")
    if not both and not absent:
        got = "none beside target, id, weight and what [features] drop names"
        raise DataError("train and test share at least one feature column", got, "keep a column")
    if len(absent) > len(both):
        got = f"no {', '.join(map(repr, absent[:5]))}: {len(absent)} missing, {len(both)} there"
        hint = "the right test file, or name them in [features] drop"
        raise DataError(rule, got, hint)


def _test_notes(
    test: pd.DataFrame | None, only_test: list[str], config: CompetitionConfig
) -> list[str]:
    notes = []
    if test is not None and config.target in test.columns:
        notes.append(f"the target {config.target!r} is also a column of test: not used there")
    if only_test:
        notes.append(f"columns that only test has, not used: {', '.join(map(str, only_test))}")
    return notes


def _plain_ids(
    train: pd.DataFrame, test: pd.DataFrame | None, names: list[str], config: CompetitionConfig
) -> list[str]:
    """Features that only number or name the rows; none where no other feature would be left."""
    folds = config.folds
    spoken_for = {folds.group, folds.time, folds.column}
    if config.features.keep_id or len(train) < FEWEST:
        return []
    parts = [train] if test is None else [train, test]
    free = [c for c in names if c not in spoken_for]
    found = [c for c in free if _is_plain_id(str(c), [part[c] for part in parts])]
    return found if len(found) < len(names) else []


def _is_plain_id(name: str, parts: list[pd.Series]) -> bool:
    """Whole numbers or text, another in every row of train and test: named an id, or counting."""
    if any(part.dtype != parts[0].dtype for part in parts):
        return False
    whole = types.is_integer_dtype(parts[0].dtype)
    if not whole and not types.is_string_dtype(parts[0].dtype):
        return False
    if not all(part.is_unique and part.notna().all() for part in parts):
        return False
    both = pd.concat(parts, ignore_index=True)
    if not both.is_unique:
        return False
    counts = whole and both.min() in (0, 1) and both.max() - both.min() == len(both) - 1
    named = _ID_NAME.search(name) or _UNNAMED.fullmatch(name)
    return bool(counts or (named and (whole or column_kind(both) != DATETIME)))


def _id_note(name: str, config: CompetitionConfig) -> str:
    key = "" if config.id is not None else f'id = "{name}" says what it is; '
    return (
        f"{name!r} tells every row from every other, left out as an id ({key}"
        "[features] keep_id = true keeps it)"
    )
