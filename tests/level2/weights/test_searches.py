"""Searches on the metric: pairs, exchanges, CMA-ES, descent, and what of them is kept."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from weight_cases import grid, objective, pool_of, stack

from stackkit.level2.weights import Evolved, MetricWeights, Simplex, searching
from stackkit.level2.weights.descended import descended, mean_loss
from stackkit.level2.weights.evolved import evolved, weights_of
from stackkit.level2.weights.fitting import Fitting
from stackkit.level2.weights.metric import exact_kind, search_for
from stackkit.level2.weights.ranked import best_by_pairs, exchanged, pairs, ranked
from stackkit.level2.weights.scored import Scored
from stackkit.level2.weights.searching import Searching
from stackkit.level2.weights.terms import Kind
from stackkit.metrics import fit_decision, get_metric, get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

RANKS = [("binary", "auc"), ("multiclass", "auc"), ("binary", "average_precision"),
         ("squared", "gini")]  # fmt: skip
STEPS = [("binary", "f1"), ("binary", "accuracy"), ("multiclass", "accuracy"),
         ("multiclass", "f1_macro"), ("multiclass", "map@2"), ("multiclass", "qwk")]  # fmt: skip


def goal(kind: str, name: str) -> Objective:
    metric = get_metric(name)
    known = objective(kind)
    surrogate = metric.surrogate_for(known.task)
    return Objective(known.task, metric.average_space, surrogate, known.classes, metric)


def scored(kind: str, name: str, members: int = 3, seed: int = 0, rows: int = 80) -> Scored:
    pool, y, weight = stack(kind, members, seed, rows)
    return Scored.of(pool, y, weight, goal(kind, name))


@pytest.mark.parametrize(("kind", "name"), [*RANKS, *STEPS, ("log1p", "rmsle")])
def test_the_score_is_that_of_the_predictions_and_their_best_decision(kind, name) -> None:
    part, w = scored(kind, name), np.array([0.2, 0.5, 0.3])
    metric, space = part.objective.metric, get_space(part.objective.space)
    pool, y, weight = stack(kind, 3)
    p = space.inverse(np.tensordot(w, space.forward(pool.matrix()), 1))
    decide = metric.decision_for(part.objective.task)
    read = p if decide is None else fit_decision(decide, metric, y, p, weight).apply(p)
    expected = metric.sign * metric.score(y, read, weight)
    assert part.score(w) == pytest.approx(expected, abs=1e-6)
    rows = np.arange(0, 80, 2)
    taken = Scored.of(pool.take(rows), y[rows], weight[rows], part.objective)
    assert part.take(rows).score(w) == taken.score(w)


def test_an_undefined_score_is_the_worst() -> None:
    part = dataclasses.replace(scored("binary", "auc"), y=np.zeros(80, dtype=int))
    assert part.score(np.ones(3) / 3) == -np.inf


@pytest.mark.parametrize(("kind", "name"), RANKS)
@pytest.mark.parametrize("members", [2, 3])
def test_metrics_of_order_end_near_the_best_point_of_a_grid(kind, name, members) -> None:
    part, equal = scored(kind, name, members), np.full(members, 1 / members)
    scores = np.array([part.score(w) for w in grid(members, 40)])
    found = part.score(ranked(part, equal, 0))
    assert found >= scores.max() - 0.1 * (scores.max() - np.median(scores)) - 1e-4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("kind", "name"), RANKS)
def test_polishing_is_never_worse_than_its_start_on_the_rows(kind, name, seed) -> None:
    part = scored(kind, name, 5, seed)
    start = np.random.default_rng(seed).dirichlet(np.ones(5))
    before = start.copy()
    found = exchanged(part, start)
    assert part.score(found) >= part.score(start)
    assert part.score(found) > part.score(start) or (found == start).all()
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    np.testing.assert_array_equal(start, before)


def test_polishing_gains_from_a_bad_start() -> None:
    part = scored("binary", "auc", 5)
    bad = np.eye(5)[4]
    assert part.score(exchanged(part, bad)) > part.score(bad) + 0.05


@pytest.mark.parametrize("kind", ["binary", "multiclass", "squared"])
def test_pairs_stand_in_the_order_of_their_targets(kind: str) -> None:
    """A member that is the target itself ranks each pair right."""
    _, y, weight = stack(kind, 2)
    truth = np.eye(3)[y] if kind == "multiclass" else y[:, None].astype(float)
    part = Scored(np.stack([truth, -truth]), y, weight, goal(kind, "auc"))
    differences, share = pairs(part, np.random.default_rng(0))
    assert (differences[0] > 0).all()
    assert (differences[1] < 0).all()
    assert (share > 0).all()


def test_the_surrogate_ranks_better_than_equal_weights_of_unequal_members() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=2000)
    noise = np.array([0.5, 3.0, 3.0, 3.0])[:, None]
    made = 1 / (1 + np.exp(-(y + noise * rng.normal(size=(4, 2000)))))
    part = Scored(made[..., None].astype(np.float32), y, None, goal("binary", "auc"))
    equal = np.full(4, 0.25)
    assert part.score(best_by_pairs(part, equal, 0)) > part.score(equal) + 0.05


def test_one_class_leaves_no_pairs() -> None:
    part = dataclasses.replace(scored("binary", "auc"), y=np.ones(80, dtype=int))
    start = np.array([0.2, 0.3, 0.5])
    assert best_by_pairs(part, start, 0) is start


@pytest.mark.parametrize(("kind", "name"), STEPS)
def test_step_metrics_end_near_the_best_point_of_a_grid(kind: str, name: str) -> None:
    part, equal = scored(kind, name), np.full(3, 1 / 3)
    scores = np.array([part.score(w) for w in grid(3, 20)])
    found = evolved(part, equal, 0)
    assert part.score(found) >= max(part.score(equal), scores.max() - 0.03)


def test_evolution_is_reproducible_and_leaves_the_global_generator_alone() -> None:
    part, equal = scored("binary", "auc", 4), np.full(4, 0.25)
    np.random.seed(1)
    one, drawn = evolved(part, equal, 3), np.random.random()
    np.random.seed(2)
    np.testing.assert_array_equal(evolved(part, equal, 3), one)
    np.random.seed(1)
    assert np.random.random() == drawn


def test_tiny_weights_are_trimmed_and_the_rest_sum_to_1() -> None:
    w = weights_of(np.log([[0.5, 0.48, 0.02], [10.0, 10.0, 10.0]]))
    np.testing.assert_allclose(w, [[0.5 / 0.98, 0.48 / 0.98, 0], [1 / 3] * 3])


@pytest.mark.parametrize("name", ["mape", "smape", "rmsle"])
def test_a_metric_with_a_gradient_descends_on_its_own_loss(name: str) -> None:
    part, equal = scored("squared", name, 3), np.full(3, 1 / 3)
    w = np.array([0.2, 0.5, 0.3])
    slope = approx_fprime(w, lambda v: mean_loss(part, v)[0], 1e-7)
    np.testing.assert_allclose(mean_loss(part, w)[1], slope, rtol=1e-3, atol=1e-4)
    least = min(mean_loss(part, v)[0] for v in grid(3, 40))
    assert mean_loss(part, descended(part, equal, 0))[0] <= least * 1.01


def test_each_metric_has_its_search() -> None:
    names = {"brier": "brier", "logloss": "logloss", "rmse": "squared", "r2": "squared",
             "mae": "quantile", "pinball@0.9": "quantile"}  # fmt: skip
    for name, kind in names.items():
        case = "binary" if name in ("brier", "logloss") else "squared"
        assert exact_kind(goal(case, name)).name == kind
    assert exact_kind(goal("log1p", "rmsle")).space == "log1p"
    assert exact_kind(goal("squared", "pinball@0.9")).quantile == 0.9
    searches = {"auc": ranked, "mape": descended, "f1": evolved, "map@3": evolved}
    for name, search in searches.items():
        assert exact_kind(goal("multiclass" if "@" in name else "binary", name)) is None
        assert search_for(get_metric(name)) is search
    own = dataclasses.replace(get_metric("rmse"), name="logloss", code=b"of the user")
    assert exact_kind(dataclasses.replace(goal("squared", "rmse"), metric=own)) is None


@pytest.mark.parametrize(("kind", "name"), [("binary", "brier"), ("multiclass", "brier")])
def test_brier_is_minimised_itself(kind: str, name: str) -> None:
    pool, y, weight = stack(kind, 3)
    target = goal(kind, name)
    w = MetricWeights(pulls=(1e-9,)).weights(pool, y, weight, target, 0)
    part = Scored.of(pool, y, weight, target)
    assert part.score(w) >= max(part.score(v) for v in grid(3, 30)) - 1e-7


def fitting(members: int) -> Fitting:
    from stackkit.level2.weights.feasible import Feasible

    return Fitting(Kind("logloss"), Feasible.simplex(members), (0.01,), 5)


def test_what_does_not_last_on_inner_folds_is_not_taken() -> None:
    """Members of equal worth on noise: any gain on the fit rows is chance."""
    rng = np.random.default_rng(3)
    y = rng.integers(2, size=200)
    pool = pool_of(rng.uniform(0.3, 0.7, size=(6, 200, 1)))
    target = goal("binary", "auc")
    start = fitting(6).weights(pool, y, None, 0)
    part = Scored.of(pool, y, None, target)
    assert part.score(ranked(part, start, 0)) > part.score(start) + 0.005
    taken = Searching(ranked, fitting(6), target, 20_000, 5).weights(pool, y, None, 0)
    np.testing.assert_allclose(taken, start, atol=1e-9)


def test_folds_that_overlap_have_a_larger_error() -> None:
    """Fits on four of five folds share three, so that their gains are not independent."""
    gains = [0.1, 0.3, -0.2, 0.4, 0.0]
    spread = np.std(gains, ddof=1)
    assert searching.standard_error(gains) == pytest.approx(spread * np.sqrt(1 / 5 + 1 / 4))


@pytest.mark.parametrize(
    ("gains", "lasts", "read"),
    [
        ([0.02, 0.03, 0.02, 0.03, 0.02], True, 5),
        ([0.02, 0.09, -0.05, 0.06, 0.01], False, 5),  # one standard error, not two
        ([0.02, -0.03, 0.9, 0.9, 0.9], False, 2),
        ([0.0, 0.0, 0.9, 0.9, 0.9], False, 2),
    ],
)
def test_gains_of_folds_decide(monkeypatch, gains: list[float], lasts: bool, read: int) -> None:
    pool, y, _ = stack("binary", 3)
    target, left = goal("binary", "auc"), list(gains)
    monkeypatch.setattr(Searching, "_gain", lambda self, *given: left.pop(0))
    part = Scored.of(pool, y, None, target)
    assert Searching(ranked, fitting(3), target, 20_000, 5)._lasts(pool, part, 0) is lasts
    assert len(gains) - len(left) == read


def test_what_lasts_is_taken() -> None:
    """Log-loss shuns a member whose probabilities are off, AUC does not."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=600)
    good = 1 / (1 + np.exp(-(2 * y - 1 + 0.7 * rng.normal(size=600))))
    poor = 1 / (1 + np.exp(-(2 * y - 1 + 3 * rng.normal(size=600))))
    pool = pool_of(np.stack([0.02 * good, poor, rng.random(600)])[..., None])
    target = goal("binary", "auc")
    part = Scored.of(pool, y, None, target)
    start = fitting(3).weights(pool, y, None, 0)
    for search in (ranked, evolved):
        found = Searching(search, fitting(3), target, 20_000, 5).weights(pool, y, None, 0)
        assert part.score(found) > part.score(start) + 0.005


def test_a_search_on_a_sample_is_judged_on_all_rows() -> None:
    pool, y, weight = stack("binary", 3, rows=600)
    target, read = goal("binary", "auc"), []

    def spoils(part: Scored, start: np.ndarray, seed: int) -> np.ndarray:
        read.append(len(part.y))
        return np.eye(3)[2] if len(part.y) > 150 else np.eye(3)[0]  # lasts inside, not on all

    made = Searching(spoils, fitting(3), target, 200, 5)
    start = fitting(3).weights(pool, y, weight, 0)
    part = Scored.of(pool, y, weight, target)
    assert part.score(np.eye(3)[2]) < part.score(start)
    found = made.weights(pool, y, weight, 0)
    assert max(read) <= 204
    assert part.score(found) >= part.score(start)
    w = np.array([0.3, 0.3, 0.4])
    on_all = searching._score_on_all(pool, y, weight, w, target)
    assert on_all == pytest.approx(part.score(w), abs=1e-6)


@pytest.mark.parametrize("learner", [MetricWeights(), Evolved()])
@pytest.mark.parametrize(("kind", "name"), [("binary", "auc"), ("multiclass", "accuracy")])
def test_the_order_of_members_does_not_matter(learner, kind: str, name: str) -> None:
    pool, y, weight = stack(kind, 5, rows=120)
    order = [3, 0, 4, 2, 1]
    straight = learner.weights(pool, y, weight, goal(kind, name), 0)
    mixed = learner.weights(pool.members(order), y, weight, goal(kind, name), 0)
    np.testing.assert_allclose(mixed, straight[order], atol=1e-4)


@pytest.mark.parametrize("learner", [MetricWeights(), Evolved()])
@pytest.mark.parametrize("rows", [6, 20])
def test_few_rows_and_a_rare_class_are_enough(learner, rows: int) -> None:
    pool, y, _ = stack("binary", 3, rows=rows)
    y = (np.arange(rows) < 2).astype(int)
    for name in ("auc", "f1"):
        w = learner.weights(pool, y, None, goal("binary", name), 0)
        assert w.sum() == pytest.approx(1)
    one = learner.weights(pool.members([0]), y, None, goal("binary", "auc"), 0)
    np.testing.assert_array_equal(one, [1.0])


def test_the_start_is_that_of_simplex() -> None:
    pool, y, weight = stack("binary", 4, rows=15)
    start = Simplex().weights(pool, y, weight, objective("binary"), 0)
    found = Evolved().weights(pool, y, weight, goal("binary", "auc"), 0)
    np.testing.assert_allclose(found, start, atol=1e-9)
    assert isinstance(pool, Pool)
