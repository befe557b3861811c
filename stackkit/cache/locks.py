"""One kernel lock a key, released by the system when its holder dies."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from stackkit.cache.atomic import disk_errors, make_folder

log = logging.getLogger("stackkit")


@contextlib.contextmanager
def key_lock(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock at `path`; yields False at once if another holds it and `wait` is False."""
    lock = FileLock(path, thread_local=False)
    with disk_errors(path):
        make_folder(path.parent)
        held = _acquire(lock, path, wait)
    try:
        yield held
    finally:
        if held:
            lock.release()


def _acquire(lock: FileLock, path: Path, wait: bool) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            return False
        log.warning("waiting for %s, which works on %s", _holder(path), path.name)
        lock.acquire()
    except NotImplementedError:
        log.warning("%s has no locks: work may be done twice, which is harmless", path.parent)
        return True
    _name_holder(lock, path)
    return True


def _name_holder(lock: FileLock, path: Path) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname()}
    try:
        _sidecar(path).write_text(json.dumps(holder), encoding="utf-8")
    except OSError:
        lock.release()
        raise


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".holder")


def _holder(path: Path) -> str:
    try:
        holder = json.loads(_sidecar(path).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError):
        return "another process"
