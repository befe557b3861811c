"""Each scorer against the metric itself, called once a candidate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.level2.blend import finished
from stackkit.level2.selection import area
from stackkit.level2.selection.area import AreaScorer
from stackkit.level2.selection.candidates import Candidates, stratified
from stackkit.level2.selection.choose import scorer_for
from stackkit.level2.selection.likelihood import LikelihoodScorer
from stackkit.level2.selection.quadratic import QuadraticScorer
from stackkit.level2.selection.scorer import LabelScorer, RowScorer
from stackkit.metrics import fit_decision, get_metric, get_space
from stackkit.spec import Objective

Rows = Callable[..., Candidates]
CASES = [
    ("rmse", "regression", QuadraticScorer),
    ("rmsle", "regression", QuadraticScorer),
    ("r2", "regression", QuadraticScorer),
    ("brier", "binary", QuadraticScorer),
    ("brier", "multiclass", QuadraticScorer),
    ("logloss", "binary", LikelihoodScorer),
    ("logloss", "multiclass", LikelihoodScorer),
    ("auc", "binary", AreaScorer),
    ("auc", "multiclass", AreaScorer),
    ("mae", "regression", RowScorer),
    ("mape", "regression", RowScorer),
    ("pinball@0.8", "regression", RowScorer),
    ("average_precision", "binary", RowScorer),
    ("accuracy", "multiclass", LabelScorer),
    ("f1", "binary", LabelScorer),
    ("balanced_accuracy", "multiclass", LabelScorer),
]
STEPS = [(1, 0.0, 1.0), (3, 0.75, 0.25), (0, 0.98, 0.02)]


def slow(rows: Candidates, weights: np.ndarray) -> float:
    """The signed score of a blend, in the few lines that define it."""
    goal = rows.objective
    members = [get_space(goal.space).forward(a) for a in rows.arrays]
    p = finished(sum(w * a for w, a in zip(weights, members, strict=True)), goal)
    kind = goal.metric.decision_for(goal.task)
    if kind is not None:
        p = fit_decision(kind, goal.metric, rows.y, p, rows.weight).apply(p)
    return goal.metric.sign * goal.metric.score(rows.y, p, rows.weight)


def blended(scorer: object, weights: np.ndarray) -> object:
    """The scorer's blend of given weights, step by step."""
    blend, total = scorer.nothing(), 0.0
    for j in np.flatnonzero(weights):
        add = weights[j] / (total + weights[j])
        blend, total = scorer.moved(blend, int(j), 1 - add, add), total + weights[j]
    return blend


@pytest.mark.parametrize(("metric", "task", "kind"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_score_of_a_blend_is_the_metrics(
    metric: str, task: str, kind: type, weighted: bool, rows_of: Rows
) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        weight = rng.uniform(0.1, 2, size=301) if weighted else None
        rows = rows_of(metric, task, weight, seed=seed)
        scorer = scorer_for(rows)
        assert type(scorer) is (RowScorer if weighted and metric == "auc" else kind)
        weights = rng.dirichlet(np.ones(rows.members))
        found = scorer.score(blended(scorer, weights))
        assert found == pytest.approx(slow(rows, weights), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(("metric", "task", "kind"), CASES)
@pytest.mark.parametrize(("seed", "keep", "add"), STEPS)
def test_the_best_step_has_the_metrics_score(
    metric: str, task: str, kind: type, seed: int, keep: float, add: float, rows_of: Rows
) -> None:
    rows = rows_of(metric, task, seed=seed)
    scorer = scorer_for(rows)
    weights = np.random.default_rng(seed).dirichlet(np.ones(rows.members))
    blend = blended(scorer, weights) if keep else scorer.nothing()
    found = scorer.scores(blend, keep, add)
    expected = [slow(rows, keep * weights + add * unit) for unit in np.eye(rows.members)]
    if kind is LabelScorer and keep:
        assert (found <= np.array(expected) + 1e-12).all()
        return
    best = int(np.argmax(expected))
    assert int(np.argmax(found)) == best
    assert found[best] == pytest.approx(expected[best], rel=1e-6, abs=1e-7)
    exact = np.isfinite(found)
    np.testing.assert_allclose(found[exact], np.array(expected)[exact], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("metric", ["logloss", "brier", "auc"])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_negative_weights_are_scored_as_they_predict(metric: str, task: str, rows_of: Rows) -> None:
    rows = rows_of(metric, task, seed=2)
    scorer = scorer_for(rows, convex=False)
    blend = scorer.moved(scorer.nothing(), 0, 0.0, 1.0)
    found = scorer.scores(blend, 1.5, -0.5)
    for j in np.flatnonzero(np.isfinite(found)):
        weights = 1.5 * np.eye(rows.members)[0] - 0.5 * np.eye(rows.members)[j]
        assert found[j] == pytest.approx(slow(rows, weights), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("digits", [0, 1, 2, None])
@pytest.mark.parametrize("low", [0.0, -3.0])
def test_areas_are_those_of_the_metric_ties_and_all(digits: int | None, low: float) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=int(rng.integers(20, 3000)))
        t = (low + 3 * rng.random(len(y)) + 0.3 * y).astype(np.float32)
        t = t if digits is None else t.round(digits)
        exact = get_metric("auc").score(y, t[:, None])
        positive = y.astype(np.uint32)
        assert area.area(t, positive) == exact
        if low == 0:
            below, above = area.area_bounds(t, positive)
            assert below <= exact <= above


def test_a_negative_zero_ties_with_zero() -> None:
    t, y = np.array([0.0, -0.0, 1.0, -1.0], np.float32), np.array([0, 1, 1, 0])
    assert area.area(t, y.astype(np.uint32)) == get_metric("auc").score(y, t[:, None]) == 0.875


def test_numbers_of_any_size_are_in_order() -> None:
    t = np.array([-3e38, -1.0, -1e-40, 0.0, 1e-40, 1.0, 3e38], np.float32)
    y = np.array([0, 1, 0, 1, 0, 1, 1])
    assert (np.diff(area.ordinals(t).astype(np.int64)) > 0).all()
    assert area.area(t, y.astype(np.uint32)) == get_metric("auc").score(y, t[:, None])


@pytest.mark.parametrize("digits", [1, None])
def test_bounds_never_hide_the_winner(digits: int | None, rows_of: Rows) -> None:
    for seed in range(10):
        rows = rows_of("auc", "binary", seed=seed, m=12, digits=digits, n=2000)
        scorer = scorer_for(rows)
        blend = scorer.moved(scorer.nothing(), seed, 0.0, 1.0)
        found = scorer.scores(blend, 0.9, 0.1)
        each = [scorer.score(scorer.moved(blend, j, 0.9, 0.1)) for j in range(12)]
        assert found.max() == pytest.approx(max(each), abs=1e-4)
        assert digits is not None or np.isfinite(found).sum() < 12
        above = scorer.scores(blend, 0.9, 0.1, floor=1.0)
        assert not np.isfinite(above).any()


def test_log_loss_survives_certain_and_wrong_members() -> None:
    y = np.array([0, 1, 1, 0, 1])
    wrong = np.float32(1 - y)[:, None]
    goal = Objective("binary", "identity", "logloss", ("a", "b"), get_metric("logloss"))
    scorer = scorer_for(Candidates((wrong, np.float32(y)[:, None]), y, None, goal))
    found = scorer.scores(scorer.nothing(), 0.0, 1.0)
    np.testing.assert_allclose(found, [np.log(1e-15), 0.0], rtol=1e-6, atol=1e-12)


def test_many_blocks_add_up(monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    rows = rows_of("logloss", "binary", n=999)
    whole = scorer_for(rows).scores(np.full(999, 0.5), 0.5, 0.5)
    monkeypatch.setattr("stackkit.level2.selection.candidates.BLOCK", 64)
    parts = scorer_for(rows).scores(np.full(999, 0.5), 0.5, 0.5)
    np.testing.assert_allclose(parts, whole, rtol=1e-6)
    gram = scorer_for(rows_of("rmse", "regression")).gram
    monkeypatch.setattr("stackkit.level2.selection.quadratic.GRAM_VALUES", 100)
    np.testing.assert_allclose(scorer_for(rows_of("rmse", "regression")).gram, gram, rtol=1e-12)


def test_a_sample_keeps_the_shares_of_classes() -> None:
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1, 2], [700, 290, 10]))
    for seed in range(5):
        drawn = stratified(y, 100, np.random.default_rng(seed))
        assert len(np.unique(drawn)) == 100
        assert np.abs(np.bincount(y[drawn], minlength=3) - [70, 29, 1]).max() <= 1


def test_a_sample_follows_a_numeric_target() -> None:
    y = np.random.default_rng(0).normal(size=1000)
    drawn = stratified(y, 50, np.random.default_rng(1))
    levels = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(np.quantile(y[drawn], levels), np.quantile(y, levels), atol=0.1)
