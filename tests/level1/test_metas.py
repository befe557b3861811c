"""The other meta-models against closed forms, scikit-learn's models and loops over rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from meta_stacks import M, N, classes_of, objective, pool_of, values
from scipy.optimize import minimize, nnls
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import ElasticNet as Sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from stackkit.level1 import (
    METAS,
    Discriminant,
    ElasticNet,
    ExtraTreesMeta,
    LightGBMFeatureMeta,
    LightGBMMeta,
    MLPMeta,
    Neighbors,
    NonNegative,
)
from stackkit.level1.elastic_net import fit_classes, lasso
from stackkit.level1.nonnegative import nonnegative
from stackkit.level1.trees import set_leaves
from stackkit.meta_features import MetaFeatures
from stackkit.metrics import get_metric, weighted_quantile
from stackkit.predictions import Pool
from stackkit.spec import Learner

SEEDS = range(3)
QUANTILES = [name for name, spec in METAS.items() if "regression" in spec.tasks]


def standardised(pool: Pool, y: np.ndarray) -> np.ndarray:
    return (pool.matrix()[..., 0].T.astype(np.float64) - y.mean()) / y.std()


def logits(pool: Pool) -> np.ndarray:
    p = pool.matrix().astype(np.float64)
    if p.shape[2] == 1:
        return np.log(p / (1 - p))
    return np.log(p) - np.log(p).mean(axis=2, keepdims=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_elastic_net_of_values_is_that_of_scikit_learn(seed: int) -> None:
    pool, y = values(seed)
    z, target = standardised(pool, y), (y - y.mean()) / y.std()
    hand = Sklearn(alpha=0.1, l1_ratio=0.4, tol=1e-10).fit(z, target).predict(z)
    learner = ElasticNet(alphas=(0.1,), l1_ratio=0.4)
    found = learner.build(objective("regression"), 0).fit(pool, y).predict(pool)
    np.testing.assert_allclose(found[:, 0], hand * y.std() + y.mean(), atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_elastic_net_of_two_classes_is_that_of_scikit_learn(seed: int) -> None:
    pool, y = classes_of(2, seed)
    z = logits(pool)[..., 0].T
    hand = LogisticRegression(
        C=1 / (N * 0.05), l1_ratio=0.5, solver="saga", tol=1e-8, max_iter=20_000
    ).fit(z, y)
    learner = ElasticNet(alphas=(0.05,))
    found = learner.build(objective("binary"), 0).fit(pool, y).predict(pool)
    np.testing.assert_allclose(found[:, 0], hand.predict_proba(z)[:, 1], atol=2e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_elastic_net_of_classes_meets_its_conditions(seed: int) -> None:
    """No member's gradient exceeds the penalty; where it has weight, they balance."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(200, 2, 6)), rng.integers(3, size=200)
    x[np.arange(200)[y < 2], y[y < 2], 0] += 1.0
    l1 = l2 = 0.06
    model = fit_classes(x, y, np.ones(200), l1, l2)
    eta = np.concatenate([model.scores(x), np.zeros((200, 1))], axis=1)
    p = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    away = (p - np.eye(3)[y])[:, :2]
    gradient = np.einsum("nk,nkm->m", away, x) / 200 + l2 * model.members
    used = model.members != 0
    assert used[0] and not used.all()
    np.testing.assert_allclose(gradient[used], -l1 * np.sign(model.members[used]), atol=1e-5)
    assert (np.abs(gradient[~used]) <= l1 + 1e-6).all()
    np.testing.assert_allclose(away.sum(axis=0) / 200, 0, atol=1e-5)


def test_lasso_of_a_diagonal_is_soft_thresholding() -> None:
    found = lasso(np.diag([2.0, 1.0, 4.0]), np.array([3.0, 0.5, -2.0]), 1.0, 0.0)
    np.testing.assert_allclose(found, [1.0, 0.0, -0.25], atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_non_negative_values_are_those_of_a_constrained_optimiser(seed: int) -> None:
    pool, y = values(seed)
    z, target = standardised(pool, y), (y - y.mean()) / y.std()
    noise = np.random.default_rng(seed).normal(size=N)
    z = np.column_stack([z[:, :2], noise - target])
    pool = pool_of((z * y.std() + y.mean()).T[..., None])

    def loss(v: np.ndarray) -> float:
        return float(np.mean((target - v[0] - z @ v[1:]) ** 2))

    limits = [(None, None)] + [(0, None)] * 3
    best = minimize(loss, np.zeros(4), bounds=limits, method="L-BFGS-B", tol=1e-14)
    fitted = NonNegative(penalty=1e-12).build(objective("regression"), 0).fit(pool, y)
    assert fitted.weights_[2] == 0
    np.testing.assert_allclose(fitted.weights_, best.x[1:], atol=1e-3)


@pytest.mark.parametrize("classes", [2, 3])
def test_non_negative_classes_are_least_squares_on_indicators(classes: int) -> None:
    pool, y = classes_of(classes)
    p = pool.matrix().astype(np.float64)
    p = np.concatenate([1 - p, p], axis=2) if classes == 2 else p
    weights = nnls(p.reshape(M, -1).T, np.eye(classes)[y].ravel())[0]
    task = "binary" if classes == 2 else "multiclass"
    fitted = NonNegative(penalty=1e-12).build(objective(task, classes), 0).fit(pool, y)
    np.testing.assert_allclose(fitted.weights_, weights, atol=1e-6)
    made = np.clip(np.tensordot(weights, p, axes=1), 0, 1)
    made /= made.sum(axis=1, keepdims=True)
    expected = made[:, 1:] if classes == 2 else made
    np.testing.assert_allclose(fitted.predict(pool), expected, atol=1e-6)


@pytest.mark.parametrize("learner", [NonNegative(), ElasticNet()])
def test_weights_stand_in_the_order_of_the_members_given(learner: Learner) -> None:
    pool, y = values(0)
    order = [2, 0, 1]
    as_named = learner.build(objective("regression"), 0).fit(pool.members([0, 1, 2]), y).weights_
    turned = learner.build(objective("regression"), 0).fit(pool.members(order), y).weights_
    assert len(set(as_named)) == 3
    np.testing.assert_allclose(turned, as_named[order], rtol=1e-6)


def test_like_members_share_their_weight() -> None:
    a = np.random.default_rng(0).normal(size=50)
    found = nonnegative(np.column_stack([a, a]), a, 1e-4)
    np.testing.assert_allclose(found, 0.5, atol=1e-3)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_discriminant_is_that_of_scikit_learn(classes: int, seed: int) -> None:
    pool, y = classes_of(classes, seed)
    z = np.hstack(list(logits(pool)))
    hand = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2).fit(z, y).predict_proba(z)
    task = "binary" if classes == 2 else "multiclass"
    found = Discriminant(shrinkage=0.2).build(objective(task, classes), 0).fit(pool, y)
    expected = hand[:, 1:] if classes == 2 else hand
    np.testing.assert_allclose(found.predict(pool), expected, atol=1e-4)


def test_a_weight_of_the_discriminant_counts_as_many_rows() -> None:
    pool, y = classes_of(3)
    weight = np.random.default_rng(0).integers(1, 4, N)
    rows = np.repeat(np.arange(N), weight)
    aim = objective("multiclass", 3)
    weighted = Discriminant().build(aim, 0).fit(pool, y, weight.astype(float)).predict(pool)
    repeated = Discriminant().build(aim, 0).fit(pool.take(rows), y[rows]).predict(pool)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_neighbours_vote_as_in_a_loop(task: str) -> None:
    pool, y = classes_of(2) if task == "binary" else values()
    others, _ = classes_of(2, 9) if task == "binary" else values(9)
    learner = Neighbors(counts=(7,), prior_votes=2.0)
    found = learner.build(objective(task), 0).fit(pool, y).predict(others)
    places, queries = (q.matrix()[..., 0].T.astype(np.float64) for q in (pool, others))
    for i in range(0, N, 10):
        near = np.argsort(((places - queries[i]) ** 2).sum(axis=1), kind="stable")[:7]
        assert found[i, 0] == pytest.approx((y[near].sum() + 2 * y.mean()) / 9)


def test_the_count_of_neighbours_is_the_best_of_leave_one_out() -> None:
    pool, y = values(n=60)
    fitted = Neighbors(counts=(1, 5, 25)).build(objective("regression"), 0).fit(pool, y)
    errors = []
    for count in (1, 5, 25):
        left = []
        for i in range(60):
            rest = np.arange(60) != i
            learner = Neighbors(counts=(count,))
            alone = learner.build(objective("regression"), 0).fit(pool.take(rest), y[rest])
            left.append(y[i] - alone.predict(pool.take(np.array([i])))[0, 0])
        errors.append(np.mean(np.square(left)))
    assert fitted.count_ == (1, 5, 25)[int(np.argmin(errors))]


def test_equal_rows_vote_together_in_any_batch() -> None:
    y = np.random.default_rng(0).integers(2, size=N)
    pool = pool_of(np.repeat((np.arange(N) % 3 / 4 + 0.1)[None, :, None], 2, axis=0))
    learner = Neighbors(counts=(1,), prior_votes=0.0)
    fitted = learner.build(objective("binary"), 0).fit(pool, y)
    together = fitted.predict(pool)[:, 0]
    for k in range(3):
        np.testing.assert_allclose(together[k::3], y[k::3].mean())
    alone = [fitted.predict(pool.take(np.array([i])))[0, 0] for i in range(0, N, 7)]
    np.testing.assert_array_equal(alone, together[::7])


def test_more_rows_than_are_kept_are_sampled() -> None:
    pool, y = values()
    fitted = Neighbors(most_rows=40).build(objective("regression"), 0).fit(pool, y)
    assert len(fitted.points_.values) == 40
    assert np.isfinite(fitted.predict(pool)).all()


def test_extra_trees_are_those_of_scikit_learn_on_the_meta_features() -> None:
    pool, y = classes_of(3)
    aim, learner = objective("multiclass", 3), ExtraTreesMeta(n_estimators=20)
    X = MetaFeatures(learner.groups).fit(pool, y, None, aim, 3).transform(pool)
    X = X.astype(np.float32)
    forest = ExtraTreesClassifier(20, min_samples_leaf=7, max_features=0.5, random_state=3)
    found = learner.build(aim, 3).fit(pool, y).predict(pool)
    np.testing.assert_allclose(found, forest.fit(X, y).predict_proba(X))


def test_leaves_give_quantiles_of_their_rows() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 2)).astype(np.float32), rng.normal(size=200)
    tree = DecisionTreeRegressor(min_samples_leaf=20, random_state=0).fit(X, y)
    for weight, q in ((np.ones(200), 0.5), (rng.integers(1, 4, 200).astype(float), 0.3)):
        set_leaves(tree, X, y, weight, q)
        for leaf in np.unique(tree.apply(X)):
            rows = tree.apply(X) == leaf
            wanted = weighted_quantile(y[rows], q, weight[rows])
            np.testing.assert_allclose(tree.predict(X[rows]), wanted)


@pytest.mark.parametrize("learner", [LightGBMMeta(), ExtraTreesMeta(), MLPMeta()])
def test_values_start_from_the_mean_of_the_members(learner: Learner) -> None:
    """Where that is exact there is nothing to correct, far from the centre too."""
    y = np.linspace(-3, 3, N)
    off = np.sin(np.arange(N))
    pool = pool_of(np.stack([y + off, y - off])[..., None])
    found = learner.build(objective("regression"), 0).fit(pool, y).predict(pool)
    np.testing.assert_allclose(found[:, 0], y, atol=0.1)


def test_boosting_reads_features_where_it_says_so() -> None:
    pool, y = classes_of(2, n=600)
    telling = np.column_stack([y + 0.1 * np.random.default_rng(0).normal(size=600)])
    pool = dataclasses.replace(pool, features=pool_of(pool.matrix(), telling).features)
    aim, loss = objective("binary"), get_metric("logloss").score
    plain = LightGBMMeta().build(aim, 0).fit(pool, y).predict(pool)
    beside = LightGBMFeatureMeta().build(aim, 0).fit(pool, y).predict(pool)
    assert loss(y, beside) < 0.6 * loss(y, plain)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_nets_learn_what_is_not_linear(task: str) -> None:
    """The target is the product of two members' signs."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2, 2000))
    y = (z[0] * z[1] > 0).astype(int)
    arrays = 1 / (1 + np.exp(-z)) if task == "binary" else z
    pool = pool_of(arrays[..., None])
    fitted = (
        MLPMeta().build(objective(task), 0).fit(pool, y.astype(float) if task != "binary" else y)
    )
    assert get_metric("auc").score(y, fitted.predict(pool)) > 0.9


@pytest.mark.parametrize(("surrogate", "q"), [("absolute", 0.5), ("quantile:0.9", 0.9)])
@pytest.mark.parametrize("name", QUANTILES)
def test_a_quantile_is_where_it_should_be(name: str, surrogate: str, q: float) -> None:
    pool, y = values(n=500)
    aim = objective("regression", surrogate=surrogate)
    p = METAS[name].learner.build(aim, 0).fit(pool, y).predict(pool)
    assert (y <= p[:, 0]).mean() == pytest.approx(q, abs=0.08)


@pytest.mark.parametrize("name", METAS)
def test_twenty_rows_and_a_class_of_two_are_enough(name: str) -> None:
    pool, _ = classes_of(2, n=20)
    y = np.r_[np.zeros(18, int), 1, 1]
    p = METAS[name].learner.build(objective("binary"), 0).fit(pool, y).predict(pool)
    assert np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1
