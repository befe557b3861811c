"""One kernel lock a key, released by the system when its holder dies."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from stackkit.cache.atomic import disk_errors, make_folder

log = logging.getLogger("stackkit")


@contextlib.contextmanager
def key_lock(path: Path, wait: float = math.inf) -> Iterator[bool]:
    """Hold the lock at `path`; yields False if another holds it still after `wait` seconds."""
    lock = FileLock(path, thread_local=False)
    with disk_errors(path):
        make_folder(path.parent)
        held = _acquire(lock, path, wait)
    try:
        yield held
    finally:
        if held:
            lock.release()


def _acquire(lock: FileLock, path: Path, wait: float) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if wait <= 0:
            return False
        log.warning("waiting for %s, which works on %s", _holder(path), path.name)
        if not _acquire_within(lock, wait):
            return False
    except NotImplementedError:
        log.warning("%s has no locks: work may be done twice, which is harmless", path.parent)
        return True
    _name_holder(lock, path)
    return True


def _acquire_within(lock: FileLock, seconds: float) -> bool:
    try:
        lock.acquire(timeout=-1 if math.isinf(seconds) else seconds)
    except Timeout:
        return False
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
