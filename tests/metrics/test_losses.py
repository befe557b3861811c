"""Gradients against finite differences, losses against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackkit.metrics import losses

STEP = 1e-6


def slopes(loss, y, p):
    """Central differences of row losses, one entry of p at a time."""
    found = np.empty_like(p)
    for j in range(p.shape[1]):
        shift = np.zeros_like(p)
        shift[:, j] = STEP
        found[:, j] = (loss(y, p + shift) - loss(y, p - shift)) / (2 * STEP)
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 3, 6]), st.booleans())
def test_log_loss_gradient(seed, c, normalised):
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.02, 0.98, (20, c))
    p = p / p.sum(axis=1, keepdims=True) if normalised and c > 1 else p
    y = rng.integers(0, max(c, 2), 20)
    got = losses.log_loss_gradient(y, p)
    assert got == pytest.approx(slopes(losses.log_losses, y, p), rel=1e-4, abs=1e-5)


def test_log_loss_gradient_at_the_clip_points_the_way_out():
    assert losses.log_loss_gradient(np.array([1]), np.array([[0.0]]))[0, 0] < -1e14
    assert losses.log_loss_gradient(np.array([0]), np.array([[1.0]]))[0, 0] > 1e14
    several = losses.log_loss_gradient(np.array([1]), np.array([[1.0, 0.0]], np.float32))
    assert several[0, 1] < -1e14
    assert np.isfinite(several).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1e3), min_size=1, max_size=20),
    st.integers(0, 10_000),
    st.sampled_from(["squared_error", "squared_log_error", "absolute_error"]),
)
def test_gradients_of_value_losses(targets, seed, name):
    y = np.array(targets)
    p = np.random.default_rng(seed).uniform(-5, 1e3, (len(y), 1))
    away_from_kinks = (np.abs(p[:, 0] - y) > 1e-3) & (np.abs(p[:, 0]) > 1e-3)
    got = getattr(losses, name + "_gradient")(y, p)
    want = slopes(getattr(losses, name), y, p)
    assert got.shape == p.shape
    assert got[away_from_kinks] == pytest.approx(want[away_from_kinks], rel=1e-3, abs=1e-4)


def test_squared_log_error_is_flat_below_zero():
    gradient = losses.squared_log_error_gradient(np.array([4.0, 4.0]), np.array([[-1.0], [0.0]]))
    assert gradient[0, 0] == 0
    assert gradient[1, 0] == pytest.approx(-2 * np.log(5))


def test_absolute_error_gradient_is_zero_at_the_target():
    assert losses.absolute_error_gradient(np.array([2.0]), np.array([[2.0]]))[0, 0] == 0


@pytest.mark.parametrize("name", ["squared_error", "squared_log_error", "absolute_error"])
def test_float32_comes_back_as_float64(name):
    y, p = np.ones(3, np.float32), np.ones((3, 1), np.float32)
    assert getattr(losses, name)(y, p).dtype == np.float64
    assert getattr(losses, name + "_gradient")(y, p).dtype == np.float64
