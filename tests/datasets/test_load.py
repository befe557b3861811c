"""load_competition: names, folders, files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from stackkit.datasets import load_competition
from stackkit.errors import ConfigError, DataError

TOML = """\
name = "shop"
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
id = "id"
target = "y"
metric = "auc"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A competition of eight rows in three files."""
    frame = pd.DataFrame({"id": range(8), "x": range(8), "k": ["a", "?"] * 4, "y": [0, 1] * 4})
    frame.to_csv(tmp_path / "train.csv", index=False)
    frame.drop(columns="y").assign(id=range(8, 16)).to_csv(tmp_path / "test.csv", index=False)
    pd.DataFrame({"id": range(8, 16), "y": 0.5}).to_csv(tmp_path / "sample.csv", index=False)
    (tmp_path / "competition.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def test_folder_file_and_text_path_give_one_competition(folder: Path) -> None:
    places = [folder, folder / "competition.toml", str(folder)]
    found = [load_competition(place) for place in places]
    assert len({c.fingerprint for c in found}) == 1
    assert (found[0].name, found[0].task, found[0].n_rows, found[0].n_test) == \
        ("shop", "binary", 8, 8)  # fmt: skip
    assert list(found[0].sample.columns) == ["id", "y"]
    assert found[0].folder == folder


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert load_competition(folder.name).n_rows == 8


def test_missing_markers_hold_for_train_and_test(folder: Path) -> None:
    (folder / "competition.toml").write_text(TOML + '[data]\nna_values = ["?"]\n', "utf-8")
    found = load_competition(folder)
    assert found.train["k"].isna().sum() == found.test["k"].isna().sum() == 4


def test_embedded_competitions_have_names() -> None:
    found = load_competition("wine")
    assert (found.name, found.task, found.metric.name) == ("wine", "multiclass", "logloss")
    assert found.config.train == ""


def test_a_folder_in_the_way_does_not_hide_an_embedded_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wine").mkdir()
    assert load_competition("wine").n_rows > 100
    for file in folder.glob("*.*"):
        file.rename(tmp_path / "wine" / file.name)
    assert load_competition("wine").name == "shop"


def test_what_is_none_of_these_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="embedded name") as caught:
        load_competition("whine")
    assert "wine" in caught.value.hint
    with pytest.raises(ConfigError, match="TOML file") as caught:
        load_competition(tmp_path)
    assert "competition.toml" in caught.value.got


def test_files_that_are_not_there_are_named(folder: Path) -> None:
    (folder / "test.csv").unlink()
    with pytest.raises(DataError, match="the file exists") as caught:
        load_competition(folder)
    assert "test.csv" in caught.value.got


def test_extra_train_is_not_yet_available(folder: Path) -> None:
    (folder / "competition.toml").write_text(TOML + '[data]\nextra_train = "e.csv"\n', "utf-8")
    with pytest.raises(ConfigError, match="extra_train is not yet available"):
        load_competition(folder)
