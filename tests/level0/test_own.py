"""Own models: models.py beside competition.toml."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.config import parse_config
from stackkit.errors import ConfigError, ModelError
from stackkit.level0 import model_names, models_beside, register, registered_names
from stackkit.level0.registry import own_models
from stackkit.spec import ModelSpec

OWN = """\
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from stackkit import ModelSpec, register

@dataclass(frozen=True)
class Half:
    kind: ClassVar[str] = "half"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    reads_names: ClassVar[bool] = False
    queries: ClassVar[str] = "mean"
    level: float = 0.5
    threads: int = 1

    def build(self, objective, seed):
        return self

    def fit(self, X, y, weight=None):
        return self

    def predict(self, X):
        return np.full((len(X), 1), self.level)

register(ModelSpec("half", Half(), family="constant"))
"""


@pytest.fixture
def competition(tmp_path: Path) -> Competition:
    table = {"name": "c", "train": "t.csv", "target": "y", "metric": "auc"}
    train = pd.DataFrame({"x": [1, 2], "y": [0, 1]})
    config = parse_config(table, tmp_path)
    return Competition.from_frames(train, target="y", metric="auc", config=config)


def own(competition: Competition, text: str) -> list[ModelSpec]:
    (competition.folder / "models.py").write_text(text, encoding="utf-8")
    return models_beside(competition)


def test_what_the_file_registers_is_found_and_the_registry_stays(competition: Competition) -> None:
    before = model_names()
    found = own(competition, OWN)
    assert [spec.name for spec in found] == ["half"]
    assert found[0].parameters == {"level": 0.5}
    assert model_names() == before


def test_the_content_of_the_file_travels_with_each_model(competition: Competition) -> None:
    one, other = own(competition, OWN), own(competition, OWN + "\n# later\n")
    assert one[0].code == OWN.encode()
    assert one[0].code != other[0].code


def test_a_model_that_a_session_registered_before_is_replaced(competition: Competition) -> None:
    with own_models(()):
        register(own(competition, OWN)[0])
        assert registered_names() == ["half"]
        assert own(competition, OWN.replace("= 0.5", "= 0.25"))[0].learner.level == 0.25


def test_no_file_no_models(competition: Competition, tmp_path: Path) -> None:
    assert models_beside(competition) == []
    train = pd.DataFrame({"x": [1, 2], "y": [0, 1]})
    (tmp_path / "models.py").write_text(OWN, encoding="utf-8")
    assert models_beside(Competition.from_frames(train, target="y", metric="auc")) == []


@pytest.mark.parametrize("text", ["1 / 0", "def (", "import not_there_at_all"])
def test_a_file_that_fails_is_named(competition: Competition, text: str) -> None:
    with pytest.raises(ConfigError, match=r"models\.py can be imported") as caught:
        own(competition, text)
    assert "Error" in caught.value.got


def test_built_in_names_and_unfinished_learners_are_refused(competition: Competition) -> None:
    with pytest.raises(ConfigError, match="keeps its name"):
        own(competition, OWN.replace('"half", Half()', '"ridge", Half()'))
    with pytest.raises(ModelError, match="a learner is a dataclass") as caught:
        own(competition, OWN.replace("    threads: int = 1\n", ""))
    assert "threads" in caught.value.got
