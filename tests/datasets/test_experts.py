"""The competition of experts: the truth is exact, regions are as told, models are found by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stackkit
from stackkit.datasets import Frames, load_embedded, make_experts
from stackkit.datasets.experts import (
    EAST,
    EXPERTS,
    FEATURES,
    NOISE,
    POSITION,
    SPEED,
    STEEPNESS,
    WEST,
    mean_of,
)
from stackkit.errors import DataError
from stackkit.features.recipes import get_recipe
from stackkit.level0 import models_beside, registered_names
from stackkit.spec import ModelSpec, objective_for

NAMES = {"regression": "experts", "binary": "experts-binary"}


def truth_of_a_row(row: pd.Series) -> float:
    """The mean by hand, from the gauges that hold at the row's position."""
    gauges = WEST if row[POSITION] < 0 else EAST
    level = sum(row[name] for name in gauges) / len(gauges)
    speed = sum(row[name] for name in SPEED) / len(SPEED)
    return 4.0 + level + speed + 0.6 * level * speed + row[POSITION]


@pytest.mark.parametrize("seed", range(3))
def test_truth_is_the_mean_by_hand(seed: int) -> None:
    frames = make_experts(rows=60, test_rows=20, seed=seed)
    for table, truth in ((frames.train, frames.truth_train), (frames.test, frames.truth_test)):
        expected = [truth_of_a_row(row) for _, row in table.iterrows()]
        np.testing.assert_allclose(truth[:, 0], expected, rtol=1e-12)
        np.testing.assert_array_equal(mean_of(table), truth[:, 0])


@pytest.mark.parametrize("seed", range(3))
def test_targets_scatter_around_the_truth(seed: int) -> None:
    frames = make_experts(rows=4000, test_rows=1, seed=seed)
    away = frames.train["target"] - frames.truth_train[:, 0]
    assert abs(away.mean()) < 4 * NOISE / np.sqrt(4000)
    assert away.std() == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_hold_what_they_say(seed: int) -> None:
    frames = make_experts("binary", rows=4000, test_rows=1, seed=seed)
    p = frames.truth_train[:, 0]
    by_hand = 1 / (1 + np.exp(-STEEPNESS * (mean_of(frames.train) - 4)))
    np.testing.assert_allclose(p, by_hand, rtol=1e-9)
    bins = np.digitize(p, [0.1, 0.3, 0.5, 0.7, 0.9])
    for b in range(6):
        mine = bins == b
        error = np.sqrt((p[mine] * (1 - p[mine])).sum()) / mine.sum()
        assert abs(frames.train["target"][mine].mean() - p[mine].mean()) < 4.5 * error


@pytest.mark.parametrize("seed", range(3))
def test_each_group_of_gauges_holds_on_its_own_side_only(seed: int) -> None:
    train = make_experts(rows=3000, test_rows=1, seed=seed).train
    west = train[POSITION] < 0
    for side, right, wrong in ((west, WEST, EAST), (~west, EAST, WEST)):
        level = (train["target"] - train[POSITION])[side]
        assert np.corrcoef(train.loc[side, list(right)].mean(axis=1), level)[0, 1] > 0.5
        assert abs(np.corrcoef(train.loc[side, list(wrong)].mean(axis=1), level)[0, 1]) < 0.15
    for group in (WEST, EAST):  # a gauge does not show where it is
        spreads = [train.loc[s, list(group)].to_numpy().std() for s in (west, ~west)]
        assert spreads[0] == pytest.approx(spreads[1], rel=0.1)


@pytest.mark.parametrize("task", NAMES)
def test_frames_are_those_of_the_name(task: str) -> None:
    frames = load_embedded(NAMES[task])
    assert frames.task == task
    assert tuple(frames.train.columns) == ("id", *FEATURES, "target")
    assert (len(frames.train), len(frames.test)) == (1500, 1000)
    assert frames.models == EXPERTS


@pytest.mark.parametrize("arguments", [("multiclass",), ("binary", 49)])
def test_what_cannot_be_drawn_is_refused(arguments: tuple) -> None:
    with pytest.raises(DataError):
        make_experts(*arguments)


@pytest.mark.parametrize("name", NAMES.values())
def test_base_models_are_the_experts(name: str, tmp_path: Path) -> None:
    setup = stackkit.set_up(name, "standard", tmp_path)
    base = [node.spec.name for node in setup.nodes if not node.parents]
    assert base == ["prior", *EXPERTS]
    assert not set(EXPERTS) & set(registered_names())


@pytest.mark.parametrize("name", EXPERTS)
def test_experts_read_no_other_column(name: str) -> None:
    """Other columns may be anything: predictions stay."""
    kind, reads = name.split("_")
    own = {"west": (*WEST, *SPEED), "east": (*EAST, *SPEED), "speed": SPEED}.get(reads, ())
    own = (*own, POSITION) if kind == "linear" or reads == "position" else own
    frames = make_experts(rows=200, test_rows=20)
    spec = next(s for s in specs_of(frames) if s.name == name)
    made = [predicted(spec, frames.train, frames.test)]
    for column in set(FEATURES) - set(own):
        frames.train[column] = np.arange(200.0)[::-1]
        frames.test[column] = np.arange(20.0)
    made.append(predicted(spec, frames.train, frames.test))
    np.testing.assert_array_equal(*made)
    changed = frames.test.assign(**{own[0]: -frames.test[own[0]]})
    assert not np.array_equal(made[0], predicted(spec, frames.train, changed))


def specs_of(frames: Frames) -> list[ModelSpec]:
    return models_beside(stackkit.from_embedded(frames))


def predicted(spec: ModelSpec, train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """Predictions of a base model, fitted on all rows of a table."""
    competition = stackkit.Competition.from_frames(train, test, target="target", metric="rmse")
    recipe = get_recipe(spec.recipe).fit(competition.train, competition.schema)
    estimator = spec.learner.build(objective_for(competition, spec.learner), 0)
    estimator.fit(recipe.transform(competition.train), competition.y)
    return estimator.predict(recipe.transform(competition.test))
