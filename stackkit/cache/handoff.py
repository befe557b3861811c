"""Handing objects to workers as paths of files, written once and read once a process."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import cloudpickle
import numpy as np

from stackkit.cache.atomic import make_folder, write_file

T = TypeVar("T")


class Shared(Generic[T]):
    """An object that is itself here and a path elsewhere: it pickles as the name of a file."""

    def __init__(self, value: T, folder: Path) -> None:
        self._value = value
        self._folder = folder
        self._path: Path | None = None

    def get(self) -> T:
        """The object."""
        return self._value

    def _spill(self) -> Path:
        if self._path is None or not self._path.exists():
            data = cloudpickle.dumps(self._value, protocol=5)
            name = f"shared-{hashlib.sha256(data).hexdigest()[:16]}.pkl"
            path = make_folder(self._folder) / name
            if not path.exists():
                write_file(path, data)
            self._path = path
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._path)  # the scratch folder is trimmed from its longest unused file on
        return self._path

    def __reduce__(self) -> tuple[Any, ...]:
        return _Read, (str(self._spill()),)


class _Read:
    """The other side of `Shared`: reads the file when asked, once a process."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get(self) -> Any:
        """The object."""
        return _read(self._path)


@lru_cache(maxsize=8)
def _read(path: str) -> Any:
    return cloudpickle.loads(Path(path).read_bytes())


class ArrayRef:
    """An array that pickles as the path of its file where it is mapped whole from one."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __reduce__(self) -> tuple[Any, ...]:
        if _is_whole_file(self.array):
            return _mapped, (str(self.array.filename), self.array.shape)
        return ArrayRef, (np.asarray(self.array),)


def _is_whole_file(array: np.ndarray) -> bool:
    """Whether it maps all of a .npy file in its order; a slice of one does not."""
    if not isinstance(array, np.memmap) or array.filename is None or not array.offset:
        return False
    if not array.flags.c_contiguous:
        return False
    path = Path(array.filename)
    return path.exists() and path.stat().st_size == array.offset + array.nbytes


def _mapped(path: str, shape: tuple[int, ...]) -> ArrayRef:
    return ArrayRef(np.load(path, mmap_mode="r", allow_pickle=False).reshape(shape))
