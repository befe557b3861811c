"""Writing aside, syncing, renaming: a name that exists is complete."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from stackkit.cache.faults import reach
from stackkit.errors import CacheError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST}


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into a CacheError that names `path`.

    It is full, it may not be written, or a file is where a folder is due.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise CacheError(
                "what is written needs space on its disk",
                f"{path}: {error.strerror}",
                "`stackkit cache clean`, or another place with --cache-dir or --output",
            ) from error
        if error.errno in _NO_PERMISSION:
            raise CacheError(
                "the folder can be written",
                f"{path}: {error.strerror}",
                "another place with --cache-dir or --output, or the folder's permissions",
            ) from error
        if error.errno in _IN_THE_WAY:
            hint = "move the file away, or another place with --cache-dir"
            raise CacheError("a folder can be made", f"{path}: {error.strerror}", hint) from error
        raise


def make_folder(path: Path) -> Path:
    """The folder, made with its parents; CacheError where it cannot be, or not be written."""
    with disk_errors(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
            raise CacheError(
                "a folder can be made", f"{path}: {error.strerror}", "another place for it"
            ) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return path


def write_file(path: Path, data: bytes, points: tuple[str, str] | None = None) -> None:
    """Write `data` aside, sync it, rename it onto `path`."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    with disk_errors(path):
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _reach(points, 0)
            aside.replace(path)
            _reach(points, 1)
        finally:
            aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def _reach(points: tuple[str, str] | None, which: int) -> None:
    if points is not None:
        reach(points[which])


def sync_folder(path: Path) -> None:
    """Sync a folder's own entries."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Sync a finished file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_size(item: Path) -> int:
    """Bytes of a file, or of all files below a folder; what others remove meanwhile counts 0."""
    files = [item]
    if item.is_dir():
        files = [Path(folder, name) for folder, _, names in os.walk(item) for name in names]
    total = 0
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_size
    return total


@contextlib.contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """A new `.tmp-<uuid>` folder below `parent`, removed unless it was renamed away."""
    path = parent / f".tmp-{uuid.uuid4().hex}"
    with disk_errors(parent):
        path.mkdir(parents=True)
        try:
            reach("tmp-created")
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
