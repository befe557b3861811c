"""A small sound competition whose files a test spoils, and the command that meets them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import Outcome, in_process

N, M = 60, 12
TOML = """\
name = "desk"
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
id = "id"
target = "y"
metric = "logloss"
[folds]
n_splits = 3
[models]
include = ["ridge"]
[stack]
preset = "quick"
"""


@dataclass
class Desk:
    """A competition in a folder; `call` is the command, ended with its exit code.

    A test changes the frames or the text of the TOML, and `write` puts them on disk.
    """

    folder: Path
    call: Callable[..., Outcome]
    train: pd.DataFrame = field(init=False)
    test: pd.DataFrame = field(init=False)
    sample: pd.DataFrame = field(init=False)
    toml: str = TOML

    def __post_init__(self) -> None:
        rng = np.random.default_rng(4)
        x = rng.normal(size=N + M).round(3)
        frame = pd.DataFrame({"id": range(100, 100 + N + M), "x": x})
        frame["Fare"] = rng.gamma(2.0, size=N + M).round(2)
        frame["k"] = rng.choice(["a", "b", "c"], size=N + M)
        frame["y"] = (x + rng.normal(size=N + M) > 0).astype(int)
        self.train, self.test = frame[:N].copy(), frame[N:].drop(columns="y")
        self.sample = self.test[["id"]].assign(y=0.5)

    @property
    def cache(self) -> Path:
        return self.folder / "oof_cache"

    @property
    def output(self) -> Path:
        return self.folder / "submissions"

    def set(self, old: str, new: str) -> None:
        """Replace a text of the TOML that is there."""
        assert old in self.toml
        self.toml = self.toml.replace(old, new)

    def write(self) -> None:
        """The frames as CSV files, and the TOML."""
        self.folder.mkdir(exist_ok=True)
        for name in ("train", "test", "sample"):
            getattr(self, name).to_csv(self.folder / f"{name}.csv", index=False)
        (self.folder / "competition.toml").write_text(self.toml, encoding="utf-8")

    def put(self, name: str, data: bytes | str) -> None:
        """The content of one file in the folder."""
        raw = data.encode("utf-8") if isinstance(data, str) else data
        (self.folder / name).write_bytes(raw)

    def run(self, *options: object) -> Outcome:
        """`stackkit run`, with two workers."""
        places = ("--cache-dir", self.cache, "--output", self.output)
        return self.call("run", self.folder, "--jobs", 2, *places, *options)

    def plan(self) -> Outcome:
        """`stackkit plan`."""
        return self.call("plan", self.folder, "--cache-dir", self.cache)

    def submitted(self) -> pd.DataFrame:
        """The one submission."""
        (path,) = (p for p in self.output.glob("*.csv") if p.name != "ledger.csv")
        return pd.read_csv(path)

    def left_behind(self) -> list[str]:
        """Names of what must not be there after a refusal: submissions, halves, bare entries."""
        files = [p for p in self.folder.rglob("*") if p.parent == self.output]
        halves = list(self.folder.rglob(".tmp-*"))
        entries = [p for level in ("L0", "L1", "L2") for p in self.cache.glob(f"*/*/{level}/*")]
        bare = [p for p in entries if not (p / "recipe.json").is_file()]
        return [str(p.relative_to(self.folder)) for p in (*files, *halves, *bare)]


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """`call(*arguments)`: the command in this process, up to its exit code."""
    return in_process(monkeypatch, capsys)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., Outcome]) -> Desk:
    """A sound competition, written; one works elsewhere."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    made = Desk(tmp_path / "desk", call)
    made.write()
    return made


@pytest.fixture(scope="session")
def make_desk() -> Callable[[Path], Desk]:
    """`make_desk(folder)`: a competition without the command, not yet written."""

    def silent(*arguments: object) -> Outcome:
        raise AssertionError(f"no command here: {arguments}")

    return lambda folder: Desk(folder, silent)


def refused(outcome: Outcome, *words: str) -> None:
    """Assert one error of rule, value and next step on standard error, and exit code 2."""
    errors = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert outcome.code == 2, outcome
    assert len(errors) == 1, outcome.err
    assert "Traceback" not in outcome.err
    for word in (*words, "; got ", "; try: "):
        assert word in errors[0], errors[0]


@pytest.fixture(scope="session", name="refused")
def refused_fixture() -> Callable[..., None]:
    """`refused(outcome, *words)`."""
    return refused
