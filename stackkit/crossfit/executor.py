"""Who works: a small protocol, and a local pool of long-lived worker processes.

Workers are spawned (never forked after OpenMP or torch were loaded), do not import the user's main
module, ignore Ctrl-C, and end within a second of their parent's death.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from multiprocessing import context, popen_spawn_posix, spawn
from typing import Any, Protocol

import cloudpickle
from pebble import ProcessPool

from stackkit.errors import StackkitError
from stackkit.own_code.place import own_place

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
        self._pool: ProcessPool | None = None

    def submit(self, function: Callable[[Any], Any], argument: Any) -> Future:
        """Start `function(argument)` in a worker; both travel by cloudpickle."""
        return self._running().schedule(_call, args=[cloudpickle.dumps((function, argument))])

    def _running(self) -> ProcessPool:
        """The workers; new ones where there are none, or where they were lost."""
        if self._pool is not None and not self._pool.active:
            self.shutdown()
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self.jobs,
                initializer=_begin_worker,
                initargs=(os.getpid(),),
                context=_SpawnWithoutMain(),
            )
        return self._pool

    def cancel(self, future: Future) -> None:
        """Cancel a task; the worker that runs it is ended and replaced."""
        future.cancel()

    def shutdown(self) -> None:
        """End all workers; a later task starts new ones."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None


_shared: dict[tuple[int, int], LocalPool] = {}  # by process, as forks inherit it, and jobs


def shared_pool(jobs: int) -> LocalPool:
    """The pool of this process with `jobs` workers, kept warm until exit."""
    return _shared.setdefault((os.getpid(), jobs), LocalPool(jobs))


@atexit.register
def shutdown_pools() -> None:
    """End every shared pool of this process, deaf to Ctrl-C: the end is what it asks for."""
    with _deaf():
        for (owner, _), pool in _shared.items():
            if owner == os.getpid():
                pool.shutdown()


class WorkerError(Exception):
    """An exception of a worker in words, with the line of the user's own code that it passed."""


def _call(payload: bytes) -> Any:
    try:
        function, argument = cloudpickle.loads(payload)
        return function(argument)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        if isinstance(error, StackkitError) and _crosses(error):
            raise
        raise WorkerError(f"{type(error).__name__}: {error}{own_place(error)}") from None


def _crosses(error: Exception) -> bool:
    """Whether a copy of an exception can be made elsewhere."""
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:
        return False


def _begin_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.dup2(2, 1)  # standard output holds the parent's results only
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    os._exit(1)


class _Popen(popen_spawn_posix.Popen):
    def _launch(self, process_obj: Any) -> None:
        with _hidden_main(), _without_interrupts():
            super()._launch(process_obj)


class _Process(context.SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> _Popen:
        return _Popen(process_obj)


class _SpawnWithoutMain(context.SpawnContext):
    Process = _Process


class Interrupts:
    """Inside, the first Ctrl-C only sets `asked`; a second one is KeyboardInterrupt as ever.

    An exception that strikes between any two steps would leave the locks of futures and pools held.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.getsignal(signal.SIGINT)
            if callable(self._before):
                signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if callable(self._before):
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, *_: object) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self._before)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C does nothing inside; only the main thread can say so."""
    before = signal.getsignal(signal.SIGINT)
    heard = callable(before) and threading.current_thread() is threading.main_thread()
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        if heard:
            signal.signal(signal.SIGINT, before)


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


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that this thread starts are deaf to Ctrl-C until they say otherwise."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _preparation_without_main(name: str) -> dict[str, Any]:
    data = _preparation_data(name)
    if getattr(_preparing, "without_main", False):
        data.pop("init_main_from_name", None)
        data.pop("init_main_from_path", None)
    return data


spawn.get_preparation_data = _preparation_without_main
