"""One kernel lock a key."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading

import pytest

from stackkit.cache.locks import key_lock

HOLDER = """
import sys, time
from pathlib import Path
from stackkit.cache.locks import key_lock
with key_lock(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_or_waits(tmp_path, caplog):
    path = tmp_path / ".locks" / "abc"
    order = []

    def wait():
        with key_lock(path) as held:
            order.append(("second", held))

    with key_lock(path) as held, caplog.at_level(logging.WARNING, "stackkit"):
        assert held
        with key_lock(path, wait=0) as other:
            assert not other
        waiter = threading.Thread(target=wait)
        waiter.start()
        while "waiting" not in caplog.text:
            assert waiter.is_alive()
        order.append(("first", held))
    waiter.join()
    assert order == [("first", True), ("second", True)]
    assert f"process {os.getpid()}" in caplog.text


def test_a_lock_that_was_refused_stays_with_its_holder(tmp_path):
    path = tmp_path / "abc"
    with key_lock(path):
        for _ in range(2):
            with key_lock(path, wait=0) as other:
                assert not other
    with key_lock(path, wait=0) as held:
        assert held


def test_the_system_releases_the_lock_of_a_killed_process(tmp_path, python):
    script, path = tmp_path / "holder.py", tmp_path / "abc"
    script.write_text(HOLDER, encoding="utf-8")
    with python(script, path) as child:
        assert child.stdout.readline() == "True\n"
        with key_lock(path, wait=0) as held:
            assert not held
        assert json.loads(path.with_suffix(".holder").read_text())["pid"] == child.pid
        os.kill(child.pid, signal.SIGKILL)
    with key_lock(path, wait=0) as held:
        assert held


def test_a_lock_is_not_kept_where_its_holder_cannot_be_named(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise IsADirectoryError

    path = tmp_path / "abc"
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_text", fails)
        with pytest.raises(IsADirectoryError), key_lock(path):
            pass
    with key_lock(path, wait=0) as held:
        assert held
