"""META-DES: its meta-features in a loop, its naive Bayes against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from made_regions import knora_u, made
from sklearn.naive_bayes import MultinomialNB

from stackkit.level2.dynamic.meta_des import MetaDes, log_odds
from stackkit.level2.dynamic.meta_features import margin_of_votes
from stackkit.level2.dynamic.method import Reference, Region
from stackkit.level2.dynamic.search import Index

SEEDS = range(2)
EVERY = 1.1  # of consensus: all rows are learnt from


def slow_features(
    reference: Reference, near: np.ndarray, p: np.ndarray, kp: int, itself: int | None
) -> np.ndarray:
    """f1 … f5 of Cruz et al. (2015), section 3.2, of each member at one query p (m, C), tenths."""
    m, n, classes = reference.predictions.shape
    some = slice(1, None) if classes == 2 else slice(None)
    away = [np.linalg.norm(reference.predictions[:, r, some] - p[:, some]) for r in range(n)]
    if itself is not None:
        away[itself] = np.inf
    alike = np.argsort(away)[:kp]
    unit = np.ones(n) if reference.weight is None else reference.weight
    out = []
    for i in range(m):
        mine = reference.predictions[i]
        f1 = [float(mine[r].argmax() == reference.y[r]) for r in near]
        f2 = [mine[r, reference.y[r]] for r in near]
        f3 = [np.average(reference.competence[i, near], weights=unit[near])]
        f4 = [reference.competence[i, r] for r in alike]
        out.append([*f1, *f2, *f3, *f4, p[i].max()])
    return np.digitize(np.array(out) + 1e-6, np.linspace(0.1, 1, 10))


def slow_meta_des(
    reference: Reference, own: Region, region: Region, p: np.ndarray, kp: int
) -> np.ndarray:
    """Probability to be right of each member at each query, learnt from all reference rows."""
    n, unit = len(reference.y), reference.weight
    known = reference.predictions.transpose(1, 0, 2)
    x = [slow_features(reference, own.rows[r], known[r], kp, itself=r) for r in range(n)]
    right = known.argmax(axis=2) == reference.y[:, None]
    weight = np.repeat(np.ones(n) if unit is None else unit, reference.members)
    bayes = MultinomialNB().fit(np.concatenate(x), right.ravel(), weight)
    queries = zip(region.rows, p.transpose(1, 0, 2), strict=True)
    seen = [slow_features(reference, rows, one, kp, itself=None) for rows, one in queries]
    return np.stack([bayes.predict_proba(one)[:, 1] for one in seen])


def own_region(reference: Reference, k: int) -> Region:
    points = np.random.default_rng(0).normal(size=(len(reference.y), 3))
    return Index.of(points).own(k)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_loop(seed: int, classes: int, hard: bool, weighted: bool) -> None:
    reference, region, p = made(seed, classes, hard, weighted)
    own = own_region(reference, region.rows.shape[1])
    fitted = MetaDes(consensus=EVERY).fit(reference, own, 0)
    slow = slow_meta_des(reference, own, region, p, kp=5)
    found = fitted.competence(region, p)
    # the prior of ours is smoothed by one row
    np.testing.assert_allclose(found, slow, atol=0.005)
    kept = np.where(found > 0.5, found, 0)
    expected = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-300)
    np.testing.assert_allclose(fitted.weights(region, p), expected)


def test_the_naive_bayes_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 11, (6, 400, 3))
    right = rng.random((400, 3)) < 0.6
    weight = rng.uniform(0.5, 2, 400)
    prior, coefficients = log_odds(columns, right, weight)
    flat, every = columns.transpose(1, 2, 0).reshape(-1, 6), np.repeat(weight, 3)
    bayes = MultinomialNB().fit(flat, right.ravel(), every)
    expected = bayes.feature_log_prob_[1] - bayes.feature_log_prob_[0]
    np.testing.assert_allclose(coefficients, expected, rtol=1e-9)
    np.testing.assert_allclose(prior, np.diff(bayes.class_log_prior_)[0], atol=0.005)


def test_consensus_is_the_margin_of_votes() -> None:
    votes = np.array([[0, 0, 0, 2], [0, 1, 0, 1], [0, 1, 1, 0], [0, 0, 2, 1]])
    np.testing.assert_allclose(margin_of_votes(np.eye(3)[votes]), [1, 0, 0.25, 0.25])


def test_only_rows_of_low_consensus_are_learnt_from() -> None:
    """The labels of rows on which all agree decide nothing but what f1 … f4 read of them."""
    reference, *_ = made(1, 2)
    method = MetaDes(consensus=0.5)
    low = np.flatnonzero(margin_of_votes(reference.predictions) < 0.5)
    assert 50 <= len(low) < len(reference.y)
    np.testing.assert_array_equal(method._learnt(reference.predictions, 0), low)
    few = MetaDes(consensus=0.5, rows=20)._learnt(reference.predictions, 0)
    assert len(few) == 20 and np.isin(few, low).all()
    np.testing.assert_array_equal(MetaDes(consensus=0.0)._learnt(reference.predictions, 0),
                                  np.arange(len(reference.y)))  # fmt: skip


def test_it_learns_what_knora_u_cannot_see() -> None:
    """All are right as often near the query; only who is sure of the query is likely right."""
    rng = np.random.default_rng(3)
    n, m, k = 400, 4, 6
    y = rng.integers(2, size=n)
    right = rng.random((m, n)) < 0.6
    top = np.where(right, 0.95, 0.55)
    p = np.where((right == (y == 1))[..., None], top[..., None], 1 - top[..., None])
    p = np.concatenate([1 - p, p], axis=2)
    reference = Reference(y, p, right.astype(float))
    rows = [r for r in range(n) if right[:, r].all()][:k]
    region = Region(np.array([rows]), np.arange(float(k))[None])
    query = np.array([[0.05, 0.95], [0.45, 0.55], [0.45, 0.55], [0.45, 0.55]])[:, None]
    fitted = MetaDes(consensus=EVERY).fit(reference, own_region(reference, k), 0)
    competence = fitted.competence(region, query)
    np.testing.assert_allclose(knora_u(reference, region), [[0.25] * 4])
    assert competence[0, 0] > competence[0, 1:].max()
    assert fitted.weights(region, query)[0, 0] > 0.25


def test_row_weights_have_no_unit() -> None:
    reference, region, p = made(0, weighted=True)
    own = own_region(reference, 9)
    scaled = Reference(reference.y, reference.predictions, reference.competence,
                       1e-4 * reference.weight)  # fmt: skip
    straight, other = (MetaDes().fit(r, own, 0).weights(region, p) for r in (reference, scaled))
    np.testing.assert_allclose(other, straight, rtol=1e-9)


def test_a_query_is_weighed_alone_as_among_others() -> None:
    reference, region, p = made(2)
    fitted = MetaDes().fit(reference, own_region(reference, 9), 0)
    together = fitted.weights(region, p)
    for i in range(0, len(region), 7):
        one = Region(region.rows[i : i + 1], region.distances[i : i + 1])
        np.testing.assert_array_equal(fitted.weights(one, p[:, i : i + 1])[0], together[i])


def test_a_pool_that_is_always_right_is_selected_whole() -> None:
    reference, region, _ = made(0, 2)
    sure = np.repeat(np.eye(2)[reference.y][None], 3, axis=0)
    known = Reference(reference.y, sure, np.ones(sure.shape[:2]))
    weights = MetaDes().fit(known, own_region(known, 9), 0).weights(region, sure[:, :40])
    np.testing.assert_allclose(weights, 1 / 3)
