"""Worker processes: they do as told, and none outlives its parent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from stackkit.crossfit import executor
from stackkit.crossfit.executor import Interrupts, LocalPool, WorkerError, shared_pool
from stackkit.errors import ConfigError

SCRIPT = Path(__file__).with_name("run_script.py")


def test_functions_run_in_other_processes(pool):
    factor = 3
    future = pool.submit(lambda x: (x * factor, os.getpid()), 5)
    result, pid = future.result(timeout=60)
    assert result == 15
    assert pid != os.getpid()


def test_exceptions_come_back(pool):
    class Odd(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one}, {two}")

    def fails(kind):
        raise kind("a", "b")

    with pytest.raises(ConfigError, match="a; got b"):
        pool.submit(fails, ConfigError).result(timeout=60)
    with pytest.raises(WorkerError, match=r"KeyError: 'a' \(test_executor.py, line \d+\)"):
        pool.submit(lambda x: {}[x], "a").result(timeout=60)
    with pytest.raises(WorkerError, match="Odd: a, b"):
        pool.submit(fails, Odd).result(timeout=60)


def test_a_worker_that_dies_is_replaced(pool):
    with pytest.raises(OSError, match="Abnormal"):
        pool.submit(lambda code: os._exit(code), 7).result(timeout=60)
    assert pool.submit(abs, -1).result(timeout=60) == 1


def test_a_task_can_be_ended(pool, tmp_path):
    def sleeps(path):
        path.write_text(str(os.getpid()))
        time.sleep(600)

    future = pool.submit(sleeps, tmp_path / "pid")
    pid = int(await_text(tmp_path / "pid"))
    pool.cancel(future)
    assert gone([pid])
    assert pool.submit(abs, -2).result(timeout=60) == 2


def test_workers_ignore_ctrl_c(pool):
    def interrupted(_):
        os.kill(os.getpid(), signal.SIGINT)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return signal.getsignal(signal.SIGINT) is signal.SIG_IGN, signal.SIGINT in blocked

    assert pool.submit(interrupted, None).result(timeout=60) == (True, False)


def test_a_pool_that_was_shut_down_starts_again():
    pool = shared_pool(1)
    assert shared_pool(1) is pool
    (pid,) = {pool.submit(lambda _: os.getpid(), None).result(timeout=60) for _ in range(3)}
    pool.shutdown()
    assert gone([pid])
    assert pool.submit(abs, -3).result(timeout=60) == 3
    pool.shutdown()


def test_lost_workers_are_replaced():
    pool = LocalPool(1)
    pid = pool.submit(lambda _: os.getpid(), None).result(timeout=60)
    os.kill(pid, signal.SIGKILL)
    assert gone([pid])
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(RuntimeError):
            other = pool.submit(lambda _: os.getpid(), None).result(timeout=60)
            break
        assert time.monotonic() < until
    assert other != pid
    pool.shutdown()


def test_an_idle_pool_starts_nothing():
    before = {child.pid for child in psutil.Process().children()}
    LocalPool(3).shutdown()
    assert {child.pid for child in psutil.Process().children()} == before


@pytest.fixture
def ctrl_c():
    """Python's own handler, which a shell's background jobs lack."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_the_first_ctrl_c_asks_the_second_strikes(ctrl_c):
    with Interrupts() as interrupts:
        assert not interrupts.asked
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(ValueError, match="x"), Interrupts():
        raise ValueError("x")
    assert signal.getsignal(signal.SIGINT) is ctrl_c


def test_a_process_that_ignores_ctrl_c_goes_on_doing_so(ctrl_c):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
    assert not interrupts.asked
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_ctrl_c_is_left_alone_in_other_threads(ctrl_c):
    asked = []

    def elsewhere():
        with Interrupts() as interrupts:
            asked.append(interrupts.asked)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert asked == [False]
    assert signal.getsignal(signal.SIGINT) is ctrl_c


def test_the_end_of_the_pools_is_deaf_to_ctrl_c(ctrl_c, monkeypatch):
    ended = []

    class Struck:
        def shutdown(self):
            signal.raise_signal(signal.SIGINT)
            ended.append(self)

    pools = {(os.getpid(), 1): Struck(), (os.getpid(), 2): Struck(), (0, 1): Struck()}
    monkeypatch.setattr(executor, "_shared", pools)
    executor.shutdown_pools()
    assert ended == list(pools.values())[:2]
    assert signal.getsignal(signal.SIGINT) is ctrl_c


def await_text(path: Path, seconds: float = 60) -> str:
    """The text of a file, once it is there."""
    until = time.monotonic() + seconds
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until, f"no {path.name}"
        time.sleep(0.01)
    return path.read_text()


def gone(pids: list[int], seconds: float = 10) -> bool:
    """Whether no such process is there any more, within some seconds."""
    until = time.monotonic() + seconds
    while any(running(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def await_fits(folder: Path, number: int) -> set[str]:
    """The Fits that are on disk, once there are so many."""
    until = time.monotonic() + 60
    while True:
        found = {path.stem for path in folder.glob("cache/tiny/*/.partial/*/r*.npz")}
        if len(found) >= number:
            return found
        assert time.monotonic() < until
        time.sleep(0.01)


def lines(folder: Path) -> list[str]:
    (log,) = folder.glob("cache/tiny/*/fits.log")
    return [line.split()[3] for line in log.read_text().splitlines()]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, python):
    """A run of the script on an empty folder: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("whole")
    out, err = python(SCRIPT, folder, 0).communicate(timeout=120)
    assert out, err
    return folder, out, err


def test_a_plain_script_works_and_is_imported_once(uninterrupted):
    folder, out, err = uninterrupted
    assert json.loads(out).keys() == {"oof", "test", "test_folds"}
    assert (folder / "imports.txt").read_text() == "once\n"
    assert sorted(lines(folder)) == ["full", *(f"r0f{k}" for k in range(6))]
    assert err.count("a model that talks") == 7


def test_a_killed_run_leaves_no_process_and_resumes(uninterrupted, tmp_path, python):
    first = python(SCRIPT, tmp_path, 0.25)
    kept = await_fits(tmp_path, 3)
    workers = [child.pid for child in psutil.Process(first.pid).children(recursive=True)]
    assert len(workers) >= 2
    first.kill()
    first.communicate()
    assert gone(workers)
    assert not list(tmp_path.glob("cache/tiny/*/L0/*"))

    out, err = python(SCRIPT, tmp_path, 0.25).communicate(timeout=120)
    assert out == uninterrupted[1], err
    assert all(lines(tmp_path).count(fit) == 1 for fit in kept)
    assert sorted(set(lines(tmp_path))) == ["full", *(f"r0f{k}" for k in range(6))]


def test_ctrl_c_ends_a_run_and_its_workers(tmp_path, python):
    child = python(SCRIPT, tmp_path, 0.25)
    kept = await_fits(tmp_path, 2)
    workers = [p.pid for p in psutil.Process(child.pid).children(recursive=True)]
    for pid in (child.pid, *workers):  # as a terminal does: to the whole group
        os.kill(pid, signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode != 0
    assert err.count("\nKeyboardInterrupt") == 1
    assert gone(workers)
    assert kept <= await_fits(tmp_path, 2)


def test_two_runs_at_once_share_the_work(uninterrupted, tmp_path, python):
    both = [python(SCRIPT, tmp_path, 0.05) for _ in range(2)]
    outputs = [run.communicate(timeout=120) for run in both]
    assert [out for out, _ in outputs] == [uninterrupted[1]] * 2, outputs
    assert sorted(lines(tmp_path)) == ["full", *(f"r0f{k}" for k in range(6))]
