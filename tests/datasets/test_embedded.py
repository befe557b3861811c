"""The embedded competitions: shapes, ids, strata, frozen split."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from stackkit.datasets.embedded import EMBEDDED, load_embedded, snake_case
from stackkit.errors import ConfigError

REAL = {  # rows, features, task, metric
    "breast-cancer": (569, 30, "binary", "auc"),
    "diabetes": (442, 10, "regression", "rmse"),
    "digits": (1797, 64, "multiclass", "accuracy"),
    "wine": (178, 13, "multiclass", "logloss"),
}
LABELS = {
    "breast-cancer": ["benign", "malignant"],
    "digits": list(range(10)),
    "wine": ["class_0", "class_1", "class_2"],
}
FIRST_ALCOHOL = [12.77, 11.45, 12.29, 12.36]
FIRST_LABELS = ["class_1", "class_2", "class_1", "class_0"]
GENERATED = {
    "playground",
    "playground-multiclass",
    "playground-regression",
    "experts",
    "experts-binary",
}


def test_names() -> None:
    assert set(EMBEDDED) == set(REAL) | GENERATED


@pytest.mark.parametrize("name", sorted(EMBEDDED))
def test_every_competition_is_whole(name: str) -> None:
    frames = load_embedded(name)
    assert frames.name == name
    assert list(frames.train.columns) == [*frames.test.columns, frames.target]
    assert pd.api.types.is_integer_dtype(frames.train["id"])
    assert pd.concat([frames.train["id"], frames.test["id"]]).is_unique
    assert frames.sample["id"].equals(frames.test["id"])
    assert not frames.sample.isna().any().any()
    assert len(frames.test_target) == len(frames.test)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in frames.train.columns)
    assert frames.train.columns.is_unique
    assert isinstance(frames.train.index, pd.RangeIndex)
    assert isinstance(frames.test.index, pd.RangeIndex)


@pytest.mark.parametrize("name", sorted(EMBEDDED))
def test_loading_twice_gives_the_same(name: str) -> None:
    one, other = load_embedded(name), load_embedded(name)
    pd.testing.assert_frame_equal(one.train, other.train)
    pd.testing.assert_frame_equal(one.test, other.test)
    np.testing.assert_array_equal(one.test_target, other.test_target)


@pytest.mark.parametrize("name", sorted(REAL))
def test_shapes_and_kinds(name: str) -> None:
    rows, columns, task, metric = REAL[name]
    frames = load_embedded(name)
    assert len(frames.train) + len(frames.test) == rows
    assert len(frames.test) == pytest.approx(0.2 * rows, abs=5)
    assert frames.test.shape[1] == columns + 1
    assert (frames.task, frames.metric) == (task, metric)
    assert frames.truth_train is None
    assert frames.truth_test is None


@pytest.mark.parametrize("name", sorted(LABELS))
def test_classes_keep_their_shares(name: str) -> None:
    frames = load_embedded(name)
    train = frames.train["target"].value_counts()
    test = pd.Series(frames.test_target).value_counts()
    assert sorted(train.index) == LABELS[name]
    assert ((test - (train + test) / 5).abs() < 1.0).all()


@pytest.mark.parametrize("name", sorted(REAL))
def test_ids_do_not_tell_the_target(name: str) -> None:
    frames = load_embedded(name)
    codes = pd.factorize(frames.train["target"], sort=True)[0]
    assert abs(np.corrcoef(frames.train["id"], codes)[0, 1]) < 3.5 / np.sqrt(len(codes))


@pytest.mark.parametrize("name", sorted(REAL))
def test_rows_and_targets_stay_together(name: str) -> None:
    from sklearn import datasets

    loader = getattr(datasets, f"load_{name.replace('-', '_')}")
    source = loader(scaled=False) if name == "diabetes" else loader()
    named = name in ("breast-cancer", "wine")
    target = source.target_names[source.target] if named else source.target
    expected = {(*map(float, row), label) for row, label in zip(source.data, target, strict=True)}
    frames = load_embedded(name)
    rows = pd.concat([frames.train, frames.test.assign(target=frames.test_target)])
    values = rows.drop(columns=["id", "target"]).to_numpy(dtype=float)
    found = {(*row, label) for row, label in zip(values.tolist(), rows["target"], strict=True)}
    assert found == expected


def test_the_split_is_frozen() -> None:
    wine = load_embedded("wine")
    assert wine.train["alcohol"].head(4).tolist() == FIRST_ALCOHOL
    assert wine.test_target[:4].tolist() == FIRST_LABELS


def test_sample_columns_follow_the_metric() -> None:
    assert list(load_embedded("wine").sample.columns) == ["id", *LABELS["wine"]]
    assert list(load_embedded("digits").sample.columns) == ["id", "target"]
    assert set(load_embedded("breast-cancer").sample["target"]) == {0.5}
    diabetes = load_embedded("diabetes")
    assert diabetes.sample["target"][0] == pytest.approx(diabetes.train["target"].mean(), abs=0.01)


def test_column_names_are_cleaned() -> None:
    assert snake_case("od280/od315 of Wine ") == "od280_od315_of_wine"
    assert "mean_fractal_dimension" in load_embedded("breast-cancer").train


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        load_embedded("brest-cancer")
    assert "'breast-cancer'" in caught.value.hint
    assert caught.value.got == "brest-cancer"
