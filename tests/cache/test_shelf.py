"""Storing, finding, listing and setting aside."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from stackkit.cache import on_fault_point
from stackkit.errors import CacheError

FILES = ("oof", "oof_repeats", "held", "test", "test_folds", "held_folds")


def entry_of(shelf) -> Path:
    (entry,) = shelf.entries()
    return entry


def flip(path: Path, where: float) -> None:
    """Flip one bit of the byte at that share of a file."""
    data = bytearray(path.read_bytes())
    data[int(where * (len(data) - 1))] ^= 1
    path.write_bytes(data)


def test_a_stored_record_comes_back(shelf, record):
    given = record()
    stored = shelf.store(given)
    assert stored.arrays.keys() == given.arrays.keys() == set(FILES)
    for name, array in given.arrays.items():
        assert np.array_equal(stored.arrays[name], array)
    for field in ("name", "key", "fits", "parents", "role", "depth", "evidence", "recipe"):
        assert getattr(stored, field) == getattr(given, field)
    assert entry_of(shelf).relative_to(shelf.folder) == Path("L0", f"ridge-{given.key12}")


def test_arrays_are_mapped_and_cannot_be_written(shelf, record):
    stored = shelf.store(record())
    assert all(isinstance(array, np.memmap) for array in stored.arrays.values())
    with pytest.raises(ValueError, match="read-only"):
        stored.oof[0] = 0


def test_a_record_needs_no_test_predictions(shelf, record):
    stored = shelf.store(record(test=None, test_folds=None))
    assert stored.test is None
    assert shelf.load(stored.key).oof.shape == (8, 1)


def test_numpy_reads_the_arrays_and_anybody_the_recipe(shelf, record):
    given = record()
    shelf.store(given)
    assert np.array_equal(np.load(entry_of(shelf) / "oof.npy"), given.oof)
    table = json.loads((entry_of(shelf) / "recipe.json").read_text())
    assert table["key"] == given.key
    assert table["recipe"] == given.recipe
    assert table["versions"]["numpy"] == np.__version__
    assert table["arrays"]["oof"]["shape"] == [8, 1]


def test_lookup_is_by_key_under_any_name(shelf, record):
    given = record(name="first")
    shelf.store(given)
    again = shelf.store(record(name="second"))
    assert again.name == "first"
    assert len(shelf.entries()) == 1
    assert shelf.load(given.key).name == shelf.describe(given.key)["name"] == "first"


def test_the_whole_key_is_compared(shelf, record):
    given = record()
    shelf.store(given)
    other = given.key12 + "0" * 52
    assert shelf.load(other) is None
    assert shelf.describe(other) is None
    with pytest.raises(CacheError):
        shelf.store(record(key=other))
    assert shelf.load(given.key) is not None


@pytest.mark.parametrize("file", [*(f"{name}.npy" for name in FILES), "recipe.json"])
@pytest.mark.parametrize("where", [0.0, 0.4, 1.0])
def test_one_flipped_byte_is_never_used(shelf, record, file, where):
    given = record()
    shelf.store(given)
    flip(entry_of(shelf) / file, where)
    ((path, reason),) = shelf.verify()
    assert (path, file.partition(".")[0] in reason) == (entry_of(shelf), True)
    assert len(list(shelf.table())) == 1
    assert shelf.load(given.key) is None
    assert shelf.entries() == [] == shelf.verify()
    assert len(list((shelf.folder / ".damaged").iterdir())) == 1
    shelf.store(given)
    assert np.array_equal(shelf.load(given.key).oof, given.oof)


def test_every_byte_of_recipe_json_counts(shelf, record):
    given = record()
    shelf.store(given)
    path = entry_of(shelf) / "recipe.json"
    whole = path.read_bytes()
    for position in range(0, len(whole), 11):
        for mask in (1, 0x2A):  # 0x2A makes a line feed of a space
            path.write_bytes(
                whole[:position] + bytes([whole[position] ^ mask]) + whole[position + 1 :]
            )
            assert shelf.describe(given.key) is None, position
    path.write_bytes(whole)
    assert shelf.describe(given.key)["name"] == "ridge"


@pytest.mark.parametrize("harm", ["no file", "cut", "no recipe", "no JSON", "an old schema"])
def test_harmed_entries_are_listed_never_loaded(shelf, record, harm):
    given = record()
    shelf.store(given)
    entry = entry_of(shelf)
    if harm == "no file":
        (entry / "test.npy").unlink()
    elif harm == "cut":
        os.truncate(entry / "oof.npy", 130)
    elif harm == "no recipe":
        (entry / "recipe.json").unlink()
    elif harm == "no JSON":
        (entry / "recipe.json").write_text("[1]")
    else:
        text = (entry / "recipe.json").read_text()
        (entry / "recipe.json").write_text(text.replace('"schema": 1', '"schema": 0'))
    assert [path for path, _ in shelf.verify()] == [entry]
    rows = list(shelf.table())
    assert len(rows) == (0 if harm == "no recipe" else 1)
    assert ["damaged" in row for row in rows] == [harm in ("no JSON", "an old schema")] * len(rows)
    assert shelf.load(given.key) is None
    assert not entry.exists()


def test_an_entry_that_was_mended_meanwhile_is_loaded(shelf, record, monkeypatch):
    given = record()
    shelf.store(given)
    recipe = entry_of(shelf) / "recipe.json"
    whole = recipe.read_bytes()
    recipe.write_bytes(whole[:-9])
    lock = type(shelf).lock

    def mended(*args, **kwargs):
        recipe.write_bytes(whole)
        return lock(*args, **kwargs)

    monkeypatch.setattr(type(shelf), "lock", mended)
    assert shelf.load(given.key) is not None
    assert not (shelf.folder / ".damaged").exists()


def test_other_bytes_under_one_key_are_an_error(shelf, record):
    shelf.store(record(seed=0))
    with pytest.raises(CacheError, match="not deterministic"):
        shelf.store(record(seed=1))
    assert np.array_equal(shelf.load(record().key).oof, record(seed=0).oof)
    assert not list(shelf.folder.glob(".tmp-*"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("step", ["sync_file", "sync_folder"])
def test_a_full_or_closed_disk_is_a_cache_error(shelf, record, monkeypatch, code, step):
    def fails(path):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(f"stackkit.cache.entry.{step}", fails)
    with pytest.raises(CacheError, match="--cache-dir"):
        shelf.store(record())
    assert shelf.entries() == []
    assert not list(shelf.folder.glob(".tmp-*"))
    monkeypatch.undo()
    assert shelf.store(record()).name == "ridge"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("file", ["oof.npy", "recipe.json"])
def test_a_write_that_finds_no_space_is_a_cache_error(shelf, record, file):
    def fill(point):
        if point == "tmp-created":
            (folder,) = shelf.folder.glob(".tmp-*")
            (folder / file).symlink_to("/dev/full")

    on_fault_point(fill)
    try:
        with pytest.raises(CacheError, match="space"):
            shelf.store(record())
    finally:
        on_fault_point(None)
    assert not list(shelf.folder.glob(".tmp-*"))


def test_old_leftovers_of_killed_stores_are_swept(shelf, record):
    shelf.store(record())
    old, young = shelf.folder / ".tmp-old", shelf.folder / ".tmp-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "oof.npy").write_bytes(b"half")
    os.utime(old, (0, time.time() - 2 * 86_400))
    assert len(shelf.entries()) == len(list(shelf.table())) == 1
    shelf.sweep()
    assert not old.exists()
    assert young.exists()


def test_unreached_entries_are_those_no_kept_key_stands_on(shelf, record):
    parent = record(key="a" * 64)
    child = record(key="b" * 64, name="child", parents=("a" * 64,), depth=1, role="meta")
    loose = record(key="c" * 64, name="loose", role="blend")
    for each in (parent, child, loose):
        shelf.store(each)
    found = dict(shelf.unreached({child.key}))
    assert [path.name for path in found] == [f"loose-{'c' * 12}"]
    assert all(size > 0 for size in found.values())
    assert {r.name for r in shelf.records()} == {"ridge", "child", "loose"}
