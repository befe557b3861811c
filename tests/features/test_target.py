"""The target as encodings read it, and its inner folds."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.features.target import INNER, MOST_CLASSES, Target

RNG = np.random.default_rng(0)
BINARY = (RNG.random(203) < 0.3).astype(np.int64)
VALUES = np.exp(RNG.normal(0, 2, 203))


@pytest.mark.parametrize("target", [Target(BINARY, "binary"), Target(VALUES, "regression")])
def test_scores_have_mean_zero_and_deviation_one(target: Target) -> None:
    scores = target.scores()
    assert scores.shape == (203, 1)
    np.testing.assert_allclose([scores.mean(), scores.std()], [0, 1], atol=1e-9)
    assert target.suffixes() == ("",)


def test_values_keep_their_order_and_no_row_outweighs_the_others() -> None:
    scores = Target(VALUES, "regression").scores()[:, 0]
    assert (np.argsort(scores) == np.argsort(VALUES)).all()
    assert np.abs(scores).max() < 4


def test_each_class_has_a_column_up_to_a_limit() -> None:
    y = np.repeat(np.arange(20), np.arange(1, 21))
    target = Target(y, "multiclass")
    expected = [f"={c}" for c in range(20 - MOST_CLASSES, 20)]
    assert list(target.suffixes()) == expected
    for suffix, column in zip(expected, target.scores().T, strict=True):
        assert set(np.flatnonzero(column > 0)) == set(np.flatnonzero(y == int(suffix[1:])))


def test_a_constant_target_scores_zero() -> None:
    assert (Target(np.zeros(7, dtype=np.int64), "binary").scores() == 0).all()
    assert (Target(np.full(7, 2.5), "regression").scores() == 0).all()


def test_inner_folds_are_even_in_rows_and_target_and_follow_the_seed() -> None:
    target = Target(BINARY, "binary", seed=4)
    folds = target.inner_folds()
    sizes, ones = np.bincount(folds), np.bincount(folds, weights=BINARY)
    assert len(sizes) == INNER
    assert np.ptp(sizes) <= 1 and np.ptp(ones) <= 2
    np.testing.assert_array_equal(folds, target.inner_folds())
    assert (folds != Target(BINARY, "binary", seed=5).inner_folds()).any()


@pytest.mark.parametrize(
    ("y", "task"), [(VALUES, "regression"), (np.arange(203) % 15, "multiclass")]
)
def test_weights_scale_scores_and_rows_of_weight_zero_are_not_there(
    y: np.ndarray, task: str
) -> None:
    weight = np.where(np.arange(203) % 15 < 2, 0.0, RNG.random(203) + 0.1)
    used = weight > 0
    target, alone = Target(y, task, weight=weight), Target(y[used], task, weight=weight[used])
    np.testing.assert_allclose(target.scores()[used], alone.scores(), atol=1e-12)
    assert target.suffixes() == alone.suffixes()
    assert target.weights()[used].mean() == pytest.approx(1.0)
    scores = target.scores()
    np.testing.assert_allclose(weight @ scores, 0, atol=1e-9)
    np.testing.assert_allclose(weight @ scores**2 / weight.sum(), 1)


def test_given_folds_are_the_inner_folds() -> None:
    given = np.arange(203) % 3
    assert Target(BINARY, "binary", folds=given).inner_folds() is given
