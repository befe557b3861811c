"""Losses of weights against their definitions, derivatives against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from weight_cases import KINDS, N, plain_loss, stack

from stackkit.level2.weights import terms as module
from stackkit.level2.weights.curves import Log, Logistic, Pinball

W = np.array([0.2, 0.5, 0.3])


def loss_of(kind: str, seed: int = 0):
    pool, y, weight = stack(kind, 3, seed)
    return KINDS[kind].loss(KINDS[kind].terms(pool, y, weight)), plain_loss(kind, pool, y, weight)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_the_value_is_that_of_the_definition(kind: str, seed: int) -> None:
    loss, plain = loss_of(kind, seed)
    rounded = 1e-2 if KINDS[kind].name == "quantile" else 1e-6
    assert loss.value(W) == pytest.approx(plain(W), rel=rounded)
    assert loss.value(W) >= plain(W) * (1 - 1e-6)
    assert loss(W).value == pytest.approx(loss.value(W), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_finite_differences(kind: str, seed: int) -> None:
    loss, _ = loss_of(kind, seed)
    slope = approx_fprime(W, loss.value, 1e-7)
    np.testing.assert_allclose(loss(W).gradient, slope, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].name != "quantile"])
def test_the_hessian_is_that_of_finite_differences(kind: str) -> None:
    loss, _ = loss_of(kind)
    slopes = approx_fprime(W, lambda w: loss(w).gradient, 1e-6)
    np.testing.assert_allclose(loss(W).hessian, slopes, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("curve", [Log(), Pinball(0.3, 0.5), Logistic(0.4)])
def test_curves_have_the_slopes_and_curvatures_of_their_values(curve) -> None:
    z = np.array([0.05, 0.2, 0.9, 2.0])
    for x in z if isinstance(curve, Log) else np.r_[z, -z]:
        value, slope, curvature = (part[0] for part in curve(np.array([x])))
        up, down = (curve(np.array([x + h])) for h in (1e-5, -1e-5))
        assert slope == pytest.approx((up[0][0] - down[0][0]) / 2e-5, rel=1e-4, abs=1e-6)
        assert curvature == pytest.approx((up[1][0] - down[1][0]) / 2e-5, rel=1e-4, abs=1e-6)
        assert np.isfinite(value)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_any_size_add_up_to_the_same(kind: str, monkeypatch) -> None:
    whole = loss_of(kind)[0](W)
    monkeypatch.setattr(module, "CELLS", 1)
    pool, y, weight = stack(kind, 3, rows=600)
    assert len(list(KINDS[kind].terms(pool, y, weight).blocks())) == 3
    monkeypatch.setattr(module.Pool, "blocks", lambda self, size: _small(self))
    pieces = loss_of(kind)[0](W)
    assert pieces.value == pytest.approx(whole.value, rel=1e-12)
    np.testing.assert_allclose(pieces.gradient, whole.gradient, rtol=1e-10)
    np.testing.assert_allclose(pieces.hessian, whole.hessian, rtol=1e-5)


def _small(pool):
    for i in range(0, len(pool), 7):
        yield pool.take(np.arange(i, min(i + 7, len(pool)))).matrix()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_share_0_count_nothing(kind: str) -> None:
    pool, y, weight = stack(kind, 3)
    weight[60:] = 0
    other = y.copy()
    other[60:] = other[60:][::-1]
    make = KINDS[kind]
    one, two = (make.loss(make.terms(pool, labels, weight))(W) for labels in (y, other))
    few = make.loss(make.terms(pool.take(np.arange(60)), y[:60], weight[:60]))(W)
    assert one.value == two.value
    assert one.value == pytest.approx(few.value, rel=1e-12)
    np.testing.assert_array_equal(one.gradient, two.gradient)


def test_a_part_of_the_terms_is_that_of_the_rows() -> None:
    pool, y, weight = stack("binary", 3)
    rows = np.arange(0, N, 3)
    make = KINDS["binary"]
    part = make.loss(make.terms(pool, y, weight).take(rows)).value(W)
    assert part == pytest.approx(plain_loss("binary", pool.take(rows), y[rows], weight[rows])(W))
