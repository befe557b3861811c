"""What crosses to workers: paths of files where there are files."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from stackkit.cache.handoff import ArrayRef, Shared


def crossed(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(12, dtype=np.float32).reshape(3, 4))
    return np.load(tmp_path / "a.npy", mmap_mode="r")


def test_a_whole_mapped_file_crosses_as_its_path(mapped):
    other = crossed(ArrayRef(mapped)).array
    assert isinstance(other, np.memmap)
    assert str(other.filename) == str(mapped.filename)
    assert np.array_equal(other, mapped)
    assert not other.flags.writeable
    big = np.lib.format.open_memmap(mapped.filename.with_name("big.npy"), "w+", shape=(99_999,))
    assert len(pickle.dumps(ArrayRef(big))) < 1000


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[1:],
        lambda a: a[::-1],
        lambda a: a.T,
        lambda a: a.reshape(4, 3),
        lambda a: a.reshape(-1),
        lambda a: a[:, 1],
        lambda a: a[[2, 0, 1]],
        lambda a: a + 1,
    ],
    ids=["part", "reversed", "transposed", "reshaped", "flat", "column", "reordered", "computed"],
)
def test_views_of_a_mapped_file_cross_as_what_they_are(mapped, view):
    array = view(mapped)
    assert np.array_equal(crossed(ArrayRef(array)).array, array)


def test_an_array_whose_file_is_gone_crosses_as_data(mapped):
    given = np.array(mapped)
    mapped.filename.unlink()
    assert np.array_equal(crossed(ArrayRef(mapped)).array, given)


def test_a_shared_object_is_written_once_and_read_once(tmp_path):
    value = {"data": list(range(1000))}
    shared = Shared(value, tmp_path / "scratch")
    assert shared.get() is value
    assert not (tmp_path / "scratch").exists()
    first, second = crossed(shared), crossed(shared)
    assert first.get() == value
    assert first.get() is second.get()
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    assert crossed(first).get() is first.get()


def test_equal_objects_share_a_file_and_one_that_is_gone_is_written_again(tmp_path):
    one, two = Shared([1, 2], tmp_path), Shared([1, 2], tmp_path)
    pickle.dumps(one), pickle.dumps(two)
    (file,) = tmp_path.iterdir()
    file.unlink()
    pickle.dumps(one)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_in_use_is_among_the_youngest(tmp_path):
    shared = Shared([3], tmp_path)
    pickle.dumps(shared)
    (file,) = tmp_path.iterdir()
    os.utime(file, (0, 0))
    pickle.dumps(shared)
    assert file.stat().st_mtime > 0
