"""Forward chaining and blocks against loops over row pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackkit.errors import FoldError
from stackkit.folds import Folds, time_schemes
from stackkit.folds.clock import Times, block_numbers, read_gap, read_times

DAY = 86_400_000_000
QUICK = settings(max_examples=200, deadline=None)
DAYS = st.lists(st.integers(0, 60), min_size=15, max_size=40)
DISTANCES = st.one_of(st.integers(0, 4), st.integers(0, 6).map(lambda d: f"{d}d"))


def times_of(days: list[int]) -> Times:
    return Times(np.array(days) * DAY, is_datetime=True)


def positions(days: list[int]) -> list[int]:
    """The place of each row in time order; equal times keep the order of the file."""
    order = sorted(range(len(days)), key=lambda i: (days[i], i))
    return [order.index(i) for i in range(len(days))]


def too_near(days: list[int], i: int, j: int, distance: int | str) -> bool:
    """Whether row i lies within the distance of row j, on whichever side."""
    if isinstance(distance, str):
        return abs(days[i] - days[j]) <= int(distance[:-1])
    place = positions(days)
    return abs(place[i] - place[j]) <= distance


@given(DAYS, st.integers(1, 4), DISTANCES, st.sampled_from([0.0, 0.2]))
@QUICK
def test_forward_chaining(days: list[int], n_splits: int, purge: int | str, share: float) -> None:
    times = times_of(days)
    holdout = time_schemes.last_holdout(times, share)
    kept = {d for d, held in zip(days, holdout, strict=True) if not held}
    if len(kept) <= n_splits:
        with pytest.raises(FoldError, match=f"distinct times for {n_splits} folds"):
            time_schemes.forward_chaining(times, holdout, n_splits=n_splits)
        return
    gap = read_gap(purge, 0, times)
    try:
        assignment, mask = time_schemes.forward_chaining(times, holdout, n_splits=n_splits, gap=gap)
    except FoldError as error:
        assert "smaller purge" in str(error)
        plain = Folds(*with_holdout(times, holdout, n_splits))
        assert leaves_none(plain, days, (purge, purge))
        return
    folds = Folds(assignment, holdout, mask)
    assert folds.forward and folds.n_splits == n_splits and folds.n_repeats == 1
    for k in range(n_splits):
        scored, fitted = folds.cell_rows(0, k).tolist(), set(folds.fit_rows(0, k).tolist())
        for i in range(len(days)):
            before = all(days[i] < days[j] for j in scored)
            near = gap.before and any(too_near(days, i, j, purge) for j in scored)
            assert (i in fitted) == (before and not near and not holdout[i])
    check_stretches(folds, days)


def check_stretches(folds: Folds, days: list[int]) -> None:
    """Later folds are later; only the first stretch is not scored; holdout comes last."""
    for i in range(len(days)):
        for j in range(len(days)):
            if days[i] <= days[j] and not folds.holdout[j]:
                assert not folds.holdout[i]
                assert folds.assignment[0, i] <= folds.assignment[0, j]
            if days[i] == days[j]:
                assert folds.assignment[0, i] == folds.assignment[0, j]
    assert ((folds.assignment[0] == -1) & ~folds.holdout).any()


@given(st.permutations(range(23)), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_stretches_are_about_equal_where_times_differ(days: list[int], n_splits: int) -> None:
    none = np.zeros(23, dtype=bool)
    assignment, _ = time_schemes.forward_chaining(times_of(days), none, n_splits=n_splits)
    sizes = np.bincount(assignment[0] + 1)
    assert sizes.max() - sizes.min() <= 1


def test_heavy_ties_still_leave_every_stretch_a_time() -> None:
    days = [0] * 50 + [1, 2, 3]
    assignment, _ = time_schemes.forward_chaining(times_of(days), np.zeros(53, bool), n_splits=3)
    assert assignment[0].tolist() == [-1] * 50 + [0, 1, 2]


@given(
    DAYS,
    st.integers(2, 4),
    st.integers(1, 3),
    DISTANCES,
    DISTANCES,
    st.sampled_from([0.0, 0.3]),
)
@QUICK
def test_blocked(
    days: list[int],
    n_splits: int,
    n_repeats: int,
    purge: int | str,
    embargo: int | str,
    share: float,
) -> None:
    times = times_of(days)
    blocks = [(d - min(days)) // 5 for d in days]
    if isinstance(embargo, str) != isinstance(purge, str):
        embargo = 0
    gap = read_gap(purge, embargo, times)
    numbers = block_numbers(times, "5d")
    assert numbers.tolist() == blocks
    holdout = np.zeros(len(days), dtype=bool)
    if share:
        holdout = time_schemes.block_holdout(numbers, share)
    free = {b for b, held in zip(blocks, holdout, strict=True) if not held}
    lot = {"n_splits": n_splits, "n_repeats": n_repeats, "seed": 1}
    if len(free) < n_splits or (len(free) == n_splits and n_repeats > 1):
        with pytest.raises(FoldError, match=r"as many blocks|more blocks"):
            time_schemes.blocked(times, numbers, holdout, **lot, gap=gap)
        return
    after = sum_of(purge, embargo)
    try:
        assignment, mask = time_schemes.blocked(times, numbers, holdout, **lot, gap=gap)
    except FoldError as error:
        assert "smaller purge" in str(error)
        assignment, _ = time_schemes.blocked(times, numbers, holdout, **lot)
        assert leaves_none(Folds(assignment, holdout), days, (purge, after))
        return
    folds = Folds(assignment, holdout, mask)
    for repeat in range(n_repeats):
        for k in range(n_splits):
            check_blocked_cell(folds, repeat, k, days, (purge, after))
        check_dealing(folds, repeat, blocks, sorted(free))


def sum_of(purge: int | str, embargo: int | str) -> int | str:
    if isinstance(purge, str):
        return f"{int(purge[:-1]) + (int(embargo[:-1]) if isinstance(embargo, str) else 0)}d"
    return purge + int(embargo)


def check_blocked_cell(
    folds: Folds, repeat: int, k: int, days: list[int], gap: tuple[int | str, int | str]
) -> None:
    """A row is fitted on unless it is held out, scored here, or too near to a row scored here."""
    scored, fitted = folds.cell_rows(repeat, k).tolist(), set(folds.fit_rows(repeat, k).tolist())
    for i in range(len(days)):
        allowed = not folds.holdout[i] and i not in scored
        assert (i in fitted) == (allowed and not within(days, i, scored, gap))


def within(days: list[int], i: int, scored: list[int], gap: tuple[int | str, int | str]) -> bool:
    """Whether row i lies within the gap (before, after) of any scored row."""
    for j in scored:
        distance = gap[0] if days[i] < days[j] else gap[1]
        if distance not in (0, "0d") and too_near(days, i, j, distance):
            return True
    return False


def leaves_none(folds: Folds, days: list[int], gap: tuple[int | str, int | str]) -> bool:
    """Whether the gap takes all fit rows of some cell of a plan made without one."""
    return any(
        all(within(days, i, folds.cell_rows(r, k).tolist(), gap) for i in folds.fit_rows(r, k))
        for r in range(folds.n_repeats)
        for k in range(folds.n_splits)
    )


def with_holdout(
    times: Times, holdout: np.ndarray, n_splits: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    assignment, mask = time_schemes.forward_chaining(times, holdout, n_splits=n_splits)
    return assignment, holdout, mask


def check_dealing(folds: Folds, repeat: int, blocks: list[int], free: list[int]) -> None:
    """Blocks stay whole; each round of K of them visits every fold, in turn in the first repeat."""
    fold_of: dict[int, int] = {}
    for i, block in enumerate(blocks):
        fold = int(folds.assignment[repeat, i])
        if folds.holdout[i]:
            assert fold == -1 and block not in free
        else:
            assert fold_of.setdefault(block, fold) == fold >= 0
    dealt, k = [fold_of[block] for block in free], folds.n_splits
    for start in range(0, len(dealt), k):
        assert len(set(dealt[start : start + k])) == len(dealt[start : start + k])
    if repeat == 0:
        assert dealt == [place % k for place in range(len(dealt))]


def test_repeats_of_blocks_differ_and_keep_their_seed() -> None:
    days = list(range(0, 120))
    times = times_of(days)
    numbers, none = block_numbers(times, "5d"), np.zeros(120, dtype=bool)
    made = [
        time_schemes.blocked(times, numbers, none, n_splits=4, n_repeats=3, seed=seed)[0]
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])
    assert len({row.tobytes() for row in made[0]}) == 3


def test_block_holdout_is_spread_over_time() -> None:
    blocks = np.repeat(np.arange(12), 2)
    assert np.unique(blocks[time_schemes.block_holdout(blocks, 0.25)]).tolist() == [2, 6, 10]
    assert np.unique(blocks[time_schemes.block_holdout(blocks, 0.01)]).tolist() == [6]


def test_last_holdout_takes_whole_times() -> None:
    times = times_of([3, 1, 2, 3, 3, 0, 2, 1, 0, 0])
    assert np.flatnonzero(time_schemes.last_holdout(times, 0.1)).tolist() == [0, 3, 4]
    assert not time_schemes.last_holdout(times, 0.0).any()


def test_whole_months_with_a_purge_of_a_week() -> None:
    when = pd.Series(pd.date_range("2021-01-01", "2021-06-30", freq="D"))
    times = read_times(when)
    numbers = block_numbers(times, "month")
    assignment, mask = time_schemes.blocked(
        times, numbers, np.zeros(len(when), bool), n_splits=3, gap=read_gap("7d", "2d", times)
    )
    folds = Folds(assignment, None, mask)
    assert not folds.forward and folds.scored.all()
    assert (assignment[0] == (when.dt.month - 1) % 3).all()
    dropped = ~folds.fit_mask[0, 1] & (assignment[0] != 1)
    expected = [
        *pd.date_range("2021-01-25", "2021-01-31"),
        *pd.date_range("2021-03-01", "2021-03-09"),
    ]
    expected += [
        *pd.date_range("2021-04-24", "2021-04-30"),
        *pd.date_range("2021-06-01", "2021-06-09"),
    ]
    assert when[dropped].tolist() == expected


def test_errors() -> None:
    times, none = times_of([0, 1, 2, 30, 31, 32]), np.zeros(6, dtype=bool)
    numbers = block_numbers(times, "10d")
    with pytest.raises(FoldError, match="2 blocks for 3 folds; try: n_splits = 2"):
        time_schemes.blocked(times, numbers, none, n_splits=3)
    with pytest.raises(FoldError, match="every repeat would be the same plan"):
        time_schemes.blocked(times, numbers, none, n_splits=2, n_repeats=2)
    with pytest.raises(FoldError, match="none for fold 0 of repeat 0; try: a smaller purge"):
        time_schemes.blocked(times, numbers, none, n_splits=2, gap=read_gap("60d", 0, times))
    with pytest.raises(FoldError, match="none for fold 0 of repeat 0; try: a smaller purge"):
        time_schemes.forward_chaining(times, none, n_splits=2, gap=read_gap(2, 0, times))
    with pytest.raises(FoldError, match="6 distinct times for 6 folds; try: n_splits = 5"):
        time_schemes.forward_chaining(times, none, n_splits=6)
