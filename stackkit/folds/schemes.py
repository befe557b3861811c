"""Schemes that deal rows or groups to folds by lot: kfold, stratified, group, stratified_group.

Every scheme returns `(assignment, fit_mask)` as `Folds` takes them; `fit_mask` is None here, as the
fit rows are all others. `holdout` (n,) bool marks rows left out of both.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from stackkit.errors import FoldError
from stackkit.folds.arrays import UNSCORED, Assignment, Mask

Codes = npt.NDArray[np.int64]
MAX_BINS = 20


def kfold(
    holdout: Mask, *, n_splits: int, n_repeats: int = 1, seed: int = 0
) -> tuple[Assignment, None]:
    """Rows in random order, dealt in turn; fold sizes differ by at most one."""
    rows = np.zeros(len(holdout), dtype=np.int64)
    return _deal_rows(rows, holdout, n_splits=n_splits, n_repeats=n_repeats, seed=seed), None


def stratified(
    strata: Codes, holdout: Mask, *, n_splits: int, n_repeats: int = 1, seed: int = 0
) -> tuple[Assignment, None]:
    """As kfold within each stratum; the folds' counts of any stratum differ by at most one."""
    return _deal_rows(strata, holdout, n_splits=n_splits, n_repeats=n_repeats, seed=seed), None


def group(
    groups: Codes, holdout: Mask, *, n_splits: int, n_repeats: int = 1, seed: int = 0
) -> tuple[Assignment, None]:
    """Whole groups, large ones first, each to the smallest fold so far."""
    one = np.zeros(len(groups), dtype=np.int64)
    return stratified_group(one, groups, holdout, n_splits=n_splits, n_repeats=n_repeats, seed=seed)


def stratified_group(
    strata: Codes,
    groups: Codes,
    holdout: Mask,
    *,
    n_splits: int,
    n_repeats: int = 1,
    seed: int = 0,
) -> tuple[Assignment, None]:
    """Whole groups, each to the fold where it least unbalances the strata."""
    _check_splits(n_splits)
    assignment = np.full((n_repeats, len(groups)), UNSCORED, dtype=np.int16)
    _, codes = np.unique(groups[~holdout], return_inverse=True)
    table = _group_table(codes, strata[~holdout])
    if len(table) < n_splits:
        raise FoldError(
            "there are at least as many groups as folds",
            f"{len(table)} groups for {n_splits} folds",
            f"n_splits = {max(len(table), 2)} or a finer group column",
        )
    shares = np.full(n_splits, 1 / n_splits)
    for repeat in range(n_repeats):
        fold_of = deal_groups(table, shares, draw(seed, repeat, "groups"))
        assignment[repeat, ~holdout] = fold_of[codes]
    return assignment, None


def random_holdout(strata: Codes, share: float, seed: int) -> Mask:
    """(n,) bool: round(share * n) rows, every stratum in proportion to within one row."""
    n_rows, n_held = len(strata), round(share * len(strata))
    order = _shuffled_by_stratum(strata, draw(seed, 0, "holdout"))
    held = np.zeros(n_rows, dtype=bool)
    held[order[(np.arange(n_held) * n_rows + n_rows // 2) // max(n_held, 1)]] = True
    return held


def group_holdout(strata: Codes, groups: Codes, share: float, seed: int) -> Mask:
    """(n,) bool: whole groups, about the share of each stratum, at least one group."""
    _, codes = np.unique(groups, return_inverse=True)
    table = _group_table(codes, strata)
    if len(table) < 2:
        raise FoldError("a holdout of groups leaves other groups", "one group in all")
    side = deal_groups(table, np.array([1 - share, share]), draw(seed, 0, "holdout"))
    return side[codes] == 1


def strata_of(y: npt.NDArray[np.generic], task: str, n_splits: int) -> Codes:
    """(n,) class codes, or for regression the quantile bin of each target.

    At most 20 bins, of at least two rows a fold on average; equal targets share a bin.
    """
    if task != "regression":
        return np.unique(y, return_inverse=True)[1]
    n_bins = min(MAX_BINS, len(y) // (2 * n_splits))
    edges = np.quantile(y, np.arange(1, n_bins) / n_bins) if n_bins > 1 else []
    return np.searchsorted(np.unique(edges), y, side="right")


def group_codes(column: pd.Series) -> Codes:
    """(n,) a number for each distinct value; a missing one is an error."""
    missing = int(column.isna().sum())
    if missing:
        raise FoldError(
            f"every row has a group in {column.name!r}",
            f"{missing} of {len(column)} rows without",
            "fill them, or make each its own group",
        )
    return pd.factorize(column)[0].astype(np.int64)


def deal_groups(
    table: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], rng: np.random.RandomState
) -> npt.NDArray[np.int16]:
    """(G,) the bin of each group, given rows by group and stratum (G, C) and the bins' shares.

    Greedy: groups of about equal size (within a factor of two) in random order, large ones first,
    each to the bin where the sum over bins and strata of (rows / stratum's rows)^2 / share grows
    least. That sum is smallest where every bin has its share of every stratum.
    """
    order = rng.permutation(len(table))
    size_class = np.frexp(table.sum(axis=1))[1]
    order = order[np.argsort(-size_class[order], kind="stable")]
    part = table / table.sum(axis=0)
    filled = np.zeros((len(shares), table.shape[1]))
    bins, empty = np.zeros(len(table), dtype=np.int16), set(range(len(shares)))
    for left, g in zip(range(len(table), 0, -1), order, strict=True):
        growth = ((2 * filled + part[g]) * part[g]).sum(axis=1) / shares
        allowed = sorted(empty) if left <= len(empty) else range(len(shares))
        chosen = min(allowed, key=lambda b: (round(growth[b], 12), filled[b].sum() / shares[b]))
        bins[g] = chosen
        filled[chosen] += part[g]
        empty.discard(chosen)
    return bins


def draw(seed: int, repeat: int, purpose: str) -> np.random.RandomState:
    """A generator for one purpose; RandomState, as its stream is frozen across numpy versions."""
    digest = hashlib.sha256(f"folds:{purpose}:{seed}:{repeat}".encode()).digest()
    return np.random.RandomState(int.from_bytes(digest[:4], "little"))


def _deal_rows(
    strata: Codes, holdout: Mask, *, n_splits: int, n_repeats: int, seed: int
) -> Assignment:
    _check_splits(n_splits)
    assignment = np.full((n_repeats, len(strata)), UNSCORED, dtype=np.int16)
    rows = np.flatnonzero(~holdout)
    if len(rows) < n_splits:
        hint = f"n_splits = {len(rows)}" if len(rows) > 1 else "more rows, or a smaller holdout"
        raise FoldError("every fold scores a row", f"{len(rows)} rows for {n_splits} folds", hint)
    for repeat in range(n_repeats):
        order = _shuffled_by_stratum(strata[rows], draw(seed, repeat, "rows"))
        assignment[repeat, rows[order]] = np.arange(len(rows)) % n_splits
    return assignment


def _shuffled_by_stratum(strata: Codes, rng: np.random.RandomState) -> Codes:
    """Row positions: strata one after the other, each in random order."""
    order = rng.permutation(len(strata))
    return order[np.argsort(strata[order], kind="stable")]


def _group_table(groups: Codes, strata: Codes) -> npt.NDArray[np.int64]:
    """(G, C) rows by group code 0..G-1 and by each stratum that occurs."""
    _, columns = np.unique(strata, return_inverse=True)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    table = np.zeros((n_groups, int(columns.max()) + 1 if len(columns) else 0), dtype=np.int64)
    np.add.at(table, (groups, columns), 1)
    return table


def _check_splits(n_splits: int) -> None:
    if n_splits < 2:
        raise FoldError("n_splits is at least 2", n_splits)
