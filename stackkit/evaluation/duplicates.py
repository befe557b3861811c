"""Rows that occur more than once: within train, within test, across both, and across folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.folds import Folds


@dataclass(frozen=True)
class Duplicates:
    """Rows that equal another one in every feature column.

    Attributes
    ----------
    train : rows of train that equal another row of train.
    contradictory : those of them whose target is not that of all their twins.
    across_folds : those of them that a fold scores while a twin is fitted on (first repeat).
    test : rows of test that equal another row of test; None without a test set.
    in_train : rows of test that equal a row of train.
    """

    train: int
    contradictory: int
    across_folds: int
    test: int | None = None
    in_train: int | None = None


def find_duplicates(competition: Competition, folds: Folds) -> Duplicates:
    """Count the rows with twins. Missing equals missing; the id is no feature column."""
    groups, test_groups = _groups(competition)
    rows = pd.DataFrame({"group": groups, "y": competition.y})
    by_group = rows.groupby("group").y
    twins = by_group.transform("size").to_numpy() > 1
    contradictory = by_group.transform("nunique").to_numpy() > 1
    across = _fitted_on_a_twin(groups, twins, folds)
    if test_groups is None:
        return Duplicates(int(twins.sum()), int(contradictory.sum()), int(across.sum()))
    return Duplicates(
        int(twins.sum()),
        int(contradictory.sum()),
        int(across.sum()),
        int(pd.Series(test_groups).duplicated(keep=False).sum()),
        int(np.isin(test_groups, groups).sum()),
    )


def _groups(competition: Competition) -> tuple[np.ndarray, np.ndarray | None]:
    """A number a row, equal where all features are, of train and of test."""
    both = competition.train
    if competition.test is not None:
        both = pd.concat([competition.train, competition.test], ignore_index=True)
    codes = np.zeros(len(both), dtype=np.int64)
    for name in both.columns:
        found, levels = pd.factorize(both[name], use_na_sentinel=False)
        codes = pd.factorize(codes * len(levels) + found)[0]
    n = competition.n_rows
    return codes[:n], None if competition.test is None else codes[n:]


def _fitted_on_a_twin(groups: np.ndarray, twins: np.ndarray, folds: Folds) -> np.ndarray:
    """(n,) bool: rows that a fold of the first repeat scores while a twin of theirs is fitted."""
    found = np.zeros(len(groups), dtype=bool)
    if not twins.any():
        return found
    for fold in range(folds.n_splits):
        scored, fitted = folds.cell_rows(0, fold), folds.fit_rows(0, fold)
        found[scored] = np.isin(groups[scored], groups[fitted])
    return found
