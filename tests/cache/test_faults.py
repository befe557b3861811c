"""Real processes that die, or race, at named points of a store."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from stackkit.cache import Shelf
from stackkit.cache.faults import FIT_POINTS, STORE_POINTS
from stackkit.cache.partial import PartialFits
from stackkit.predictions import Predictions

SCRIPT = Path(__file__).with_name("crash_script.py")
KEY = "d" * 64


@pytest.fixture(scope="module")
def crashed(tmp_path_factory, python):
    """Signal or exit code of a child for each point, below one folder."""
    folder = tmp_path_factory.mktemp("crash")
    child = python(SCRIPT, folder, KEY, json.dumps([*STORE_POINTS, *FIT_POINTS]))
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    return folder, json.loads(out)


@pytest.mark.parametrize("point", STORE_POINTS)
def test_a_store_that_is_killed_leaves_all_or_nothing(crashed, point):
    folder, status = crashed
    assert status[point] == -signal.SIGKILL, "the point was not reached"
    shelf = Shelf(folder / point)
    complete = point == "renamed"
    assert len(list(shelf.folder.glob(".tmp-*"))) == (0 if complete else 1)
    assert len(shelf.entries()) == len(list(shelf.table())) == int(complete)
    assert shelf.verify() == []
    assert (shelf.load(KEY) is not None) == complete

    again = shelf.store(example())
    assert np.array_equal(again.oof, example().oof)
    assert len(shelf.entries()) == 1
    assert shelf.verify() == []
    for left in shelf.folder.glob(".tmp-*"):
        os.utime(left, (0, time.time() - 2 * 86_400))
    shelf.sweep()
    assert not list(shelf.folder.glob(".tmp-*"))


@pytest.mark.parametrize("point", FIT_POINTS)
def test_a_fit_file_that_is_killed_is_whole_or_absent(crashed, point):
    folder, status = crashed
    assert status[point] == -signal.SIGKILL, "the point was not reached"
    partial = PartialFits(folder / point / "fits", KEY)
    assert (partial.load("r0f0") is not None) == (point == "fit-renamed")
    partial.save("r0f0", {"oof": np.ones((2, 1))}, {"fit": 1})
    arrays, report = partial.load("r0f0")
    assert (arrays["oof"].tolist(), report) == ([[1.0], [1.0]], {"fit": 1})
    partial.drop()
    assert not partial.folder.exists()


def test_of_two_processes_that_store_one_key_one_wins(crashed):
    folder, status = crashed
    assert status["race"] == [0, 0]
    shelf = Shelf(folder / "race")
    assert len(shelf.entries()) == 1
    assert shelf.verify() == []
    assert not list(shelf.folder.glob(".tmp-*"))
    assert np.array_equal(shelf.load(KEY).oof, example().oof)


def test_of_two_processes_that_store_other_bytes_one_fails(crashed):
    folder, status = crashed
    assert sorted(status["quarrel"]) == [0, 3]
    shelf = Shelf(folder / "quarrel")
    assert len(shelf.entries()) == 1
    assert shelf.verify() == []
    assert not list(shelf.folder.glob(".tmp-*"))


def example() -> Predictions:
    """The record that the script stores."""
    oof = np.ones((4, 1), dtype=np.float32)
    return Predictions("toy", KEY, oof, oof[:2], "y", "value")
