"""Competitions in folders with all that a run leaves, and stacks of records on one shelf."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache, Shelf
from stackkit.competition import Competition
from stackkit.config import parse_config
from stackkit.crossfit import cross_fit
from stackkit.crossfit.progress import Silent
from stackkit.folds import Folds, make_folds
from stackkit.level0 import get_model
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.predictions import Predictions
from stackkit.runs import Replay, Run, predict, run

N, M = 90, 12
TOML = """\
name = "shop"
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
id = "id"
target = "y"
metric = "{metric}"
[folds]
n_splits = 3
[models]
include = [{include}]
[stack]
preset = "quick"
{tables}
"""
OWN = """\
from dataclasses import dataclass
import numpy as np
from stackkit import BaseLearner, ModelSpec, register

@dataclass(frozen=True)
class Plain(BaseLearner):
    lift: float = 0.0

    def build(self, objective, seed):
        return PlainFit(self)

class PlainFit:
    def __init__(self, learner):
        self.learner = learner

    def fit(self, X, y, weight=None):
        if self.learner.lift < 0:
            raise ValueError("a lift is not negative")
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full((len(X), 1), self.mean_ + self.learner.lift)

register(ModelSpec("plain", Plain(), family="constant"))
"""
ROWS, TEST_ROWS = 120, 15
METRICS = {"regression": "rmsle", "binary": "auc", "multiclass": "logloss"}


def write_data(folder: Path, task: str = "regression") -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({
        "id": range(N + M),
        "x": rng.normal(size=N + M).round(3),
        "k": rng.choice(["007", "08", "b"], size=N + M),
    })  # fmt: skip
    signal = frame["x"] + (frame["k"] == "b") + rng.normal(scale=0.3, size=N + M)
    labels = np.where(signal > 0.3, "yes", "no")
    frame["y"] = labels if task == "binary" else signal.round(4)
    frame[:N].to_csv(folder / "train.csv", index=False)
    frame[N:].drop(columns="y").to_csv(folder / "test.csv", index=False)
    sample = frame.loc[N:, ["id"]].assign(y=0)
    sample.to_csv(folder / "sample.csv", index=False)


class Shop:
    """A competition in a folder of its own, with its cache and submissions."""

    def __init__(self, folder: Path, task: str = "regression", metric: str = "rmse") -> None:
        self.folder, self.metric = folder, metric
        folder.mkdir(exist_ok=True)
        write_data(folder, task)
        self.configure()

    def configure(self, *include: str, tables: str = "") -> None:
        names = ", ".join(f'"{name}"' for name in include or ("ridge",))
        text = TOML.format(metric=self.metric, include=names, tables=tables)
        (self.folder / "competition.toml").write_text(text, encoding="utf-8")

    def own(self, old: str = "", new: str = "", end: str = "") -> None:
        """Put models.py beside the file: the model `plain`, with a text replaced or an end."""
        assert old in OWN
        text = OWN.replace(old, new) if old else OWN
        (self.folder / "models.py").write_text(text + end, encoding="utf-8")

    @property
    def places(self) -> dict[str, Any]:
        return {"cache_dir": self.folder / "cache"}

    def run(self, **options: Any) -> Run:
        settings = {"progress": Silent(), "output": self.folder / "out", **self.places, **options}
        return run(self.folder, jobs=2, **settings)

    def predict(self, frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
        return predict(self.folder, frame, **self.places, **options)

    def lines(self) -> list[str]:
        logs = (self.folder / "cache").rglob("fits.log")
        return [ln.split()[1] for log in logs for ln in log.read_text("utf-8").splitlines()]

    def test_rows(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "test.csv")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


@pytest.fixture(scope="session")
def make_shop() -> Callable[..., Shop]:
    """`make_shop(folder, task, metric)`."""
    return Shop


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Run]:
    """A finished run that tests only read."""
    made = Shop(tmp_path_factory.mktemp("done") / "shop")
    return made, made.run()


@pytest.fixture
def chdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def go(name: str) -> Path:
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        return tmp_path / name

    return go


def stack_frames(task: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers with holes, categories, a date; test holds a category that train lacks."""
    rng = np.random.default_rng(5)
    n = ROWS + TEST_ROWS
    frame = pd.DataFrame({
        "id": range(n),
        "x": rng.normal(size=n),
        "k": rng.choice(["a", "b", "c"], size=n),
        "when": (pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(300, size=n), "D")),
    })  # fmt: skip
    signal = frame["x"] + (frame["k"] == "a") + rng.normal(scale=0.5, size=n)
    frame["y"] = {
        "regression": np.exp(signal),
        "binary": (signal > 0.3).astype(int),
        "multiclass": np.digitize(signal, [0, 1]),
    }[task]
    frame["when"] = frame["when"].astype(str)
    frame.loc[::11, "x"] = np.nan
    frame.loc[::13, "k"] = None
    frame.loc[ROWS + 1, "k"] = "unheard of"
    return frame[:ROWS].copy(), frame[ROWS:].drop(columns="y").reset_index(drop=True)


def stack_competition(task: str, folder: Path | None = None) -> Competition:
    train, test = stack_frames(task)
    table = {
        "name": "tiny",
        "train": "train.csv" if folder else "",
        "id": "id",
        "target": "y",
        "metric": METRICS[task],
        "task": task,
        "folds": {"scheme": "kfold", "n_splits": 3},
    }
    config = parse_config(table, folder or ".")
    return Competition.from_frames(train, test, target="y", metric=METRICS[task], config=config)


class Stack:
    """Records of three levels under one cache."""

    def __init__(self, task: str, root: Path, folder: Path | None = None) -> None:
        self.competition = stack_competition(task, folder)
        self.folds: Folds = make_folds(self.competition)
        self.cache = OOFCache(root)
        self.shelf: Shelf = self.cache.shelf(self.competition, self.folds)

    def fit(self, spec: Any, source: Any = None) -> Predictions:
        return cross_fit(spec, self.competition, self.folds, self.cache, source, jobs=2)

    def fit_levels(self) -> list[Predictions]:
        strong = get_model("ridge").with_parameters({"penalties": (1.0, 10.0)})
        base = [self.fit(get_model("ridge")), self.fit(strong), self.fit(get_model("prior"))]
        meta = self.fit(METAS["ridge_meta"], base)
        fitting = (s for s in BLENDS.values() if self.competition.task in s.tasks)
        one_a_kind = {(s.learner.kind, s.recipe): s for s in fitting}.values()
        return [*base, meta, *(self.fit(spec, [*base, meta]) for spec in one_a_kind)]

    def replay(self, frame: pd.DataFrame) -> Replay:
        return Replay(self.shelf, self.competition, frame)

    def test_rows(self) -> pd.DataFrame:
        return stack_frames(self.competition.task)[1]

    def lines(self) -> int:
        return len(self.shelf.fit_log.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module", params=list(METRICS))
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(request.param, tmp_path_factory.mktemp(request.param))
    made.records = made.fit_levels()
    return made


@pytest.fixture(scope="session")
def make_stack() -> Callable[..., Stack]:
    """`make_stack(task, root, folder)`: no records yet; `folder` is that of competition.toml."""
    return Stack
