"""Regions of competence: neighbours that are computed once a process and shared by all methods."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

import numpy as np

from stackkit.level2.dynamic.method import Region
from stackkit.level2.dynamic.search import Index

KEPT = 256 * 2**20  # bytes of tables kept
_tables: OrderedDict[bytes, Region] = OrderedDict()


def nearest(reference: np.ndarray, queries: np.ndarray, k: int, threads: int = 1) -> Region:
    """The k nearest rows of `reference` (n, d) of each of `queries` (q, d), by Euclid's distance.

    k is at most n. Rows at equal distance rank in an order that is random but always the same.
    """
    return shared(
        lambda: Index.of(reference).nearest(queries, k, threads),
        min(k, len(reference)), b"nearest", reference, queries,
    )  # fmt: skip


def own_regions(reference: np.ndarray, k: int, threads: int = 1) -> Region:
    """The k nearest others of each row of `reference` (n, d); k is at most n − 1."""
    return shared(
        lambda: Index.of(reference).own(k, threads), min(k, len(reference) - 1), b"own", reference
    )


def shared(search: Callable[[], Region], k: int, kind: bytes, *arrays: np.ndarray) -> Region:
    """What `search` finds for these arrays, from memory where as many neighbours were found before.

    The k nearest are the first k of more, so a wider table answers too.
    """
    key = _digest(kind, arrays)
    table = _tables.get(key)
    if table is None or table.rows.shape[1] < k:
        table = search()
    _keep(key, table)
    return table if table.rows.shape[1] == k else Region(table.rows[:, :k], table.distances[:, :k])


def _digest(kind: bytes, arrays: tuple[np.ndarray, ...]) -> bytes:
    digest = blake2b(kind, digest_size=16)
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _keep(key: bytes, table: Region) -> None:
    """Keep a table as the last used, and drop those longest unused above the limit, never it."""
    for array in (table.rows, table.distances):
        array.setflags(write=False)
    _tables[key] = table
    _tables.move_to_end(key)
    while len(_tables) > 1 and sum(_size(t) for t in _tables.values()) > KEPT:
        _tables.popitem(last=False)


def _size(table: Region) -> int:
    return table.rows.nbytes + table.distances.nbytes
