"""metrics.py beside competition.toml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.datasets import load_competition
from stackkit.errors import ConfigError, MetricError, StackkitError
from stackkit.metrics import metric_names
from stackkit.scoring import scored_by

TOML = 'name = "shop"\ntrain = "train.csv"\ntarget = "y"\nmetric = "my_metric"\n'
OWN = """\
import numpy as np
from stackkit import register_metric

def my_metric(y, p):
    return np.mean(np.abs(y - p) ** 3)

register_metric("my_metric", my_metric, greater_is_better=False, reads="value", tasks="regression")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A regression of eight rows whose metric is the user's own."""
    frame = pd.DataFrame({"x": range(8), "y": np.arange(8) * 0.5})
    frame.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "competition.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def load(folder: Path, text: str = OWN) -> Competition:
    (folder / "metrics.py").write_text(text, encoding="utf-8")
    return load_competition(folder)


def test_the_file_registers_what_the_toml_names(folder: Path) -> None:
    found = load(folder)
    assert (found.metric.name, found.task) == ("my_metric", "regression")
    assert found.metric(np.zeros(2), np.array([[1.0], [2.0]])) == 4.5


def test_it_holds_for_its_competition_alone(folder: Path) -> None:
    before = metric_names()
    load(folder)
    assert metric_names() == before
    (folder / "metrics.py").unlink()
    with pytest.raises(MetricError, match="metric must be known"):
        load_competition(folder)


def test_its_content_enters_what_scores_are_made_by(folder: Path) -> None:
    one, other = load(folder), load(folder, OWN.replace("** 3", "** 5"))
    assert scored_by(one) != scored_by(other)
    assert scored_by(load(folder)) == scored_by(one)


@pytest.mark.parametrize(
    ("text", "kind", "words", "place"),
    [
        (OWN + "\n1 / 0\n", ConfigError, "metrics.py can be imported", "metrics.py, line 9"),
        (OWN + "\ndef (\n", ConfigError, "metrics.py can be imported", "metrics.py, line 9"),
        (OWN.replace('"my_metric"', '"rmse"'), MetricError, "built-in", "metrics.py, line 7"),
        (OWN.replace('"value"', '"values"'), MetricError, "reads one of", "metrics.py, line 7"),
        (OWN.replace("(y, p)", "(y)"), MetricError, r"function \(y, p\)", "metrics.py, line 7"),
    ],
)
def test_an_error_in_it_has_file_and_line(
    folder: Path, text: str, kind: type[StackkitError], words: str, place: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        load(folder, text)
    assert place in str(caught.value)


def test_an_error_while_scoring_has_file_and_line(folder: Path) -> None:
    found = load(folder, OWN.replace("np.mean(", "np.maen("))
    with pytest.raises(MetricError, match="can score every set of rows") as caught:
        found.metric(np.zeros(2), np.ones((2, 1)))
    assert "AttributeError" in caught.value.got
    assert "metrics.py, line 5" in caught.value.got
