"""Files of finished Fits: whole, or deleted and fitted again."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from stackkit.cache.partial import PartialFits
from stackkit.errors import CacheError

KEY = "e" * 64
ARRAYS = {"oof": np.arange(6.0).reshape(3, 2), "rows": np.array([1, 5, 9])}


@pytest.fixture
def partial(tmp_path):
    saved = PartialFits(tmp_path / ".partial" / KEY[:12], KEY)
    saved.save("r0f0", ARRAYS, {"fit": {"wall": 1.5}})
    return saved


def test_arrays_and_report_come_back(partial):
    arrays, report = partial.load("r0f0")
    assert report == {"fit": {"wall": 1.5}}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    assert partial.load("r0f1") is None


def test_a_truncated_file_is_deleted_at_any_length(partial):
    path = partial.path("r0f0")
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert partial.load("r0f0") is None, length
        assert not path.exists()


def test_a_file_with_any_flipped_byte_is_deleted(partial):
    path = partial.path("r0f0")
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 8]) + whole[position + 1 :])
        assert partial.load("r0f0") is None, position
        assert not path.exists()


def test_numpy_reads_the_file(partial):
    with np.load(partial.path("r0f0"), allow_pickle=False) as file:
        assert {"oof", "rows", "json"} == set(file.files)
        assert np.array_equal(file["oof"], ARRAYS["oof"])


def test_a_file_of_another_key_is_deleted(partial):
    other = PartialFits(partial.folder, KEY[:12] + "f" * 52)
    assert other.load("r0f0") is None
    assert not partial.path("r0f0").exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_full_or_closed_disk_is_a_cache_error(partial, monkeypatch, code):
    def fails(handle):
        raise OSError(code, "no")

    monkeypatch.setattr("stackkit.cache.atomic.os.fsync", fails)
    with pytest.raises(CacheError):
        partial.save("r0f1", ARRAYS, {})
    assert [path.name for path in partial.folder.iterdir()] == ["r0f0.npz"]
