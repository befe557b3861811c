"""DynamicSelection: spaces, gate, static weights, shrink, explanations, with every method."""

from __future__ import annotations

import dataclasses
from typing import Any

import cloudpickle
import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level2.dynamic import METHODS, SPECS, DynamicSelection, dynamic_spec
from stackkit.level2.dynamic.learner import DynamicFit, lasts
from stackkit.level2.dynamic.method import Reference
from stackkit.level2.dynamic.references import Agreement, losses, reference_of, static_weights
from stackkit.level2.dynamic.spaces import Columns, Profiles
from stackkit.predictions import Pool
from stackkit.spec import Learner, Objective

TASKS = ("binary", "multiclass", "regression")
IN_FEATURES = [(name, task, "features") for name in METHODS for task in METHODS[name].tasks]
ELSEWHERE = (("knora_u", "binary"), ("meta_des", "multiclass"), ("local_nnls", "regression"))
IN_LEAVES = [(*case, "leaves") for case in ELSEWHERE]
IN_PREDICTIONS = [(*case, "predictions") for case in ELSEWHERE]
BOLD = (
    "lca",
    "mla",
    "a_posteriori",
    "knora_e",
)  # few rows speak: they gain when shrunk
PLAIN = {"shrink": (0.0,), "gate": 0.0}


def objective_of(task: str) -> Objective:
    surrogate = "squared" if task == "regression" else "logloss"
    classes = {"binary": ("a", "b"), "multiclass": ("a", "b", "c"), "regression": ()}[task]
    return Objective(task, "identity", surrogate, classes)


def halves(task: str, n: int, seed: int, m: int = 4) -> tuple[Pool, np.ndarray]:
    """Even members are good where the first feature is positive, odd ones elsewhere."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    good = (x[:, 0] > 0) == (np.arange(m) % 2 == 0)[:, None]
    noise = np.where(good, 0.2, 2.0)[..., None]
    if task == "regression":
        y = rng.normal(size=n)
        made = y[:, None] + noise * rng.normal(size=(m, n, 1))
    else:
        count = 2 if task == "binary" else 3
        y = rng.integers(0, count, n)
        scores = np.eye(count)[y] * 2 + noise * rng.normal(size=(m, n, count))
        made = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
        made = made[..., 1:] if task == "binary" else made
    features = Matrix(x, ("a", "b", "c"), (0, 0, 0))
    arrays = tuple(np.ascontiguousarray(p, dtype=np.float32) for p in made)
    return Pool(tuple(f"m{i}" for i in range(m)), arrays, features=features), y


def fitted(task: str, n: int = 300, weight: Any = None, **parameters: Any) -> Any:
    pool, y = halves(task, n, seed=1)
    return DynamicSelection(**parameters).build(objective_of(task), 3).fit(pool, y, weight)


def loss(estimator: Any, pool: Pool, y: np.ndarray) -> float:
    p = estimator.predict(pool)
    if estimator.objective.of_values:
        return float(np.mean((p[:, 0] - y) ** 2))
    true = np.where(y == 1, p[:, 0], 1 - p[:, 0]) if p.shape[1] == 1 else p[np.arange(len(y)), y]
    return float(-np.log(np.maximum(true, 1e-15)).mean())


@pytest.mark.parametrize(("method", "task", "space"), IN_FEATURES + IN_LEAVES)
def test_each_method_gains_where_members_are_good_in_places(
    method: str, task: str, space: str
) -> None:
    pool, y = halves(task, 300, seed=2)
    static = fitted(task, n=600, method=method, space=space, shrink=(1.0,))
    dynamic = fitted(task, n=600, method=method, space=space, **PLAIN)
    chosen = fitted(task, n=600, method=method, space=space)
    assert method in BOLD or loss(dynamic, pool, y) < loss(static, pool, y)
    assert loss(chosen, pool, y) <= loss(static, pool, y)
    if loss(dynamic, pool, y) < 0.98 * loss(static, pool, y):
        assert loss(chosen, pool, y) < loss(static, pool, y)


@pytest.mark.parametrize(("method", "task", "space"), IN_FEATURES + IN_LEAVES + IN_PREDICTIONS)
def test_a_row_is_weighted_alone_as_in_a_batch(method: str, task: str, space: str) -> None:
    """On features of few values, so that most distances are equal to many others."""
    pool, y = halves(task, 150, seed=4)
    few = Matrix(np.round(pool.features.values), ("a", "b", "c"), (0, 0, 0))
    pool = dataclasses.replace(pool, features=few)
    learner = DynamicSelection(method=method, space=space, neighbours=7, **PLAIN)
    estimator = learner.build(objective_of(task), 0).fit(pool, y)
    together = estimator.row_weights(pool)
    np.testing.assert_allclose(together.sum(axis=1), 1)
    assert together.min() >= 0
    for i in range(0, 150, 30):
        alone = estimator.row_weights(pool.take(np.array([i])))
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("task", TASKS)
def test_a_prediction_is_the_weighted_mean_of_the_members(task: str) -> None:
    method = "inverse_loss" if task == "regression" else "knora_u"
    estimator = fitted(task, method=method, space="features")
    pool, _ = halves(task, 80, seed=5)
    weights, members = estimator.row_weights(pool), pool.matrix().astype(float)
    slow = [sum(weights[r, i] * members[i, r] for i in range(4)) for r in range(80)]
    np.testing.assert_allclose(estimator.predict(pool), slow, rtol=1e-6)


def test_means_of_values_are_taken_in_the_objective_s_space() -> None:
    pool, y = halves("regression", 200, seed=6)
    positive = dataclasses.replace(pool, arrays=tuple(np.exp(a) for a in pool.arrays))
    objective = Objective("regression", "log1p", "squared")
    learner = DynamicSelection(method="inverse_loss", space="predictions")
    estimator = learner.build(objective, 0).fit(positive, np.exp(y))
    weights = estimator.row_weights(positive)
    logs = np.log1p(positive.matrix()[..., 0].astype(float)).T
    mean = np.expm1((weights * logs).sum(axis=1))
    np.testing.assert_allclose(estimator.predict(positive)[:, 0], mean, rtol=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_rows_on_which_the_pool_agrees_get_static_weights(task: str) -> None:
    method = "better_than_mean" if task == "regression" else "ola"
    estimator = fitted(task, method=method, space="features", gate=1.0, shrink=(0.0,))
    pool, _ = halves(task, 200, seed=7)
    matrix, weights = pool.matrix().astype(float), estimator.row_weights(pool)
    reference = estimator.selection_.reference.predictions
    limit = np.median(reference.std(axis=0).max(axis=1))
    full = np.concatenate([1 - matrix, matrix], axis=2) if task == "binary" else matrix
    static = estimator.selection_.static
    agreed = []
    for r in range(200):
        one_class = len({int(np.argmax(p[r])) for p in full}) == 1
        agreed.append(one_class and full[:, r].std(axis=0).max() <= limit)
        assert not agreed[-1] or np.array_equal(weights[r], static)
    assert 0 < sum(agreed) < 200
    assert (weights != static).any(axis=1).sum() > 50


def test_static_weights_are_the_best_of_a_grid() -> None:
    rng = np.random.default_rng(8)
    for seed in range(4):
        pool, y = halves("binary", 400, seed, m=2)
        weight = rng.uniform(0.1, 2, 400) if seed % 2 else None
        reference = reference_of(pool.matrix(), y, weight, objective_of("binary"), "hard")
        true = reference.predictions[:, np.arange(400), y]
        grid = np.linspace(0, 1, 1001)
        mixed = grid[:, None] * true[0] + (1 - grid)[:, None] * true[1]
        found = np.average(-np.log(mixed), axis=1, weights=weight)
        assert abs(static_weights(reference, values=False)[0] - grid[found.argmin()]) < 2e-3


def test_static_weights_of_values_are_those_of_least_squares() -> None:
    pool, y = halves("regression", 400, seed=9, m=2)
    reference = reference_of(pool.matrix(), y, None, objective_of("regression"), "soft")
    grid = np.linspace(0, 1, 1001)
    away = reference.predictions[..., 0] - y
    squared = ((grid[:, None] * away[0] + (1 - grid)[:, None] * away[1]) ** 2).mean(axis=1)
    penalty = 0.01 * (away**2).mean() * (grid**2 + (1 - grid) ** 2)
    assert (
        abs(static_weights(reference, values=True)[0] - grid[(squared + penalty).argmin()]) < 2e-3
    )


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_pinball_competence_is_minus_the_loss_of_each_row(quantile: float) -> None:
    away = np.random.default_rng(0).normal(size=(3, 50))
    slow = [[quantile * -a if a < 0 else (1 - quantile) * a for a in row] for row in away]
    np.testing.assert_allclose(losses(away, quantile), slow)


def test_soft_and_hard_competence_are_data() -> None:
    pool, y = halves("multiclass", 60, seed=10)
    matrix = pool.matrix()
    soft = reference_of(matrix, y, None, objective_of("multiclass"), "soft").competence
    hard = reference_of(matrix, y, None, objective_of("multiclass"), "hard").competence
    for i in range(4):
        for r in range(60):
            assert soft[i, r] == pytest.approx(matrix[i, r, y[r]])
            assert hard[i, r] == float(np.argmax(matrix[i, r]) == y[r])
    assert not np.array_equal(*(fitted("multiclass", competence=c, **PLAIN).row_weights(pool)
                                for c in ("soft", "hard")))  # fmt: skip


def test_shrink_mixes_dynamic_and_static_weights() -> None:
    pool, _ = halves("binary", 100, seed=11)
    given = {"method": "ola", "space": "features", "gate": 0.0}
    dynamic, half, static = (
        fitted("binary", shrink=(s,), **given).row_weights(pool) for s in (0.0, 0.5, 1.0)
    )
    np.testing.assert_allclose(half, (dynamic + static) / 2)
    assert np.ptp(static, axis=0).max() == 0 < np.ptp(dynamic, axis=0).max()


def test_shrink_is_chosen_by_what_helps() -> None:
    """Members that are good in places call for no shrink, members that are alike for all of it."""
    assert fitted("binary", n=600, method="ola", space="features").shrink_ < 0.5
    rng = np.random.default_rng(12)
    pool, y = halves("binary", 600, seed=12)
    shuffled = dataclasses.replace(pool, features=pool.features.take(rng.permutation(600)))
    alike = DynamicSelection(method="ola", space="features").build(objective_of("binary"), 3)
    assert alike.fit(shuffled, y).shrink_ == 1.0


def test_of_like_shrinks_the_largest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.25 is best, 0.5 within its error, 0.75 and 1 are not; nor is 0, which is no larger."""
    noise = np.random.default_rng(0).normal(size=50)
    extra = {0.0: 0.01, 0.25: 0.0, 0.5: 0.01, 0.75: 0.5, 1.0: 2.0}
    given = np.array([more + 0.2 * k * noise for k, more in enumerate(extra.values())])
    given -= given.mean(axis=1, keepdims=True) - np.array(list(extra.values()))[:, None]
    pool, y = halves("binary", 100, seed=14)
    for shrink in (tuple(extra), tuple(extra)[::-1]):
        flipped = given if shrink[0] == 0 else given[::-1]
        monkeypatch.setattr(DynamicFit, "_tried", lambda self, *rest, found=flipped: found)
        learner = DynamicSelection(shrink=shrink)
        assert learner.build(objective_of("binary"), 0).fit(pool, y).shrink_ == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_gain_lasts_above_its_standard_error(seed: int) -> None:
    """The error of a weighted mean is that of the mean of as many like rows as a weight says."""
    rng = np.random.default_rng(seed)
    gains, counts = rng.normal(size=50), np.ones(50)
    error = gains.std() / np.sqrt(50)
    for share, expected in ((0.9, False), (1.1, True)):
        assert lasts(gains - gains.mean() + share * error, counts) is expected
        assert lasts(gains - gains.mean() + share * error, 3 * counts) is expected
    heavy = np.r_[np.full(25, 1.0), np.zeros(25)]
    assert lasts(gains, heavy) is lasts(gains[:25], np.ones(25))
    assert not lasts(np.zeros(50), counts)


def test_reference_rows_are_bounded_and_drawn_by_the_seed() -> None:
    pool, y = halves("binary", 500, seed=13)
    learner = DynamicSelection(reference_rows=100)
    one, same, other = (
        learner.build(objective_of("binary"), seed).fit(pool, y).selection_.reference.y
        for seed in (1, 1, 2)
    )
    assert len(one) == 100
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("task", TASKS)
def test_explain_says_who_was_selected_and_why(task: str) -> None:
    method = "better_than_mean" if task == "regression" else "knora_e"
    estimator = fitted(task, method=method, space="features", neighbours=9)
    pool, _ = halves(task, 40, seed=14)
    table = estimator.explain(pool)
    assert list(table["row"]) == [r for r in range(40) for _ in range(4)]
    assert list(table["member"][:4]) == ["m0", "m1", "m2", "m3"]
    np.testing.assert_allclose(
        table["weight"].to_numpy().reshape(40, 4), estimator.row_weights(pool)
    )
    reference, features = estimator.selection_.reference, halves(task, 300, seed=1)[0].features
    for line in table[::7].itertuples():
        away = ((features.values - pool.features.values[line.row]) ** 2).sum(axis=1)
        assert list(line.neighbours) == list(np.argsort(away)[:9])
        local = reference.competence[int(line.member[1]), list(line.neighbours)].mean()
        assert line.competence == pytest.approx(local)
    assert not table["selected"][table["agreed"]].any()
    alone = estimator.explain(pool.take(np.array([7])))
    assert list(alone["neighbours"]) == list(table["neighbours"][table["row"] == 7])


def test_codes_are_one_hot_and_missing_values_at_the_mean() -> None:
    values = np.array([[1.0, 0], [3, 1], [np.nan, 2]], dtype=np.float32)
    pool = Pool(
        ("m",), (np.zeros((3, 1), np.float32),), features=Matrix(values, ("x", "k"), (0, 3))
    )
    made = Columns.of(pool).embed(pool)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(made, [[1, half, 0, 0], [3, 0, half, 0], [2, 0, 0, half]])
    codes = made[:, 1:]
    assert ((codes[0] - codes[1]) ** 2).sum() == pytest.approx(1)


def test_profiles_of_values_are_in_units_of_their_spread() -> None:
    pool, _ = halves("regression", 100, seed=15)
    large = dataclasses.replace(pool, arrays=tuple(1000 * a for a in pool.arrays))
    objective = objective_of("regression")
    one, other = (Profiles.of(p, objective).embed(p) for p in (pool, large))
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_what_cannot_be_is_refused() -> None:
    pool, y = halves("binary", 60, seed=16)
    objective = objective_of("binary")
    with pytest.raises(ModelError, match="known"):
        DynamicSelection(method="knora_x").build(objective, 0)
    with pytest.raises(ModelError, match="local_nnls is for regression"):
        DynamicSelection(method="local_nnls").build(objective, 0)
    with pytest.raises(ModelError, match="space of DynamicSelection"):
        DynamicSelection(space="nowhere")
    with pytest.raises(ModelError, match="competence of DynamicSelection"):
        DynamicSelection(competence="firm")
    bare = dataclasses.replace(pool, features=None)
    with pytest.raises(ModelError, match="need features"):
        DynamicSelection(space="features").build(objective, 0).fit(bare, y)


@pytest.mark.parametrize("given", [3, None, "empty"])
def test_what_is_no_pool_with_rows_is_not_explained(given) -> None:
    pool, y = halves("binary", 60, seed=16)
    fitted = DynamicSelection().build(objective_of("binary"), 0).fit(pool, y)
    with pytest.raises(ModelError, match="rows of a Pool are explained"):
        fitted.explain(pool.take(np.array([], dtype=int)) if given == "empty" else given)


def test_each_method_has_a_spec_of_its_own() -> None:
    plain = [s for s in SPECS if s.learner.space == "predictions"]
    assert {s.learner.method for s in plain} == set(METHODS)
    assert len(plain) == 19
    assert len({s.name for s in SPECS}) == len(SPECS) == 27
    for spec in SPECS:
        assert isinstance(spec.learner, Learner)
        assert spec.role == "blend" and spec.family == "dynamic"
        assert (spec.recipe == "kernel") == (spec.learner.space != "predictions")
        assert spec.tasks == METHODS[spec.learner.method].tasks
        assert spec.learner.queries == "chain" and spec.learner.test_from == "folds"


def test_a_spec_is_named_after_method_and_space() -> None:
    named = [("knora_u", "predictions"), ("des_p", "features"), ("meta_des", "leaves")]
    names = [dynamic_spec(*which).name for which in named]
    assert names == ["des_knora_u", "des_p_features", "meta_des_leaves"]


def test_a_learner_in_feature_space_needs_features() -> None:
    assert not DynamicSelection().needs_features
    assert DynamicSelection(space="features").needs_features
    assert DynamicSelection(space="leaves").needs_features


@pytest.mark.parametrize("space", ["features", "predictions", "leaves"])
def test_a_fitted_one_crosses_to_another_process(space: str) -> None:
    estimator = fitted("binary", space=space, method="knop")
    pool, _ = halves("binary", 30, seed=17)
    there = cloudpickle.loads(cloudpickle.dumps(estimator))
    np.testing.assert_array_equal(there.predict(pool), estimator.predict(pool))


def test_the_agreement_of_equal_members_holds_everywhere() -> None:
    p = np.tile(np.array([[[0.3, 0.7], [0.6, 0.4]]]), (3, 1, 1))
    reference = Reference(np.array([1, 0]), p, p[..., 1])
    assert Agreement.of(reference, 0.0).holds(p).all()
