"""What nets read of a pool, against loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.level2.neural.reading import REACH, Reading
from stackkit.metrics import get_space
from stackkit.predictions import Pool

TASKS = ("binary", "multiclass", "regression")


def read(pool: Pool, y: np.ndarray, goal: Callable, task: str) -> tuple[Reading, np.ndarray]:
    reading = Reading(goal(task))
    return reading, reading.fit(pool, y, np.ones(len(y)))


@pytest.mark.parametrize("task", TASKS)
def test_columns_are_the_mean_and_distances_from_it(task: str, alike, goal) -> None:
    pool, y = alike(task, 50, 0)
    reading, x = read(pool, y, goal, task)
    members = pool.matrix()[reading.order].astype(float)
    c = members.shape[2]
    for row in range(0, 50, 7):
        if task == "regression":
            linked = (members[:, row] - y.mean()) / y.std()
        else:
            linked = np.stack([get_space("logit").forward(p[row : row + 1])[0] for p in members])
        for column in range(c):
            raw = [linked[:, column].mean(), *(linked[:, column] - linked[:, column].mean())]
            for place, value in enumerate(raw):
                j = place * c + column
                z = (value - reading.centre[j]) / reading.scale[j]
                assert x[row, j] == pytest.approx(z / np.sqrt(1 + (z / REACH) ** 2), abs=1e-4)
    assert np.abs(x).max() < REACH
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.2)


@pytest.mark.parametrize("task", TASKS)
def test_order_and_names_of_members_do_not_matter(task: str, alike, goal) -> None:
    pool, y = alike(task, 60, 1)
    order = [3, 0, 5, 1, 4, 2]
    mixed = Pool(pool.names, tuple(pool.arrays[i] for i in order))
    (first, x), (second, z) = read(pool, y, goal, task), read(mixed, y, goal, task)
    np.testing.assert_array_equal(x, z)
    for block, other in zip(first.blocks(pool), second.blocks(mixed), strict=True):
        np.testing.assert_array_equal(block, other)


def test_columns_of_fit_rows_are_those_of_prediction(alike, goal) -> None:
    pool, y = alike("binary", 40, 2)
    reading, x = read(pool, y, goal, "binary")
    (block,) = reading.blocks(pool)
    np.testing.assert_allclose(reading.columns(block), x, rtol=1e-4, atol=1e-5)


def test_members_that_agree_are_read_as_zero(alike, goal, pool_of) -> None:
    pool, y = alike("binary", 40, 3)
    same = pool_of(np.stack([pool.arrays[0]] * 3))
    _, x = read(same, y, goal, "binary")
    np.testing.assert_array_equal(x[:, 1:], 0)
    assert x[:, 0].std() > 0.5


def test_constant_members_alone_are_finite(goal, pool_of) -> None:
    y = np.arange(30) % 2
    _, x = read(pool_of(np.full((2, 30, 1), 0.5)), y, goal, "binary")
    np.testing.assert_array_equal(x, 0)


@pytest.mark.parametrize("task", TASKS)
def test_the_start_is_the_weighted_blend_in_link_space(task: str, alike, goal) -> None:
    pool, y = alike(task, 30, 4)
    reading, _ = read(pool, y, goal, task)
    (block,), weights = reading.blocks(pool), np.array([0.5, 0.5, 0, 0, 0, 0])
    mixed = (block[0].astype(float) + block[1]) / 2
    np.testing.assert_allclose(reading.start(block, weights), reading.link(mixed), atol=1e-6)


def test_values_stay_in_the_range_of_the_target_or_of_the_start(goal, pool_of) -> None:
    y = np.array([0.0, 1.0, 2.0, 3.0])
    reading, _ = read(pool_of(y[None, :, None]), y, goal, "regression")
    start = reading.link(np.array([[1.0], [9.0], [2.0]]))
    found = reading.unlinked(start + np.array([[0.1], [0], [99]]), start)
    np.testing.assert_allclose(found[:, 0], [1 + 0.1 * y.std(), 9, 3.3], rtol=1e-6)
