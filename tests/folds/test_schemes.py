"""kfold, stratified, group, stratified_group against loops over row pairs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackkit.errors import FoldError
from stackkit.folds import Folds, schemes

LOTS = st.fixed_dictionaries(
    {"n_splits": st.integers(2, 4), "n_repeats": st.integers(1, 2), "seed": st.integers(0, 9)}
)
CODES = st.lists(st.integers(0, 7), min_size=16, max_size=30).map(np.array)
SHARES = st.sampled_from([0.0, 0.2, 0.3])
QUICK = settings(max_examples=50, deadline=None)


def check_partition(folds: Folds) -> None:
    """Every row but the holdout is scored once a repeat and fitted on for all other folds."""
    for repeat in range(folds.n_repeats):
        for i in range(folds.n_rows):
            homes = [k for k in range(folds.n_splits) if i in folds.cell_rows(repeat, k)]
            fitted = [k for k in range(folds.n_splits) if i in folds.fit_rows(repeat, k)]
            if folds.holdout[i]:
                assert (homes, fitted) == ([], [])
            else:
                assert len(homes) == 1
                assert fitted == [k for k in range(folds.n_splits) if k != homes[0]]


def spread(values: list[int]) -> int:
    return max(values) - min(values)


@given(CODES, LOTS, SHARES)
@QUICK
def test_kfold(rows: np.ndarray, lot: dict[str, int], share: float) -> None:
    holdout = schemes.random_holdout(np.zeros(len(rows), int), share, lot["seed"])
    assert holdout.sum() == round(share * len(rows))
    folds = Folds(*_with(schemes.kfold(holdout, **lot), holdout))
    check_partition(folds)
    for repeat in range(folds.n_repeats):
        assert spread([len(folds.cell_rows(repeat, k)) for k in range(lot["n_splits"])]) <= 1


@given(CODES, LOTS, SHARES)
@QUICK
def test_stratified(strata: np.ndarray, lot: dict[str, int], share: float) -> None:
    holdout = schemes.random_holdout(strata, share, lot["seed"])
    folds = Folds(*_with(schemes.stratified(strata, holdout, **lot), holdout))
    check_partition(folds)
    for stratum in set(strata.tolist()):
        held = sum(bool(h) and s == stratum for h, s in zip(holdout, strata, strict=True))
        assert abs(held - share * (strata == stratum).sum()) <= 1.5
        for repeat in range(folds.n_repeats):
            counts = Counter(
                folds.assignment[repeat, i]
                for i in range(len(strata))
                if strata[i] == stratum and not holdout[i]
            )
            assert spread([counts[k] for k in range(lot["n_splits"])]) <= 1
    for repeat in range(folds.n_repeats):
        assert spread([len(folds.cell_rows(repeat, k)) for k in range(lot["n_splits"])]) <= 1


@given(CODES, st.integers(1, 3), LOTS, SHARES, st.booleans())
@QUICK
def test_groups_never_straddle(
    groups: np.ndarray, n_strata: int, lot: dict[str, int], share: float, plain: bool
) -> None:
    strata = np.zeros(len(groups), int) if plain else np.arange(len(groups)) % n_strata
    several = len(set(groups.tolist())) > 1
    holdout = np.zeros(len(groups), dtype=bool)
    if share and several:
        holdout = schemes.group_holdout(strata, groups, share, lot["seed"])
        assert 0 < holdout.sum() < len(groups)
    if len(set(groups[~holdout].tolist())) < lot["n_splits"]:
        with pytest.raises(FoldError, match=f"groups for {lot['n_splits']} folds"):
            schemes.group(groups, holdout, **lot)
        return
    if plain:
        made = schemes.group(groups, holdout, **lot)
    else:
        made = schemes.stratified_group(strata, groups, holdout, **lot)
    folds = Folds(*_with(made, holdout))
    check_partition(folds)
    for repeat in range(folds.n_repeats):
        for fold in range(folds.n_splits):
            for i in folds.fit_rows(repeat, fold):
                for j in folds.cell_rows(repeat, fold):
                    assert groups[i] != groups[j]
    for i in np.flatnonzero(holdout):
        for j in np.flatnonzero(~holdout):
            assert groups[i] != groups[j]


def test_equal_groups_fill_equal_folds() -> None:
    groups = np.repeat(np.arange(20), 3)
    assignment, _ = schemes.group(groups, np.zeros(60, dtype=bool), n_splits=5)
    assert np.bincount(assignment[0]).tolist() == [12] * 5


def test_stratified_groups_share_out_each_class() -> None:
    groups = np.repeat(np.arange(30), 4)
    strata = (groups >= 20).astype(int)
    holdout = schemes.group_holdout(strata, groups, 0.2, seed=3)
    assert np.bincount(strata[holdout]).tolist() == [16, 8]
    assignment, _ = schemes.stratified_group(strata, groups, np.zeros(120, bool), n_splits=5)
    for fold in range(5):
        assert np.bincount(strata[assignment[0] == fold]).tolist() == [16, 8]


def test_group_sizes_stay_close_with_uneven_groups() -> None:
    groups = np.repeat(np.arange(60), np.arange(1, 61))
    for seed in range(5):
        assignment, _ = schemes.group(groups, np.zeros(len(groups), bool), n_splits=5, seed=seed)
        sizes = np.bincount(assignment[0])
        assert spread(sizes.tolist()) <= 8  # of 366; one group has up to 60 rows


def test_a_small_share_of_few_groups_still_holds_out_one() -> None:
    groups = np.repeat([0, 1], 10)
    assert schemes.group_holdout(np.zeros(20, int), groups, 0.05, seed=0).sum() == 10


def test_every_fold_has_a_group_where_one_is_huge() -> None:
    groups = np.r_[np.zeros(90, int), [1, 2, 3]]
    assignment, _ = schemes.group(groups, np.zeros(93, bool), n_splits=4)
    assert sorted(np.bincount(assignment[0]).tolist()) == [1, 1, 1, 90]


@given(LOTS)
@settings(max_examples=10, deadline=None)
def test_the_same_seed_makes_the_same_plan(lot: dict[str, int]) -> None:
    strata, groups = np.arange(40) % 3, np.arange(40) // 2
    none = np.zeros(40, dtype=bool)
    for make in (
        lambda: schemes.kfold(none, **lot),
        lambda: schemes.stratified(strata, none, **lot),
        lambda: schemes.group(groups, none, **lot),
        lambda: schemes.stratified_group(strata, groups, none, **lot),
    ):
        assert np.array_equal(make()[0], make()[0])


def test_seeds_and_repeats_make_other_plans() -> None:
    none, groups = np.zeros(40, dtype=bool), np.arange(40) // 2
    for make in (
        lambda seed: schemes.kfold(none, n_splits=4, n_repeats=3, seed=seed)[0],
        lambda seed: schemes.group(groups, none, n_splits=4, n_repeats=3, seed=seed)[0],
    ):
        rows = [row.tolist() for seed in (0, 1) for row in make(seed)]
        assert all(rows[i] != rows[j] for i in range(6) for j in range(i))


def test_the_draw_is_golden() -> None:
    # Folds of a seed must not move with a new numpy: cached work would be lost.
    assignment, _ = schemes.kfold(np.zeros(10, dtype=bool), n_splits=3, seed=1)
    assert assignment.tolist() == [[2, 1, 0, 2, 1, 0, 1, 0, 2, 0]]


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=200).map(np.array), st.integers(2, 10))
@QUICK
def test_quantile_bins_are_ordered_and_keep_ties_together(y: np.ndarray, n_splits: int) -> None:
    bins = schemes.strata_of(y, "regression", n_splits)
    assert len(set(bins.tolist())) <= schemes.MAX_BINS
    for i in range(0, len(y), 7):
        for j in range(len(y)):
            assert not (y[i] == y[j] and bins[i] != bins[j])
            assert not (y[i] < y[j] and bins[i] > bins[j])


def test_quantile_bins_are_about_equal() -> None:
    y = np.random.default_rng(0).lognormal(size=1000)
    assert np.bincount(schemes.strata_of(y, "regression", 5)).tolist() == [50] * 20
    assert len(set(schemes.strata_of(y[:30], "regression", 5).tolist())) == 3


def test_classes_are_strata_even_with_gaps() -> None:
    assert schemes.strata_of(np.array([4, 0, 4, 2]), "multiclass", 2).tolist() == [2, 0, 2, 1]


def test_group_codes() -> None:
    assert schemes.group_codes(pd.Series(["b", "a", "b"])).tolist() == [0, 1, 0]
    with pytest.raises(FoldError, match="a group in 'who'; got 1 of 3"):
        schemes.group_codes(pd.Series(["b", None, "b"], name="who"))


def test_errors() -> None:
    none = np.zeros(3, dtype=bool)
    with pytest.raises(FoldError, match="n_splits is at least 2; got 1"):
        schemes.kfold(none, n_splits=1)
    with pytest.raises(FoldError, match="n_splits is at least 2"):
        schemes.group(np.arange(3), none, n_splits=1)
    with pytest.raises(FoldError, match="3 rows for 4 folds"):
        schemes.kfold(none, n_splits=4)
    with pytest.raises(FoldError, match="one group in all"):
        schemes.group_holdout(np.zeros(3, int), np.zeros(3, int), 0.3, 0)


def _with(
    made: tuple[np.ndarray, None], holdout: np.ndarray
) -> tuple[np.ndarray, np.ndarray, None]:
    return made[0], holdout, made[1]
