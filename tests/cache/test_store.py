"""The root folder, and caches that leave nothing."""

from __future__ import annotations

import gc

import numpy as np

from stackkit.cache import NoCache, OOFCache, remove


def test_a_shelf_is_named_by_data_and_folds(tmp_path, competition, plan):
    cache = OOFCache(tmp_path)
    data, folds = competition(), plan()
    folder = cache.shelf(data, folds).folder
    assert folder == tmp_path / "tiny" / f"{data.fingerprint[:8]}-{folds.fingerprint[:8]}"
    assert cache.shelf(data, plan(splits=4)).folder != folder
    assert not folder.exists()


def test_tables_span_shelves_and_survive_damage(tmp_path, competition, plan, record):
    cache = OOFCache(tmp_path)
    first = cache.shelf(competition(), plan())
    second = cache.shelf(competition(name="other"), plan())
    stored = [shelf.store(record(name=n)) for shelf, n in ((first, "one"), (second, "two"))]
    assert [row["name"] for row in cache.table()] == ["two", "one"]
    assert [row["name"] for row in cache.table("tiny")] == ["one"]
    assert all(row["bytes"] > 1000 for row in cache.table())
    (second.entries()[0] / "recipe.json").write_text("{")
    assert ["damaged" in row for row in cache.table()] == [True, False]
    assert [path.name for path, _ in cache.verify()] == [f"two-{stored[1].key12}"]


def test_an_empty_root_has_empty_tables(tmp_path):
    assert OOFCache(tmp_path / "none").table() == OOFCache(tmp_path / "none").verify() == []


def test_no_cache_keeps_records_for_as_long_as_it_lives(competition, plan, record):
    cache = NoCache()
    root, shelf = cache.root, cache.shelf(competition(), plan())
    stored = shelf.store(record())
    assert shelf.load(stored.key) is not None
    del cache, shelf
    gc.collect()
    assert not root.exists()
    assert np.array_equal(stored.oof, record().oof)


def test_files_and_folders_can_be_removed(tmp_path):
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "file").touch()
    remove(tmp_path / "folder")
    remove(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
