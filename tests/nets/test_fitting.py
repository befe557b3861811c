"""From arrays to arrays through a bundle."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stackkit.nets import fitting
from stackkit.nets.fitting import fit_bundle, predict_bundle
from stackkit.nets.layout import Layout
from stackkit.nets.mlp import Shape
from stackkit.nets.training import Training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3)).astype(np.float32)
PLAN = Training(steps=150, batch=64, learning_rate=0.05, weight_decay=0.0, dropout=0.0)


def shape(outputs: int) -> Shape:
    layout = Layout((0, 1, 2), (), (), ())
    return Shape(layout, outputs, hidden=(16,), members=2, activation="silu")


def fit(outputs: int, target: np.ndarray, weight: np.ndarray | None = None) -> dict:
    return fit_bundle(shape(outputs), X, target, weight, PLAN, seed=1, threads=1, device="cpu")


def test_numbers_are_learnt() -> None:
    y = np.sin(X[:, 0]) + X[:, 1] ** 2
    made = predict_bundle(shape(1), fit(1, y), X, threads=1)
    assert made.shape == (200, 1)
    assert np.mean((made[:, 0] - y) ** 2) < 0.1 * y.var()


@pytest.mark.parametrize("q", [0.2, 0.8])
def test_numbers_are_quantiles_where_one_is_asked_for(q: float) -> None:
    y = X[:, 0] + np.random.default_rng(1).exponential(size=200)
    state = fit_bundle(shape(1), X, y, None, PLAN, seed=1, threads=1, device="cpu", quantile=q)
    made = predict_bundle(shape(1), state, X, threads=1)[:, 0]
    assert (y <= made).mean() == pytest.approx(q, abs=0.07)


def test_classes_are_learnt_as_probabilities() -> None:
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    made = predict_bundle(shape(3), fit(3, y), X, threads=1)
    np.testing.assert_allclose(made.sum(axis=1), 1)
    assert (made.argmax(axis=1) == y).mean() > 0.9


def test_rows_of_no_weight_do_not_count() -> None:
    y = X[:, 0].astype(float)
    half = np.arange(200) < 100
    spoilt = np.where(half, y, 99.0)
    one = predict_bundle(shape(1), fit(1, spoilt, half.astype(float)), X, threads=1)
    other = predict_bundle(shape(1), fit(1, y, half.astype(float)), X, threads=1)
    np.testing.assert_array_equal(one, other)


def test_predicting_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state = fit(1, X[:, 0])
    whole = predict_bundle(shape(1), state, X, threads=1)
    monkeypatch.setattr(fitting, "PREDICT", 700)
    np.testing.assert_allclose(predict_bundle(shape(1), state, X, threads=1), whole, rtol=1e-12)


def test_a_net_fitted_elsewhere_predicts_on_this_device() -> None:
    state = fit(1, X[:, 0])
    expected = predict_bundle(shape(1), state, X, threads=1)
    if not torch.cuda.is_available():
        made = predict_bundle(shape(1), state, X, threads=1, device="cuda")
        np.testing.assert_array_equal(made, expected)


def test_predicting_leaves_the_random_state_alone() -> None:
    state, before = fit(1, X[:, 0]), torch.get_rng_state()
    predict_bundle(shape(1), state, X, threads=1)
    assert torch.equal(torch.get_rng_state(), before)
