"""Schemes that follow time: forward chaining, and blocks of time dealt to folds in turn.

Both return `(assignment, fit_mask)` as `Folds` takes them. Distances in rows count all train rows
in time order; rows of equal time keep the order of the file.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from stackkit.errors import FoldError
from stackkit.folds.arrays import UNSCORED, Assignment, Mask
from stackkit.folds.clock import Gap, Times
from stackkit.folds.schemes import draw

NO_GAP = Gap(0, 0, in_rows=True)


def forward_chaining(
    times: Times, holdout: Mask, *, n_splits: int, gap: Gap = NO_GAP
) -> tuple[Assignment, Mask]:
    """K+1 stretches of about equal size in time order; fold k scores stretch k+1, fits on 0..k.

    The first stretch is never scored. Rows of equal time lie in one stretch. `gap.before` drops
    fit rows that near before the scored stretch.
    """
    rows = np.flatnonzero(~holdout)
    order = rows[np.argsort(times.values[rows], kind="stable")]
    ordered = times.values[order]
    cuts = [*_cuts(ordered, n_splits), len(order)]
    assignment = np.full((1, len(holdout)), UNSCORED, dtype=np.int16)
    fit_mask = np.zeros((1, n_splits, len(holdout)), dtype=bool)
    for fold, (start, stop) in enumerate(pairwise(cuts)):
        assignment[0, order[start:stop]] = fold
        fit_mask[0, fold, order[: gap.reach(ordered, start, stop - 1)[0]]] = True
    _check_fit_rows(fit_mask)
    return assignment, fit_mask


def blocked(
    times: Times,
    blocks: npt.NDArray[np.int64],
    holdout: Mask,
    *,
    n_splits: int,
    n_repeats: int = 1,
    seed: int = 0,
    gap: Gap = NO_GAP,
) -> tuple[Assignment, Mask | None]:
    """Whole blocks of time dealt to the folds in turn.

    The first repeat deals 0, 1, .., K-1, 0, 1, ..; a later one shuffles the order within each
    round of K blocks, so that every fold still has blocks from all over the time axis. Rows
    within `gap` of a block are not fitted on where that block is scored.
    """
    found = np.unique(blocks[~holdout])
    _check_blocks(len(found), n_splits, n_repeats)
    assignment = np.full((n_repeats, len(blocks)), UNSCORED, dtype=np.int16)
    for repeat in range(n_repeats):
        dealt = _dealing(len(found), n_splits, repeat, seed)
        assignment[repeat, ~holdout] = dealt[np.searchsorted(found, blocks[~holdout])]
    if not (gap.before or gap.after):
        return assignment, None
    fit_mask = ~_near(times, blocks, assignment, gap=gap, n_splits=n_splits) & ~holdout
    _check_fit_rows(fit_mask)
    return assignment, fit_mask


def last_holdout(times: Times, share: float) -> Mask:
    """(n,) bool: the last round(share * n) rows in time, and all as late as their first."""
    n_held = round(share * len(times.values))
    if not n_held:
        return np.zeros(len(times.values), dtype=bool)
    return times.values >= np.sort(times.values)[-n_held]


def block_holdout(blocks: npt.NDArray[np.int64], share: float) -> Mask:
    """(n,) bool: about that share of the blocks (at least one), evenly spaced in time."""
    found = np.unique(blocks)
    n_held = max(round(share * len(found)), 1)
    picked = (np.arange(n_held) * len(found) + len(found) // 2) // n_held
    return np.isin(blocks, found[picked])


def _cuts(ordered: npt.NDArray[np.generic], n_splits: int) -> list[int]:
    """K positions that cut ordered times into K+1 stretches, only where the time changes.

    Each is the change nearest to its share of the rows that leaves enough changes for the rest.
    """
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if n_splits < 1 or len(changes) < n_splits:
        raise FoldError(
            "forward chaining has n_splits >= 1 and more distinct times than folds",
            f"{len(changes) + 1} distinct times for {n_splits} folds",
            f"n_splits = {max(len(changes), 1)} or less",
        )
    cuts, low = [], 0
    for k in range(n_splits):
        high = len(changes) - (n_splits - 1 - k)
        distance = np.abs(changes[low:high] - (k + 1) * len(ordered) / (n_splits + 1))
        low += int(np.argmin(distance)) + 1
        cuts.append(int(changes[low - 1]))
    return cuts


def _dealing(n_blocks: int, n_splits: int, repeat: int, seed: int) -> npt.NDArray[np.int16]:
    """(n_blocks,) the fold of each block in time order."""
    turn = np.arange(n_splits)
    rng = draw(seed, repeat, "blocks")
    rounds = -(-n_blocks // n_splits)  # the first one is whole: every fold has a block
    dealt = [rng.permutation(turn) if repeat else turn for _ in range(rounds)]
    return np.concatenate(dealt)[:n_blocks].astype(np.int16)


def _near(
    times: Times,
    blocks: npt.NDArray[np.int64],
    assignment: Assignment,
    *,
    gap: Gap,
    n_splits: int,
) -> Mask:
    """(R, K, n) bool: rows of a fold's blocks and rows within the gap of one of them."""
    order = np.argsort(times.values, kind="stable")
    ordered, in_order = times.values[order], blocks[order]
    starts = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
    stops = np.r_[starts[1:], len(order)]
    near = np.zeros((len(assignment), n_splits, len(order)), dtype=bool)
    for start, stop in zip(starts, stops, strict=True):
        low, high = gap.reach(ordered, start, stop - 1)
        for repeat, fold in enumerate(assignment[:, order[start]]):
            if fold != UNSCORED:
                near[repeat, fold, order[low:high]] = True
    return near


def _check_blocks(n_blocks: int, n_splits: int, n_repeats: int) -> None:
    if n_splits < 2 or n_blocks < n_splits:
        raise FoldError(
            "there are at least two folds and as many blocks of time as folds",
            f"{n_blocks} blocks for {n_splits} folds",
            f"n_splits = {max(n_blocks, 2)} or shorter blocks",
        )
    if n_repeats > 1 and n_blocks == n_splits:
        raise FoldError(
            "repeats need more blocks than folds",
            f"{n_blocks} blocks for {n_splits} folds, so every repeat would be the same plan",
            "n_repeats = 1, fewer folds or shorter blocks",
        )


def _check_fit_rows(fit_mask: Mask) -> None:
    empty = np.argwhere(~fit_mask.any(axis=2))
    if empty.size:
        raise FoldError(
            "purge and embargo leave every fold rows to fit on",
            f"none for fold {empty[0, 1]} of repeat {empty[0, 0]}",
            "a smaller purge or embargo, or fewer folds",
        )
