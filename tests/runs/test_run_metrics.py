"""Runs on metrics that need a decision, list labels or are the user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.crossfit.progress import Silent
from stackkit.errors import MetricError, ModelError
from stackkit.runs import Run, predict, run

N, M = 90, 12
TOML = """\
name = "ordinal"
train = "train.csv"
test = "test.csv"
id = "id"
target = "y"
metric = "{metric}"
task = "{task}"
[folds]
n_splits = 3
[models]
include = ["ridge"]
"""
OWN = """\
import numpy as np
from stackkit import register_metric

def cubed(y, p):
    return np.mean(np.abs(y - p) ** 3)

register_metric("cubed", cubed, greater_is_better=False, reads="value", tasks="regression")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An ordinal target of four levels, 3 to 6, in files."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"id": range(N + M), "x": rng.normal(size=N + M)})
    level = frame["x"] + rng.normal(scale=0.4, size=N + M)
    frame["y"] = 3 + np.digitize(level, [-0.8, 0.2, 1.0])
    frame[:N].to_csv(tmp_path / "train.csv", index=False)
    frame[N:].drop(columns="y").to_csv(tmp_path / "test.csv", index=False)
    return tmp_path


def ran(folder: Path, metric: str, task: str) -> Run:
    (folder / "competition.toml").write_text(TOML.format(metric=metric, task=task), "utf-8")
    places = {"cache_dir": folder / "oof_cache", "output": folder / "submissions"}
    return run(folder, profile="quick", jobs=2, progress=Silent(), **places)


def replayed(folder: Path) -> pd.DataFrame:
    new = pd.read_csv(folder / "test.csv")
    return predict(folder, new, cache_dir=folder / "oof_cache")


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_kappa_of_classes_and_of_values(folder: Path, task: str) -> None:
    found = ran(folder, "qwk", task)
    assert found.stack.chosen.cv > 0.5
    frame = pd.read_csv(found.submission)
    assert frame["y"].dtype.kind == "i"
    assert set(frame["y"]) <= {3, 4, 5, 6}
    assert replayed(folder)["y"].tolist() == frame["y"].tolist()


def test_listed_labels(folder: Path) -> None:
    found = ran(folder, "map@2", "multiclass")
    assert 0.7 < found.stack.chosen.cv <= 1
    frame = pd.read_csv(found.submission)
    assert frame["y"].str.fullmatch("[3-6] [3-6]").all()
    assert replayed(folder)["y"].tolist() == frame["y"].tolist()


def test_a_metric_of_ones_own(folder: Path) -> None:
    (folder / "metrics.py").write_text(OWN, encoding="utf-8")
    found = ran(folder, "cubed", "regression")
    chosen = found.stack.chosen
    train = pd.read_csv(folder / "train.csv")
    cubes = np.abs(train["y"].to_numpy() - chosen.oof[:, 0].astype(float)) ** 3
    assert chosen.cv == pytest.approx(cubes.mean())


def test_a_metric_that_cannot_score_is_named_with_its_line(folder: Path) -> None:
    (folder / "metrics.py").write_text(OWN.replace("np.mean", "np.maen"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"metrics\.py, line 5"):
        ran(folder, "cubed", "regression")


@pytest.mark.parametrize("where", ["everywhere", "where constant"])
def test_metrics_that_are_no_number(where: str, folder: Path) -> None:
    test = "True" if where == "everywhere" else "np.ptp(p) == 0"
    own = OWN.replace("    return ", f"    if {test}:\n        return np.nan\n    return ")
    (folder / "metrics.py").write_text(own, encoding="utf-8")
    toml = TOML.format(metric="cubed", task="regression")
    (folder / "competition.toml").write_text(toml, encoding="utf-8")
    if where == "everywhere":
        with pytest.raises(MetricError, match=r"metric cubed .* nan in every fold of"):
            run(folder, profile="quick", jobs=1, progress=Silent())
    else:
        done = run(folder, profile="quick", jobs=1, progress=Silent())
        assert done.submission is not None and "prior" in done.stack.records
