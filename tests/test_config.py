"""competition.toml: the documented text loads, everything else is refused with a next step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackkit.config import (
    CacheConfig,
    CompetitionConfig,
    FoldsConfig,
    ModelsConfig,
    check_name,
    parse_config,
    read_config,
)
from stackkit.errors import ConfigError

DOCUMENTED = """\
name = "house-prices"          # [a-z0-9][a-z0-9_.-]{0,40}
train = "train.csv"            # csv, csv.gz, parquet; relative to this file
test = "test.csv"
sample_submission = "sample_submission.csv"   # optional: decides the submission's format
id = "Id"                      # optional
target = "SalePrice"
metric = "rmsle"
task = "regression"            # optional: binary | multiclass | regression
# positive = "yes"             # optional: the class whose probability is predicted
# weight = "w"                 # optional: row weights, for fitting and scoring

[data]
na_values = []
# extra_train = "original.csv" # rows added to each training part with a weight, never scored

[folds]                        # scheme n_splits n_repeats seed group time block purge embargo column file holdout
scheme = "kfold"

[features]                     # hook extra_files drop keep_id
drop = []

[models]                       # include exclude; models.py beside this file may register() more
include = []

[models.lightgbm]
num_leaves = 31

[stack]
preset = "standard"            # quick | standard | best; the same as --profile

[cache]                        # dir keep_models test_folds_limit
keep_models = true
"""  # noqa: E501
MINIMAL = {"name": "c", "train": "train.csv", "target": "y", "metric": "rmse"}


def parsed(**further: Any) -> CompetitionConfig:
    return parse_config({**MINIMAL, **further})


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "competition.toml"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_documented_text_loads(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, DOCUMENTED))
    assert config == CompetitionConfig(
        name="house-prices",
        train="train.csv",
        test="test.csv",
        sample_submission="sample_submission.csv",
        id="Id",
        target="SalePrice",
        metric="rmsle",
        task="regression",
        folds=FoldsConfig(scheme="kfold"),
        models=ModelsConfig(params={"lightgbm": {"num_leaves": 31}}),
        folder=tmp_path,
    )
    assert config.path("train.csv") == tmp_path / "train.csv"


def test_its_comments_name_keys_that_exist(tmp_path: Path) -> None:
    text = DOCUMENTED.replace("# positive", "positive").replace("# weight", "weight")
    text = text.replace("# extra_train", "extra_train")
    config = read_config(write(tmp_path, text))
    assert (config.positive, config.weight) == ("yes", "w")
    assert config.data.extra_train == "original.csv"


def test_every_key_of_every_table_is_read() -> None:
    folds = {"scheme": "blocked", "n_splits": 4, "n_repeats": 2, "seed": 3, "group": "g",
             "time": "t", "block": "month", "purge": "7d", "embargo": 2, "column": "c",
             "file": "f.csv", "holdout": 0.25}  # fmt: skip
    config = parsed(
        folds=folds,
        data={"na_values": ["?"], "extra_train": "e.csv"},
        features={"hook": "h.py", "extra_files": ["a"], "drop": ["x"], "keep_id": True},
        models={"include": ["ridge"], "exclude": ["rf"], "rf": {"n_estimators": 9}},
        cache={"dir": "d", "keep_models": False, "test_folds_limit": 5},
    )
    assert config.folds == FoldsConfig(**folds)
    assert (config.data.na_values, config.features.drop) == (("?",), ("x",))
    assert config.models == ModelsConfig(("ridge",), ("rf",), params={"rf": {"n_estimators": 9}})
    assert config.cache == CacheConfig("d", False, 5)


def test_what_is_left_out_has_its_default() -> None:
    config = parsed()
    assert config.test is config.id is config.task is config.positive is config.weight is None
    assert (config.folds.scheme, config.folds.n_splits, config.folds.n_repeats) == (None, None, 1)
    assert config.stack.preset == "standard"
    assert (config.cache.dir, config.cache.keep_models) == (None, True)


@pytest.mark.parametrize(
    ("table", "key", "hint"),
    [
        ({"metrik": "auc"}, "metrik", "metric"),
        ({"fold": {}}, "fold", "folds"),
        ({"data": {"na_value": []}}, "data.na_value", "na_values"),
        ({"folds": {"n_split": 5}}, "folds.n_split", "n_splits"),
        ({"features": {"drops": []}}, "features.drops", "drop"),
        ({"models": {"includes": []}}, "models.includes", "include"),
        ({"stack": {"presets": "quick"}}, "stack.presets", "preset"),
        ({"cache": {"keep_model": True}}, "cache.keep_model", "keep_models"),
        ({"folder": "x"}, "folder", "folds"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_named(table: dict, key: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(**table)
    assert key in caught.value.rule
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"train": 3}, "train is of type text"),
        ({"id": ["a"]}, "id is of type text"),
        ({"folds": {"n_splits": "5"}}, "folds.n_splits is of type int"),
        ({"folds": {"n_splits": True}}, "folds.n_splits is of type int"),
        ({"folds": {"n_splits": 2.5}}, "folds.n_splits is of type int"),
        ({"folds": {"holdout": "0.2"}}, "folds.holdout is of type float"),
        ({"folds": {"purge": 0.5}}, "folds.purge is of type int or text"),
        ({"folds": "kfold"}, "[folds] is a table"),
        ({"models": ["ridge"]}, "[models] is a table"),
        ({"models": "ridge"}, "[models] is a table"),
        ({"models": {"include": "ridge"}}, "models.include is of type list"),
        ({"data": {"na_values": [-999]}}, "data.na_values is a list of text"),
        ({"cache": {"keep_models": 1}}, "cache.keep_models is of type bool"),
        ({"positive": 0.5}, "positive is of type"),
    ],
)
def test_a_value_of_another_type_is_refused(table: dict, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(**table)
    assert words in caught.value.rule
    assert caught.value.got is not None


def test_a_single_name_for_a_list_is_told_how_to_be_one() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(models={"include": "ridge"})
    assert caught.value.hint == 'a list, in brackets: include = ["ridge"]'


def test_whole_numbers_serve_as_shares() -> None:
    assert parsed(folds={"holdout": 0}).folds.holdout == 0.0


@pytest.mark.parametrize("target", [["a", "b"], [], 3])
def test_several_targets_are_refused(target: object) -> None:
    with pytest.raises(ConfigError, match="one target column") as caught:
        parse_config({**MINIMAL, "target": target})
    assert "one TOML a target" in caught.value.hint


@pytest.mark.parametrize("left_out", sorted(MINIMAL))
def test_a_required_key_is_named(left_out: str) -> None:
    table = {key: value for key, value in MINIMAL.items() if key != left_out}
    with pytest.raises(ConfigError, match=f"needs {left_out}"):
        parse_config(table)


@pytest.mark.parametrize("name", ["a", "0", "house-prices", "s5e1.v2_x", "a" * 41])
def test_names_that_can_be_folders(name: str) -> None:
    assert check_name(name) == parsed(name=name).name == name


@pytest.mark.parametrize("name", ["", "A", "-a", ".a", "a b", "ä", "a/b", "a" * 42, "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="matches"):
        parsed(name=name)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"name = ", "valid TOML"), (b"name = '\xff'", "valid TOML"), (b"a = 1\na = 2", "valid TOML")],
)
def test_a_broken_file_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "competition.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=words):
        read_config(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="described by a TOML file") as caught:
        read_config(tmp_path / "competition.toml")
    assert tmp_path.name in caught.value.got
    with pytest.raises(ConfigError, match="can be read"):
        read_config(tmp_path)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    text = 'name = "c"\ntrain = "t.csv"\ntarget = "größe"\nmetric = "rmse"\n'
    assert read_config(write(tmp_path, text, "utf-8-sig")).target == "größe"


def test_parts_may_come_as_the_dataclasses_themselves() -> None:
    models = ModelsConfig(include=("rf",), params={"rf": {"depth": 3}})
    config = parsed(folds=FoldsConfig(n_splits=3), models=models)
    assert (config.folds.n_splits, config.models) == (3, models)
