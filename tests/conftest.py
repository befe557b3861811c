"""Shared fixtures: one pool of workers, tiny competitions, a learner that does what it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.crossfit.bench import Bench
from stackkit.crossfit.executor import LocalPool, shared_pool
from stackkit.folds import Folds
from stackkit.spec import ModelSpec, Objective

cloudpickle.register_pickle_by_value(sys.modules[__name__])
ROWS, TEST_ROWS = 60, 12


class Refusal(Exception):
    """An exception that pickles but cannot be read back."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


@dataclass(frozen=True)
class Toy:
    """A user's own learner. `does`: what its estimators do; `value` and `seconds` vary it."""

    kind: ClassVar[str] = "toy"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    reads_names: ClassVar[bool] = False
    queries: ClassVar[str] = "mean"
    does: str = "mean"
    value: float = 0.0
    seconds: float = 0.0
    threads: int = 1

    def build(self, objective: Objective, seed: int) -> ToyFit:
        if self.does == "raise-odd":
            raise Refusal("no", "luck")
        return ToyFit(self, objective, seed)


class ToyFull(Toy):
    """The same, fitted once more on all rows for its test predictions."""

    test_from: ClassVar[str] = "full"


@dataclass
class ToyFit:
    learner: Toy
    objective: Objective
    seed: int

    def fit(self, X: Any, y: np.ndarray, weight: np.ndarray | None = None) -> ToyFit:
        time.sleep(self.learner.seconds)
        if self.learner.does == "raise":
            raise ValueError("no luck")
        if self.learner.does == "leave":
            raise SystemExit(3)
        if self.learner.does == "break":
            raise KeyboardInterrupt
        if self.learner.does == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        used = slice(None) if weight is None else weight > 0
        self.mean_ = float(np.mean(y[used]))
        self.rows_ = _first_column(X)[used]
        self.shares_ = np.bincount(y[used].astype(int), minlength=len(self.objective.classes))
        return self

    def predict(self, X: Any) -> np.ndarray:
        n, does = len(X), self.learner.does
        answers: dict[str, Callable[[], np.ndarray]] = {
            "mean": lambda: np.full(n, self.mean_ + self.learner.value),
            "memory": lambda: np.isin(_first_column(X), self.rows_).astype(float),
            "shares": lambda: self._shares(n),
            "random": lambda: np.random.default_rng(self.seed).random(n),
            "clock": lambda: np.full(n, time.time_ns() % 1e6),
            "nan": lambda: np.full(n, np.nan),
            "huge": lambda: np.full(n, 1e300),
            "shape": lambda: np.zeros((n, 3)),
            "short": lambda: np.zeros(n - 1),
        }
        return answers[does]()

    def _shares(self, n: int) -> np.ndarray:
        shares = np.tile(self.shares_ / self.shares_.sum(), (n, 1))
        return shares if len(self.objective.classes) > 2 else shares[:, 1]


def _first_column(X: Any) -> np.ndarray:
    return X.values[:, 0] if hasattr(X, "values") else X.matrix()[0][:, 0]


def toy_spec(
    does: str = "mean", name: str = "toy", full: bool = False, **options: Any
) -> ModelSpec:
    """A ModelSpec of Toy; `options` are its parameters, or a spec's recipe, role, seed or code."""
    fields = {k: options.pop(k) for k in ("recipe", "role", "seed", "code") if k in options}
    learner = (ToyFull if full else Toy)(does, **options)
    return ModelSpec(name, learner, family="toy", **fields)


def frames(task: str, rows: int = ROWS, test_rows: int = TEST_ROWS) -> dict[str, pd.DataFrame]:
    """Train and test whose column `row` is another number in every row."""
    rng = np.random.default_rng(7)
    row = np.arange(rows + test_rows, dtype=float)
    frame = pd.DataFrame({"row": row, "x": rng.normal(size=len(row)), "g": list("abcd") * (18)})
    signal_ = frame["x"] + rng.normal(size=len(row))
    targets = {
        "regression": np.exp(signal_ / 2) + 1,
        "binary": (signal_ > 0).astype(int),
        "multiclass": np.digitize(signal_, [-0.7, 0.7]),
    }
    frame["y"] = targets[task]
    return {"train": frame[:rows].copy(), "test": frame[rows:].drop(columns="y").copy()}


METRICS = {"regression": "rmse", "binary": "logloss", "multiclass": "logloss"}


def make_competition(task: str = "regression", **options: Any) -> Competition:
    """A tiny competition; `options` go to Competition.from_frames."""
    options = {"metric": METRICS[task], "name": "tiny", **frames(task), **options}
    return Competition.from_frames(target="y", task=task, **options)


def make_plan(rows: int = ROWS, splits: int = 3, repeats: int = 1, held: int = 0) -> Folds:
    """Folds dealt in turn, shifted in each repeat; the last `held` rows are holdout."""
    scored = rows - held
    assignment = np.full((repeats, rows), -1, dtype=np.int16)
    for repeat in range(repeats):
        assignment[repeat, :scored] = np.random.default_rng(repeat).permutation(scored) % splits
    return Folds(assignment, holdout=np.arange(rows) >= scored)


def make_forward(rows: int = ROWS, blocks: int = 4) -> Folds:
    """Forward chaining: block k + 1 is scored by a fit on blocks 0 to k."""
    block = np.arange(rows) * blocks // rows
    mask = np.stack([block < k for k in range(1, blocks)])[None]
    return Folds((block - 1).astype(np.int16)[None], fit_mask=mask)


@pytest.fixture(scope="session")
def pool() -> LocalPool:
    """Two workers for the whole session."""
    return shared_pool(2)


@pytest.fixture(scope="session")
def toy() -> Callable[..., ModelSpec]:
    return toy_spec


@pytest.fixture(scope="session")
def competition() -> Callable[..., Competition]:
    """`competition(task, **options)`, made anew."""
    return make_competition


@pytest.fixture(scope="session")
def plan() -> Callable[..., Folds]:
    """`plan(splits=, repeats=, held=)`."""
    return make_plan


@pytest.fixture(scope="session")
def forward() -> Callable[..., Folds]:
    return make_forward


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    """`bench(task, folds, **options)` on one cache folder."""

    def make(task: str = "regression", folds: Folds | None = None, **options: Any) -> Bench:
        made = make_competition(task, **options)
        return Bench(made, folds or make_plan(), OOFCache(tmp_path / "cache"))

    return make


@pytest.fixture(scope="session")
def fit_lines() -> Callable[[Bench], list[tuple[str, str]]]:
    """(model, Fit id) of every fit that a worker wrote down."""

    def read(bench: Bench) -> list[tuple[str, str]]:
        log = bench.shelf.fit_log
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [(line.split()[1], line.split()[3]) for line in lines]

    return read


@pytest.fixture(scope="session")
def python() -> Callable[..., subprocess.Popen]:
    """`python(script, *arguments)`: a script in another interpreter."""

    def start(script: Path, *arguments: object, **environment: str) -> subprocess.Popen:
        command = [sys.executable, str(script), *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env={**os.environ, **environment}, **pipes)

    return start


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests ran on real data, so that none where there should be some is seen."""
    passed = terminalreporter.stats.get("passed", [])
    ran = sum("real_data" in report.keywords for report in passed)
    terminalreporter.write_line(f"tests on real data that ran: {ran}")
