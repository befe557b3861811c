"""What a competition.toml would say, guessed from the tables in a folder.

The sample submission says most: its first column is the id, what it shares with train beyond that
is the target, one column a class asks for probabilities, labels ask for labels. Without one the
target is the only column that train has and test lacks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from stackkit.competition.schema import is_boolean, is_number
from stackkit.config import NAME_PATTERN, DataConfig
from stackkit.datasets.files import PLAIN, SUFFIXES
from stackkit.datasets.reading import Tables, read_tables
from stackkit.errors import DataError

MOST_CLASSES = 20  # distinct whole numbers that still look like classes
LONGEST_NAME = 41
log = logging.getLogger(__name__)
ID = re.compile(r"(^|[^a-zA-Z])[iI][dD]$|[a-z]I[dD]$")


@dataclass(frozen=True)
class Guess:
    """Values for competition.toml; None where nothing could be guessed.

    `targets` are the columns that could be the target, where it is not one alone; `problem` says
    why a table cannot be read, if one cannot; `data` is how they are read.
    """

    name: str
    train: str | None = None
    test: str | None = None
    sample: str | None = None
    id: str | None = None
    target: str | None = None
    task: str | None = None
    metric: str | None = None
    targets: tuple[str, ...] = ()
    problem: str = ""
    data: DataConfig = PLAIN


def guess_competition(folder: Path, name: str | None = None) -> Guess:
    """What the tables directly in a folder say; their names alone where one cannot be read.

    Parameters
    ----------
    name : None: that of the folder.
    """
    files = find_tables(folder)
    name = as_name(name or folder.resolve().name)
    if "train" not in files:
        return Guess(name, **files)
    try:
        tables, data = read_tables({kind: folder / file for kind, file in files.items()})
    except DataError as error:
        log.warning("%s", error)
        return Guess(name, **files, problem=str(error))
    return replace(_guess(name, files, tables), data=data)


def _guess(name: str, files: Mapping[str, str], tables: Tables) -> Guess:
    id = guess_id(tables)
    targets = guess_targets(tables, id)
    target = targets[0] if len(targets) == 1 else None
    task = None if target is None else guess_task(tables, target, id)
    metric = None if task is None else guess_metric(tables, target, id, task)
    return Guess(name, **files, id=id, target=target, task=task, metric=metric, targets=targets)


def find_tables(folder: Path) -> dict[str, str]:
    """File names of "train", "test" and "sample" in a folder, of those that are there."""
    names = sorted((p.name for p in folder.iterdir() if p.name.endswith(SUFFIXES)), key=len)
    return {kind: found for kind in KINDS if (found := _of_kind(kind, names)) is not None}


KINDS = {"train": r"train", "test": r"test", "sample": r"sample|submission"}


def _of_kind(kind: str, names: list[str]) -> str | None:
    """The shortest name that speaks of a kind and of no other."""
    others = "|".join(words for other, words in KINDS.items() if other != kind)
    own = [n for n in names if re.search(KINDS[kind], n.lower())]
    clear = [n for n in own if kind == "sample" or not re.search(others, n.lower())]
    return clear[0] if clear else None


def as_name(text: str) -> str:
    """A name that the cache can use for a folder: lower-case, at most 41 characters."""
    name = re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).strip("-_.")[:LONGEST_NAME]
    return name if NAME_PATTERN.fullmatch(name) else "competition"


def guess_id(tables: Tables) -> str | None:
    """The sample's first column, else the first that is called like an id, where it is unique."""
    test = tables.test
    if test is None:
        return None
    shared = [c for c in test.columns if c in tables.train.columns and test[c].is_unique]
    if tables.sample is not None and tables.sample.columns[0] in shared:
        return str(tables.sample.columns[0])
    return next((c for c in shared if ID.search(str(c))), None)


def guess_targets(tables: Tables, id: str | None) -> tuple[str, ...]:
    """The columns that could be the target: one where the tables are clear."""
    if tables.test is None:
        return tuple(tables.train.columns)
    only = [c for c in tables.train.columns if c not in tables.test.columns and c != id]
    asked = [] if tables.sample is None else [c for c in tables.sample.columns if c in only]
    return tuple(asked or only)


def guess_task(tables: Tables, target: str, id: str | None) -> str:
    """Two values are binary; words and few whole numbers multiclass; other numbers regression."""
    values = tables.train[target].dropna()
    if values.nunique() == 2:
        return "binary"
    if not is_number(values) or is_boolean(values):
        return "multiclass"
    whole = bool(np.mod(values.astype("float64"), 1).eq(0).all())
    few = values.nunique() <= MOST_CLASSES and values.nunique() < len(values) / 4
    return "multiclass" if whole and few and not _holds_fractions(tables, id) else "regression"


def guess_metric(tables: Tables, target: str, id: str | None, task: str) -> str:
    """accuracy where labels are asked for, map@k for k of them in one cell, logloss for a column
    a class, auc for one probability, rmse for values."""
    if task == "regression":
        return "rmse"
    asked = _asked(tables, id)
    if asked is not None and asked.shape[1] > 1:
        return "logloss"
    if asked is None:
        return "auc" if task == "binary" else "accuracy"
    if (ranked := _ranked(asked.iloc[:, 0])) > 1:
        return f"map@{ranked}"
    return "accuracy" if task == "multiclass" or _shows_labels(asked, tables, target) else "auc"


def _asked(tables: Tables, id: str | None) -> pd.DataFrame | None:
    """The columns that a submission fills in."""
    if tables.sample is None:
        return None
    return tables.sample.drop(columns=id or tables.sample.columns[0], errors="ignore")


def _shows_labels(asked: pd.DataFrame, tables: Tables, target: str) -> bool:
    """Whether a sample holds both labels, or words; a constant number could be a probability."""
    shown = asked.iloc[:, 0].dropna()
    labels = set(tables.train[target].dropna().unique())
    return set(shown.unique()) <= labels and (shown.nunique() > 1 or not is_number(shown))


def _ranked(shown: pd.Series) -> int:
    """How many labels each cell of a sample ranks: "oak elm ash" are three, of which none twice."""
    words = shown.dropna().astype(str).str.split()
    counts = words.map(len).unique()
    distinct = words.map(set).map(len).unique()
    return int(counts[0]) if len(counts) == 1 and list(counts) == list(distinct) else 1


def _holds_fractions(tables: Tables, id: str | None) -> bool:
    asked = _asked(tables, id)
    if asked is None or asked.shape[1] != 1 or not is_number(asked.iloc[:, 0]):
        return False
    return bool(np.mod(asked.iloc[:, 0].astype("float64"), 1).ne(0).any())
