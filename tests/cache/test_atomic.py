"""Writing aside: a name that exists is complete."""

from __future__ import annotations

import errno

import pytest

from stackkit.cache.atomic import disk_errors, folder_aside, folder_size, make_folder, write_file
from stackkit.errors import CacheError


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_file(path, b"old")

    def fails(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("stackkit.cache.atomic.os.fsync", fails)
    with pytest.raises(CacheError, match="No space left"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_of_the_system_pass(tmp_path):
    with pytest.raises(FileNotFoundError), disk_errors(tmp_path):
        (tmp_path / "nothing").read_bytes()


def test_a_folder_that_cannot_be_made_is_a_cache_error(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", fails)
    with pytest.raises(CacheError, match="can be written"):
        make_folder(tmp_path / "new")


def test_a_folder_aside_goes_unless_it_was_renamed(tmp_path):
    with pytest.raises(KeyboardInterrupt), folder_aside(tmp_path) as aside:
        (aside / "file").write_bytes(b"1")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with folder_aside(tmp_path) as aside:
        aside.rename(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_sizes_count_files_below(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"12345")
    (tmp_path / "a" / "file").write_bytes(b"12")
    assert folder_size(tmp_path / "a") == 7
    assert folder_size(tmp_path / "a" / "file") == 2
    assert folder_size(tmp_path / "nothing") == 0
