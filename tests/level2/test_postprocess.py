"""Post-processing steps against grids, formulas of one line and loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from stackkit.level2.postprocess import SPECS, Isotonic, Rescale, Temperature
from stackkit.level2.postprocess.isotonic import platt_targets, rising_curve
from stackkit.level2.postprocess.rescale import shrunk_line
from stackkit.level2.postprocess.temperature import COLDEST, HOTTEST
from stackkit.metrics import fit_decision, get_metric
from stackkit.predictions import Pool
from stackkit.spec import Objective

SEEDS = range(4)
BINARY = Objective("binary", "identity", "logloss", ("a", "b"))
THREE = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))
VALUES = Objective("regression", "identity", "squared")


def pool_of(*members: np.ndarray) -> Pool:
    arrays = tuple(np.asarray(m, np.float32).reshape(len(m), -1) for m in members)
    return Pool(tuple(f"m{i}" for i in range(len(arrays))), arrays)


def softmax(z: np.ndarray) -> np.ndarray:
    raised = np.exp(z - z.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def overconfident(seed: int, classes: int, rows: int = 400) -> tuple[Pool, np.ndarray, np.ndarray]:
    """Predictions whose logits are about 2.5 times too large, labels, weights."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, classes))
    y = np.array([rng.choice(classes, p=p) for p in softmax(z)])
    p = softmax(2.5 * z)
    return pool_of(p[:, 1:] if classes == 2 else p), y, rng.uniform(0.1, 2.0, rows)


def loss_at(temperature: float, p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Weighted log-loss row by row, from the definition."""
    p = np.hstack([1 - p, p]) if p.shape[1] == 1 else p
    total = 0.0
    for row, true, w in zip(np.clip(p.astype(float), 1e-6, 1 - 1e-6), y, weight, strict=True):
        raised = row ** (1 / temperature)
        total -= w * np.log(raised[true] / raised.sum())
    return total / weight.sum()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("goal", "classes"), [(BINARY, 2), (THREE, 3)])
def test_temperature_is_that_of_a_grid(seed: int, goal: Objective, classes: int) -> None:
    pool, y, weight = overconfident(seed, classes, rows=150)
    found = Temperature().build(goal, 0).fit(pool, y, weight).map_.temperature
    grid = np.geomspace(0.8 * found, 1.25 * found, 41)
    losses = [loss_at(t, pool.arrays[0], y, weight) for t in grid]
    assert 1.2 < found < 6
    assert int(np.argmin(losses)) == 20
    assert loss_at(found, pool.arrays[0], y, weight) <= min(losses) + 1e-9


@pytest.mark.parametrize("classes", [2, 3])
def test_predictions_are_those_of_the_temperature(classes: int) -> None:
    pool, y, _ = overconfident(1, classes)
    fitted = Temperature().build(BINARY if classes == 2 else THREE, 0).fit(pool, y)
    p = pool.arrays[0].astype(float)
    p = np.clip(p, 1e-6, 1 - 1e-6)
    whole = np.hstack([1 - p, p]) if classes == 2 else p
    expected = softmax(np.log(whole) / fitted.map_.temperature)
    expected = expected[:, 1:] if classes == 2 else expected
    np.testing.assert_allclose(fitted.predict(pool), expected, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_temperature_keeps_the_likeliest_class_and_the_order(seed: int) -> None:
    pool, y, weight = overconfident(seed, 3)
    after = Temperature().build(THREE, 0).fit(pool, y, weight).predict(pool)
    np.testing.assert_array_equal(after.argmax(axis=1), pool.arrays[0].argmax(axis=1))
    pool, y, weight = overconfident(seed, 2)
    after = Temperature().build(BINARY, 0).fit(pool, y, weight).predict(pool)
    order = np.argsort(pool.arrays[0][:, 0], kind="stable")
    assert (np.diff(after[order, 0]) >= 0).all()


@pytest.mark.parametrize(
    ("p", "y", "temperature"),
    [
        ([0.5] * 4, [0, 1, 0, 1], 1.0),
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], COLDEST),
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], HOTTEST),
    ],
)
def test_temperature_has_limits(p: list[float], y: list[int], temperature: float) -> None:
    fitted = Temperature().build(BINARY, 0).fit(pool_of(np.array(p)), np.array(y))
    assert fitted.map_.temperature == temperature


@pytest.mark.parametrize("seed", SEEDS)
def test_isotonic_is_the_min_max_formula(seed: int) -> None:
    """g_i = max over a <= i of min over b >= i of the weighted mean of rows a..b (Barlow, 1972)."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.random(25))
    positive, weight = rng.random(25) < x, rng.uniform(0.2, 3, 25)
    target = platt_targets(positive)
    curve = rising_curve(x, positive, weight)
    for i in range(25):
        best = max(
            min(np.average(target[a : b + 1], weights=weight[a : b + 1]) for b in range(i, 25))
            for a in range(i + 1)
        )
        assert np.interp(x[i], curve.x, curve.y) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_isotonic_of_classes_is_one_against_the_rest(seed: int) -> None:
    pool, y, weight = overconfident(seed, 3)
    p = pool.arrays[0].astype(np.float64)
    raw = np.column_stack(
        [
            IsotonicRegression(out_of_bounds="clip")
            .fit(p[:, k], platt_targets(y == k), weight)
            .predict(p[:, k])
            for k in range(3)
        ]
    )
    found = Isotonic().build(THREE, 0).fit(pool, y, weight).predict(pool)
    np.testing.assert_allclose(found, raw / raw.sum(axis=1, keepdims=True), atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


def test_isotonic_rises_and_never_says_0_or_1() -> None:
    pool, y, _ = overconfident(2, 2)
    fitted = Isotonic().build(BINARY, 0).fit(pool, y)
    wide = np.linspace(0, 1, 501)
    p = fitted.predict(pool_of(wide))[:, 0]
    assert (np.diff(p) >= 0).all() and p.min() > 0 and p.max() < 1


def test_platt_targets_count_each_class_once_more() -> None:
    np.testing.assert_allclose(platt_targets(np.array([True, False, False])), [2 / 3, 1 / 4, 1 / 4])


def test_isotonic_of_a_class_that_fit_rows_lack_is_small() -> None:
    pool, y, _ = overconfident(0, 3)
    p = Isotonic().build(THREE, 0).fit(pool, np.minimum(y, 1)).predict(pool)
    assert p[:, 2].max() < 0.01 and np.isfinite(p).all()


@pytest.mark.parametrize("step", [Temperature(), Isotonic()])
@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_helps_on_new_rows(step: Any, seed: int) -> None:
    pool, y, _ = overconfident(seed, 2, rows=6000)
    new, truth, weight = overconfident(seed + 100, 2, rows=2000)
    after = step.build(BINARY, 0).fit(pool, y).predict(new)
    assert loss_at(1.0, after, truth, weight) < loss_at(1.0, new.arrays[0], truth, weight) - 0.05


def skewed(seed: int, rows: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(3, 2, rows)
    return z, 1.5 * z - 2 + rng.normal(scale=0.5, size=rows), rng.uniform(0.1, 2, rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_pull_it_is_the_line_of_least_squares(seed: int) -> None:
    z, y, weight = skewed(seed)
    pool = pool_of(z)
    fitted = Rescale(pull=0.0).build(VALUES, 0).fit(pool, y, weight)
    b, a = np.polyfit(pool.arrays[0][:, 0].astype(float), y, 1, w=np.sqrt(weight))
    expected = np.clip(a + b * pool.arrays[0].astype(float), y.min(), y.max())
    np.testing.assert_allclose(fitted.predict(pool), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pull_is_that_of_right_rows(seed: int) -> None:
    """20 rows more, of the same mean and spread, whose predictions are right."""
    z, y, _ = skewed(seed)
    pool = pool_of(z)
    z = pool.arrays[0][:, 0].astype(float)
    right = z.mean() + z.std() * np.tile([-1.0, 1.0], 10)
    b, a = np.polyfit(np.r_[z, right], np.r_[y, right], 1)
    found = Rescale(pull=20.0).build(VALUES, 0).fit(pool, y).predict(pool)[:, 0]
    np.testing.assert_allclose(found, np.clip(a + b * z, y.min(), y.max()), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_under_a_quantile_the_shift_is_of_least_pinball_loss(q: float) -> None:
    z, y, weight = skewed(5)
    centre, shift, tilt = shrunk_line(z, y - z, weight, 1.0, q)
    left = y - z - tilt * (z - centre)

    def pinball(by: float) -> float:
        return float(weight @ np.maximum(q * (left - by), (q - 1) * (left - by)))

    assert pinball(shift) <= min(pinball(by) for by in left) + 1e-9
    assert tilt == pytest.approx(np.polyfit(z, y - z, 1, w=np.sqrt(weight))[0])


def test_values_stay_within_those_of_train() -> None:
    z, y, _ = skewed(3)
    fitted = Rescale().build(VALUES, 0).fit(pool_of(z), y)
    far = fitted.predict(pool_of(np.array([-1e6, 1e6])))[:, 0]
    assert far.tolist() == [y.min(), y.max()]


def test_logarithms_are_rescaled_as_such() -> None:
    rng = np.random.default_rng(0)
    z = np.abs(rng.normal(3, 1, 200)).astype(np.float32)
    y = np.expm1(0.5 + 0.8 * z)
    goal = Objective("regression", "log1p", "squared")
    pool = pool_of(np.expm1(z))
    found = Rescale(pull=0.0).build(goal, 0).fit(pool, y).predict(pool)[:, 0]
    np.testing.assert_allclose(found, y, rtol=1e-4)


def test_a_slope_is_never_negative_and_a_constant_is_only_moved() -> None:
    z, _, _ = skewed(1)
    fitted = Rescale(pull=0.0).build(VALUES, 0).fit(pool_of(z), -z)
    assert np.ptp(fitted.predict(pool_of(z))) == pytest.approx(0, abs=1e-6)
    flat = Rescale(pull=0.0).build(VALUES, 0).fit(pool_of(np.full(9, 2.0)), np.arange(9.0))
    np.testing.assert_allclose(flat.predict(pool_of(np.full(9, 2.0))), 4.0)


@pytest.mark.parametrize(("step", "goal"), [(Temperature(), THREE), (Isotonic(), THREE)])
def test_several_members_count_as_their_mean(step: Any, goal: Objective) -> None:
    (first, y, _), (second, _, _) = overconfident(0, 3), overconfident(1, 3)
    both = pool_of(first.arrays[0], second.arrays[0])
    mean = pool_of(both.matrix().astype(float).mean(axis=0))
    found = step.build(goal, 0).fit(both, y).predict(both)
    np.testing.assert_allclose(found, step.build(goal, 0).fit(mean, y).predict(mean), atol=1e-5)


def test_labels_are_made_by_decisions_on_any_record() -> None:
    """What the package's docstring says: thresholds and multipliers are fitted by a Decision."""
    pool, y, _ = overconfident(0, 3)
    metric = get_metric("f1_macro")
    decision = fit_decision(metric.decision_for("multiclass"), metric, y, pool.arrays[0])
    assert decision.kind == "multipliers"
    assert decision.apply(pool.arrays[0]).shape == y.shape


def test_specs_are_steps_of_their_tasks() -> None:
    classes = ("binary", "multiclass")
    tasks = {"temperature": classes, "isotonic": classes, "rescale": ("regression",)}
    assert {spec.name: spec.tasks for spec in SPECS} == tasks
    assert {(spec.role, spec.family, spec.recipe) for spec in SPECS} == {
        ("blend", "postprocess", None)
    }
