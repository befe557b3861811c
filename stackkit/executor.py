"""Who works: a small protocol, and a local pool of long-lived worker processes.

Workers are spawned (never forked after OpenMP or torch were loaded), do not import the user's main
module, ignore Ctrl-C, and end within a second of their parent's death.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from multiprocessing import context, popen_spawn_posix, spawn
from typing import Any, Protocol

import cloudpickle
from pebble import ProcessPool

PARENT_CHECK = 0.25


class Executor(Protocol):
    """Runs functions of one argument elsewhere; a cluster's client can stand in for the pool."""

    jobs: int

    def submit(self, function: Callable[[Any], Any], argument: Any) -> Future:
        """Start `function(argument)`; the future holds its result or its exception."""

    def cancel(self, future: Future) -> None:
        """End a task, also one that runs."""

    def shutdown(self) -> None:
        """End all workers."""


class LocalPool:
    """`jobs` worker processes on this machine. The first task starts them.

    Parameters
    ----------
    jobs : how many.
    """

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs
        self._pool = ProcessPool(
            max_workers=jobs,
            initializer=_begin_worker,
            initargs=(os.getpid(),),
            context=_SpawnWithoutMain(),
        )

    def submit(self, function: Callable[[Any], Any], argument: Any) -> Future:
        """Start `function(argument)` in a worker; both travel by cloudpickle."""
        return self._pool.schedule(_call, args=[cloudpickle.dumps((function, argument))])

    def cancel(self, future: Future) -> None:
        """Cancel a task; the worker that runs it is ended and replaced."""
        future.cancel()

    def shutdown(self) -> None:
        """End all workers."""
        self._pool.stop()
        self._pool.join()


_shared: dict[int, LocalPool] = {}


def shared_pool(jobs: int) -> LocalPool:
    """The pool of this process with `jobs` workers, kept warm until exit."""
    if jobs not in _shared:
        _shared[jobs] = LocalPool(jobs)
    return _shared[jobs]


@atexit.register
def shutdown_pools() -> None:
    """End every shared pool."""
    while _shared:
        _shared.popitem()[1].shutdown()


def _call(payload: bytes) -> Any:
    function, argument = cloudpickle.loads(payload)
    return function(argument)


def _begin_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    os._exit(1)


class _Popen(popen_spawn_posix.Popen):
    def _launch(self, process_obj: Any) -> None:
        with _hidden_main():
            super()._launch(process_obj)


class _Process(context.SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> _Popen:
        return _Popen(process_obj)


class _SpawnWithoutMain(context.SpawnContext):
    Process = _Process


_preparing = threading.local()
_preparation_data = spawn.get_preparation_data


@contextlib.contextmanager
def _hidden_main() -> Iterator[None]:
    """Processes that this thread starts are not told of the main module."""
    _preparing.without_main = True
    try:
        yield
    finally:
        _preparing.without_main = False


def _preparation_without_main(name: str) -> dict[str, Any]:
    data = _preparation_data(name)
    if getattr(_preparing, "without_main", False):
        data.pop("init_main_from_name", None)
        data.pop("init_main_from_path", None)
    return data


spawn.get_preparation_data = _preparation_without_main
