"""Spaces, their inverses, and means in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax

from stackkit.errors import MetricError
from stackkit.metrics import get_space, mean_in_space


def probabilities(seed, n=50, c=3):
    return np.random.default_rng(seed).dirichlet(np.ones(c), n).clip(1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_round_trips(seed):
    rng = np.random.default_rng(seed)
    one = rng.uniform(1e-5, 1 - 1e-5, (20, 1))
    several = probabilities(seed)
    several /= several.sum(axis=1, keepdims=True)
    values = rng.gamma(1, 1e4, (20, 1))
    for name, x in (
        ("identity", values),
        ("logit", one),
        ("logit", several),
        ("log1p", values),
    ):
        space = get_space(name)
        assert space.fit(x) is space
        back = space.inverse(space.forward(x.copy()))
        assert back.dtype == np.float64
        assert back == pytest.approx(x, rel=1e-9)


def test_logit_clips_and_agrees_with_scipy():
    p = np.array([[0.0], [1e-9], [0.3], [1.0]], np.float32)
    space = get_space("logit")
    want = logit(p.astype(float).clip(1e-6, 1 - 1e-6))
    assert space.forward(p) == pytest.approx(want)
    z = np.array([[-800.0], [-30], [0], [800]])
    assert space.inverse(z) == pytest.approx(expit(z), rel=1e-12)


def test_logit_of_classes_is_centred_and_inverts_by_softmax():
    space = get_space("logit")
    z = space.forward(probabilities(1))
    assert z.sum(axis=1) == pytest.approx(np.zeros(len(z)), abs=1e-12)
    far = z * 100
    assert space.inverse(far) == pytest.approx(softmax(far, axis=1), rel=1e-12)
    assert np.isfinite(space.forward(np.eye(3))).all()


def test_log1p_counts_values_below_zero_as_zero():
    assert get_space("log1p").forward(np.array([[-5.0], [0], [1]])).ravel() == pytest.approx(
        [0, 0, np.log(2)]
    )


def test_an_unknown_space():
    with pytest.raises(MetricError) as caught:
        get_space("logits")
    assert "logit" in caught.value.hint


def rank_loop(fit, x):
    return np.mean(fit < x) + np.mean(fit == x) / 2


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=30),
    st.lists(st.integers(-5, 5), min_size=1, max_size=10),
)
def test_ranks_are_mid_ranks_among_the_fit_rows(fit, new):
    fitted = get_space("rank").fit(np.array(fit, dtype=float)[:, None])
    got = fitted.forward(np.array(new, dtype=float)[:, None])
    assert got.ravel() == pytest.approx([rank_loop(np.array(fit), x) for x in new])


def test_ranks_of_one_row_are_those_in_a_batch():
    rng = np.random.default_rng(0)
    fitted = get_space("rank").fit(rng.random((200, 3)).astype(np.float32))
    new = rng.random((40, 3)).astype(np.float32)
    batch = fitted.forward(new)
    for i in range(len(new)):
        assert np.array_equal(fitted.forward(new[i : i + 1]), batch[i : i + 1])


def test_ranks_come_back_as_values():
    x = np.random.default_rng(1).integers(0, 9, (60, 2)).astype(float)
    fitted = get_space("rank").fit(x)
    assert fitted.inverse(fitted.forward(x)) == pytest.approx(x)
    assert fitted.inverse(np.array([[0.0, 1.0]])).tolist() == [[x[:, 0].min(), x[:, 1].max()]]


def test_ranks_of_whole_numbers_do_not_cut_fractions():
    fitted = get_space("rank").fit(np.array([[0], [1]]))
    assert fitted.forward(np.array([[0.5]])).item() == 0.5


def test_what_ranks_refuse():
    rank = get_space("rank")
    with pytest.raises(MetricError, match=r"\(n, c\)"):
        rank.fit(np.ones(3))
    with pytest.raises(MetricError, match="finite"):
        rank.fit(np.array([[np.nan]]))
    with pytest.raises(MetricError, match="2 columns"):
        rank.fit(np.ones((3, 2))).forward(np.ones((3, 1)))


def test_mean_in_log1p_is_the_geometric_mean_of_one_plus_x():
    arrays = np.random.default_rng(2).gamma(1, 1e3, (4, 30, 1)).astype(np.float32)
    got = mean_in_space(iter(arrays), "log1p", "value")
    want = np.prod(1 + arrays.astype(float), axis=0) ** 0.25 - 1
    assert got == pytest.approx(want, rel=1e-6)
    assert got.dtype == np.float32
    assert got.flags.c_contiguous


def test_mean_of_probabilities_is_renormalised():
    arrays = [probabilities(s).astype(np.float32) * 1.5 for s in range(3)]
    got = mean_in_space(arrays, get_space("identity"), "proba")
    want = np.mean(arrays, axis=0, dtype=float)
    assert got == pytest.approx(want / want.sum(axis=1, keepdims=True), rel=1e-6)
    kept = mean_in_space(arrays, "identity", "value")
    assert kept == pytest.approx(want, rel=1e-6)
    one = mean_in_space([np.full((2, 1), 0.3)], "identity", "proba")
    assert one == pytest.approx(0.3)
    assert mean_in_space([np.zeros((1, 4))], "identity", "proba").tolist() == [[0.25] * 4]


def test_mean_leaves_its_inputs_alone():
    first, second = np.ones((2, 1)), np.zeros((2, 1))
    mean_in_space([first, second], "identity", "value")
    assert first.tolist() == [[1.0], [1.0]]


def test_mean_and_missing_rows():
    nan = np.nan
    arrays = [np.array([[1.0], [nan], [nan]]), np.array([[3.0], [5.0], [nan]])]
    strict = mean_in_space(arrays, "identity", "value")
    assert np.array_equal(strict, np.array([[2.0], [nan], [nan]]), equal_nan=True)
    lenient = mean_in_space(arrays, "identity", "value", skip_missing=True)
    assert np.array_equal(lenient, np.array([[2.0], [5.0], [nan]]), equal_nan=True)
    classes = [np.array([[nan, nan], [0.2, 0.2]]), np.array([[nan, nan], [nan, nan]])]
    shares = mean_in_space(classes, "identity", "proba", skip_missing=True)
    assert np.array_equal(shares, np.array([[nan, nan], [0.5, 0.5]]), equal_nan=True)


def test_what_a_mean_refuses():
    ones = np.ones((2, 1))
    with pytest.raises(MetricError, match="at least one"):
        mean_in_space([], "identity", "value")
    with pytest.raises(MetricError, match="identity or log1p"):
        mean_in_space([ones], "logit", "proba")
    with pytest.raises(MetricError, match="shape") as caught:
        mean_in_space([ones, np.ones((3, 1))], "identity", "value")
    assert "(3, 1)" in caught.value.got
