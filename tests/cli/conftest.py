"""The command in this process or another, and a competition in a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import Outcome, in_process

N, M = 90, 12
TOML = """\
name = "shop"
train = "train.csv"
test = "test.csv"
id = "id"
target = "y"
metric = "rmse"
[folds]
n_splits = 3
[models]
include = ["ridge"]
[stack]
preset = "quick"
"""


@pytest.fixture
def stackkit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """`stackkit(*arguments)`: the command in this process, up to its exit code."""
    return in_process(monkeypatch, capsys)


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen]:
    """`start(*arguments)`: the command in a process of its own."""

    def begin(*arguments: object) -> subprocess.Popen:
        command = [sys.executable, "-c", "from stackkit.cli import main; main()"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([*command, *map(str, arguments)], **pipes)

    return begin


def write_shop(folder: Path) -> Path:
    """A tiny regression in four files."""
    folder.mkdir()
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"id": range(N + M), "x": rng.normal(size=N + M), "k": list("abc") * 34})
    frame["y"] = frame["x"] + (frame["k"] == "b") + rng.normal(scale=0.3, size=N + M)
    frame[:N].to_csv(folder / "train.csv", index=False)
    frame[N:].drop(columns="y").to_csv(folder / "test.csv", index=False)
    (folder / "competition.toml").write_text(TOML, encoding="utf-8")
    return folder


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A competition without a run; one works elsewhere."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return write_shop(tmp_path / "shop")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A competition with a finished run, which tests only read."""
    from stackkit.crossfit.progress import Silent
    from stackkit.runs import run

    folder = write_shop(tmp_path_factory.mktemp("done") / "shop")
    places = {"cache_dir": folder / "oof_cache", "output": folder / "submissions"}
    run(folder, jobs=2, progress=Silent(), **places)
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A competition whose latest run was of another profile than its TOML names."""
    from stackkit.crossfit.progress import Silent
    from stackkit.runs import run

    folder = write_shop(tmp_path_factory.mktemp("two") / "shop")
    toml = TOML.replace('["ridge"]', '["ridge", "lasso"]').replace('"quick"', '"best"')
    (folder / "competition.toml").write_text(toml, encoding="utf-8")
    places = {"cache_dir": folder / "oof_cache", "output": folder / "submissions"}
    run(folder, profile="quick", jobs=2, progress=Silent(), **places)
    return folder
