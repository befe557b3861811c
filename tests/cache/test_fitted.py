"""Fitted models on disk."""

from __future__ import annotations

import errno
import threading

import numpy as np
import pytest

from stackkit.cache.fitted import FittedModel, dump_model, load_model, write_model
from stackkit.errors import CacheError, ModelError


def save_model(path, model):
    return write_model(path, dump_model(model))


class Constant:
    def __init__(self, value):
        self.value = value

    def predict(self, X):
        return np.full((len(X), 1), self.value)


def test_a_model_comes_back(tmp_path):
    path = tmp_path / "models" / "r0f0"
    size = save_model(path, FittedModel(Constant(0.25), transform=lambda frame: frame * 2))
    assert size == path.stat().st_size
    loaded = load_model(path)
    assert loaded.predict(range(3)).tolist() == [[0.25]] * 3
    assert loaded.transform(4) == 8


def test_models_are_compressed(tmp_path):
    save_model(tmp_path / "big", FittedModel(Constant(np.zeros(100_000)), None))
    assert (tmp_path / "big").stat().st_size < 80_000


def test_a_model_that_was_not_kept_is_named(tmp_path):
    with pytest.raises(CacheError, match="keep_models"):
        load_model(tmp_path / "abc" / "r0f0")


def test_no_damaged_model_is_used(tmp_path):
    path = tmp_path / "r0f0"
    save_model(path, FittedModel(Constant(0.25), None))
    whole = path.read_bytes()
    for position in range(0, len(whole), 5):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
        with pytest.raises(CacheError):
            load_model(path)
    for length in (0, 20, 45, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CacheError):
            load_model(path)


def test_a_model_that_cannot_be_pickled_says_how_to_do_without(tmp_path):
    with pytest.raises(ModelError, match="keep_models = false"):
        save_model(tmp_path / "r0f0", FittedModel(Constant(threading.Lock()), None))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_cache_error(tmp_path, monkeypatch):
    def fails(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("stackkit.cache.atomic.os.fsync", fails)
    with pytest.raises(CacheError):
        save_model(tmp_path / "r0f0", FittedModel(Constant(1), None))
    assert list(tmp_path.iterdir()) == []
