"""`kill -9` of a whole run, then the same command: nothing is fitted twice, every byte is equal."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

import stackkit

TOML = """
name = "small"
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
id = "id"
target = "target"
metric = "auc"

[models]
include = ["rf", "lightgbm", "ridge"]
"""
WAIT = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A competition of 1,200 rows in files."""
    folder = tmp_path_factory.mktemp("small")
    frames = stackkit.make_playground(rows=1200, test_rows=300)
    for name in ("train", "test", "sample"):
        getattr(frames, name).to_csv(folder / f"{name}.csv", index=False)
    (folder / "competition.toml").write_text(TOML)
    return folder


def start(folder: Path, home: Path, jobs: int) -> subprocess.Popen:
    """`stackkit run` with cache and submissions below `home`."""
    words = ["run", folder, "--jobs", jobs, "--cache-dir", home / "cache", "--output", home / "out"]
    code = "from stackkit.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> None:
    out, err = process.communicate(timeout=10 * WAIT)
    assert process.returncode == 0, err
    assert out.splitlines()[-1].endswith(".csv")


def arrays_and_submission(home: Path) -> dict[str, str]:
    """Digest of every .npy of an entry and of the CSV, by path below `home`."""
    files = [*home.glob("cache/small/*/L?/*/*.npy"), *home.glob("out/small_*.csv")]
    return {
        str(f.relative_to(home)): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(files)
    }


def fits_on_disk(home: Path) -> set[tuple[str, str]]:
    """(key12, Fit) of every Fit whose file is complete."""
    found = home.glob("cache/small/*/.partial/*/*.npz")
    return {(f.parent.name, f.stem) for f in found if not f.name.startswith(".")}


def fits_logged(home: Path) -> Counter:
    """How often each (key12, Fit) was fitted."""
    logs = home.glob("cache/small/*/fits.log")
    lines = [line.split() for log in logs for line in log.read_text().splitlines()]
    return Counter((words[2], words[3]) for words in lines)


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted run of two workers."""
    home = tmp_path_factory.mktemp("whole")
    finish(start(folder, home, jobs=2))
    return home


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(folder: Path, whole: Path, tmp_path: Path) -> None:
    process = start(folder, tmp_path, jobs=2)
    deadline = time.monotonic() + WAIT
    while len(fits_on_disk(tmp_path)) < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    finished = fits_on_disk(tmp_path)
    assert not list(tmp_path.glob("out/*.csv"))

    finish(start(folder, tmp_path, jobs=2))
    counts = fits_logged(tmp_path)
    assert finished
    assert {counts[fit] for fit in finished} == {1}
    assert arrays_and_submission(tmp_path) == arrays_and_submission(whole)


@pytest.mark.slow
def test_the_number_of_jobs_changes_no_byte(folder: Path, whole: Path, tmp_path: Path) -> None:
    finish(start(folder, tmp_path, jobs=1))
    expected = arrays_and_submission(whole)
    assert len(expected) > 20
    assert arrays_and_submission(tmp_path) == expected
