"""A new project: what is written, what stays, and that it runs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.config import parse_config
from stackkit.datasets import load_competition
from stackkit.errors import ConfigError, DataError
from stackkit.features.hook import find_hook, hooked_frames
from stackkit.features.recipes import recipe_names
from stackkit.level0 import models_beside
from stackkit.places import cache_folder, submissions_folder
from stackkit.scaffold import new_project
from stackkit.scaffold.templates import FEATURES, MODELS

TABLE = pd.DataFrame({"id": range(30), "x": range(30), "when": "2024-01-01", "y": [0, 1, 1] * 10})


def tables(folder: Path) -> list[Path]:
    """train.csv and test.csv in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    TABLE.to_csv(folder / "train.csv", index=False)
    TABLE.drop(columns="y").to_csv(folder / "test.csv", index=False)
    return [folder / "train.csv", folder / "test.csv"]


def test_a_project_has_all_its_parts(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "Shop"
    made = new_project(folder, tables(tmp_path / "down"))
    assert all(part.new and part.path.exists() for part in made)
    names = [str(part.path.relative_to(folder)) for part in made]
    for name in ("train.csv", "test.csv", "competition.toml", "features.py", "models.py",
                 "notebooks/00_quickstart.ipynb", "oof_cache", "submissions"):  # fmt: skip
        assert name in names
    assert load_competition(folder).name == "shop"


def test_tables_that_are_there_are_enough(tmp_path: Path) -> None:
    tables(tmp_path)
    new_project(tmp_path)
    assert load_competition(tmp_path).target == "y"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    folder, down = tmp_path / "shop", tables(tmp_path / "down")
    first = new_project(folder, down)
    for part in first:
        if part.path.is_file():
            part.path.write_text("mine", encoding="utf-8")
    again = new_project(folder, down)
    assert [part.path for part in again] == [part.path for part in first]
    assert not any(part.new for part in again)
    assert {p.path.read_text("utf-8") for p in again if p.path.is_file()} == {"mine"}


def test_what_is_missing_comes_back_alone(tmp_path: Path) -> None:
    new_project(tmp_path)
    (tmp_path / "models.py").unlink()
    assert [p.path.name for p in new_project(tmp_path) if p.new] == ["models.py"]


def test_it_is_a_project_of_its_own_within_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "oof_cache").mkdir()
    new_project(tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    assert cache_folder() == tmp_path / "shop" / "oof_cache"
    assert submissions_folder() == tmp_path / "shop" / "submissions"


def test_hook_and_models_change_nothing_as_they_are(tmp_path: Path) -> None:
    tables(tmp_path)
    new_project(tmp_path)
    made = load_competition(tmp_path)
    frames = hooked_frames(made, find_hook(made))
    pd.testing.assert_frame_equal(frames.train, made.train)
    pd.testing.assert_frame_equal(frames.test, made.test)
    assert frames.schema == made.schema
    assert models_beside(made) == []


def uncommented(text: str, start: str) -> str:
    """The file with its commented example in force, from the line that begins with `start`."""
    head, _, tail = text.partition(start)
    lines = tail.splitlines()
    return head + start[2:] + "\n".join(line.removeprefix("# ").removeprefix("#") for line in lines)


def test_the_example_model_can_be_had(tmp_path: Path) -> None:
    tables(tmp_path)
    new_project(tmp_path)
    assert all(f'"{recipe}"' in MODELS for recipe in recipe_names())
    example = uncommented(MODELS, "# from sklearn").replace("30)  # K", "3)  # K")
    (tmp_path / "models.py").write_text(example, encoding="utf-8")
    assert [m.name for m in models_beside(load_competition(tmp_path))] == ["my_knn"]


def test_the_example_features_can_be_had(tmp_path: Path, competition: object) -> None:
    example = FEATURES.replace("    # ", "    ")
    frame = pd.DataFrame({"a": [1.0, 4.0], "b": [2.0, 2.0], "title": ["one two", None]})
    (tmp_path / "train.csv").write_text(
        frame.assign(y=[0, 1]).to_csv(index=False), encoding="utf-8"
    )
    (tmp_path / "features.py").write_text(example, encoding="utf-8")
    config = parse_config(
        {"name": "x", "train": "train.csv", "target": "y", "metric": "auc"}, folder=tmp_path
    )
    made = Competition.from_frames(frame.assign(y=[0, 1]), target="y", metric="auc", config=config)
    found = hooked_frames(made, find_hook(made)).train
    assert found["ratio"].tolist() == [0.5, 2.0]
    assert found["words"].fillna(-1).tolist() == [2, -1]


def test_an_empty_folder_gets_a_toml_to_fill_in(tmp_path: Path) -> None:
    new_project(tmp_path / "shop")
    text = (tmp_path / "shop" / "competition.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["target"] == "FILL-IN"
    assert "remove this file" in text
    with pytest.raises(DataError, match="the file exists"):
        load_competition(tmp_path / "shop")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("nowhere.csv", DataError), ("notes.txt", DataError), ("sub", DataError)],
)
def test_tables_that_are_none_are_refused_before_anything_is_made(
    tmp_path: Path, name: str, kind: type[Exception]
) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "sub").mkdir()
    with pytest.raises(kind) as caught:
        new_project(tmp_path / "shop", [tmp_path / name])
    assert caught.value.hint
    assert not (tmp_path / "shop").exists()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").touch()
    with pytest.raises(ConfigError, match="a project is a folder"):
        new_project(tmp_path / "shop")
