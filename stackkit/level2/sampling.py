"""Rows for the inside of a fit: stratified samples and folds, and an order of members."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stackkit.predictions import Pool


def by_target(y: np.ndarray, seed: int | np.random.Generator) -> np.ndarray:
    """Rows (n,) in the order of y, those of equal y in random order."""
    shuffled = np.random.default_rng(seed).permutation(len(y))
    return shuffled[np.argsort(y[shuffled], kind="stable")]


def sample(y: np.ndarray, size: int, seed: int) -> np.ndarray:
    """At most `size` rows, ascending, at even distances in the order of y; two or more of a class.

    So every class, or every part of the range of a value, keeps its share.
    """
    if len(y) <= size:
        return np.arange(len(y))
    order = by_target(y, seed)
    even = order[np.linspace(0, len(y) - 1, size).astype(np.intp)]
    if not np.issubdtype(y.dtype, np.integer):
        return np.unique(even)
    first = np.flatnonzero(np.diff(y[order], prepend=y.min() - 1))
    return np.unique(np.r_[even, order[first], order[np.minimum(first + 1, len(y) - 1)]])


def fold_of_rows(y: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold (n,) of each row: dealt out in the order of y, so that folds are stratified."""
    fold = np.empty(len(y), dtype=np.intp)
    fold[by_target(y, seed)] = np.arange(len(y)) % folds
    return fold


def inner_folds(y: np.ndarray, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(inside, outside) rows of stratified folds."""
    fold = fold_of_rows(y, folds, seed)
    for k in range(folds):
        yield np.flatnonzero(fold != k), np.flatnonzero(fold == k)


def in_memory(pool: Pool) -> Pool:
    """The rows of a pool, copied from where they are mapped."""
    return Pool(pool.names, tuple(pool.matrix()), families=pool.families)


def member_order(pool: Pool, seed: int) -> np.ndarray:
    """An order (m,) of the members by what they predict, not by where they stand.

    Searches that depend on an order then find the same weights for any order of the pool.
    """
    _, n, c = pool.shape
    direction = np.random.default_rng(seed).normal(size=(n, c))
    heads = pool.matrix() if n <= 4096 else pool.take(np.arange(4096)).matrix()
    return np.argsort((heads * direction[:4096]).sum(axis=(1, 2), dtype=np.float64), kind="stable")
