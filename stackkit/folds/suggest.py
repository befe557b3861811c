"""suggest_scheme: the fold scheme that imitates how test was split from train."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stackkit.config import FoldsConfig
from stackkit.folds.arguments import check_competition
from stackkit.folds.clock import holds_dates, known_times
from stackkit.folds.suggest_time import suggest_by_time

if TYPE_CHECKING:
    from stackkit.competition import Competition

SMALL = 1000
FEWEST_GROUPS = 3
CHANCE = 1e-3  # a random split this unlikely is no random split
_ID_NAME = re.compile(
    r"(?:^|[_\W])(?:id|group|subject|patient|user|customer|client|session|speaker|household"
    r"|store|shop|device|site|station|batch)s?(?:$|[_\W])|[a-z]I[dD]$"
)

Suggestion = tuple[FoldsConfig, str]


def default_splits(n_rows: int) -> int:
    """5 folds, 10 below 1,000 rows."""
    return 10 if n_rows < SMALL else 5


def suggest_scheme(competition: Competition) -> Suggestion:
    """The scheme, and in one sentence why.

    In order: test after train in time, test in gaps of train's time, groups of test that train
    does not know, else rows by lot (stratified for classes). `n_splits` is set only where the
    data do not allow the default.
    """
    check_competition(competition)
    found = _by_time(competition) or _by_group(competition) or _by_lot(competition)
    config, reason = found
    if config.n_splits is None and competition.n_rows < SMALL:
        n_splits = default_splits(competition.n_rows)
        reason += f" ({n_splits} splits unless set, as {competition.n_rows} rows are few)"
    return config, reason


def _by_time(competition: Competition) -> Suggestion | None:
    for name, train, test in _date_columns(competition):
        before, after = known_times(train), known_times(test)
        if len(before) and len(after):
            found = suggest_by_time(name, before, after, default_splits(competition.n_rows))
            if found is not None:
                return found
    return None


def _date_columns(competition: Competition) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    """Datetime columns of train and test: the id first, then the features in order."""
    ids, test_ids = competition.train_ids, competition.test_ids
    if ids is not None and test_ids is not None and holds_dates(ids) and holds_dates(test_ids):
        yield str(ids.name), ids, test_ids
    for name, kind in competition.kinds.items():
        test = competition.test_column(name)
        if kind == "datetime" and test is not None and (ids is None or name != ids.name):
            yield name, competition.column(name), test


def _by_group(competition: Competition) -> Suggestion | None:
    """The coarsest column with repeated values of which test holds none that train holds."""
    n_splits = default_splits(competition.n_rows)
    best: tuple[int, int, str] | None = None
    for name, kind in competition.kinds.items():
        test = competition.test_column(name)
        if kind == "datetime" or test is None:
            continue
        train, test = competition.column(name).dropna(), test.dropna()
        if _separates(train, test, kind, n_splits) and len(train) == competition.n_rows:
            sizes = (int(train.nunique()), int(test.nunique()), name)
            best = min(best, sizes) if best else sizes
    if best is None:
        return None
    n_train, n_test, name = best
    reason = (
        f"none of the {n_test} values of {name!r} in test is among the {n_train} in train: "
        "whole groups are held out"
    )
    fewer = n_train if n_train < n_splits else None
    return FoldsConfig(scheme="group", group=name, n_splits=fewer), reason


def _separates(train: pd.Series, test: pd.Series, kind: str, n_splits: int) -> bool:
    """Whether a column looks like a group by whose values train and test were split."""
    if not len(train) or not len(test):
        return False
    named = _ID_NAME.search(str(train.name)) is not None
    if kind == "numeric" and not _like_ids(train, test, named):
        return False
    counts = train.value_counts()
    least = n_splits if kind == "numeric" and not named else FEWEST_GROUPS
    if len(counts) < least or len(train) < 2 * len(counts) or test.isin(counts.index).any():
        return False
    # Good and Turing: a further random row has an unseen value with probability singles / rows.
    unseen = float((counts == 1).sum()) / len(train)
    return unseen ** test.nunique() < CHANCE


def _like_ids(train: pd.Series, test: pd.Series, named: bool) -> bool:
    """Whole numbers that are named like an id, or whose ranges in train and test overlap.

    A measure that shifts between train and test (a year, an area) is disjoint without being a
    group, and shows in ranges apart from each other.
    """
    both = pd.concat([train, test]).astype(np.float64)
    apart = test.min() > train.max() or test.max() < train.min()
    return bool((both == np.floor(both)).all()) and (named or not apart)


def _by_lot(competition: Competition) -> Suggestion:
    why = "no datetime or group column tells test from train"
    if competition.test is None:
        why = "there is no test set to imitate"
    if competition.task == "regression":
        return FoldsConfig(scheme="kfold"), f"{why}: rows are held out at random"
    within = f"{why}: rows are held out at random within each class"
    rarest = int(np.unique(competition.y, return_counts=True)[1].min())
    if competition.task != "binary" or rarest >= default_splits(competition.n_rows):
        return FoldsConfig(scheme="stratified"), within
    if rarest < 2:
        return FoldsConfig(scheme="kfold"), (
            f"{why}, and a class with a single row cannot be stratified: "
            "rows are held out at random"
        )
    return FoldsConfig(scheme="stratified", n_splits=rarest), (
        f"{within}, in at most {rarest} splits, as the rarest class has {rarest} rows"
    )
