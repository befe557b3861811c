"""Metrics with a number in their name."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss, top_k_accuracy_score

from stackkit.errors import MetricError
from stackkit.metrics import get_metric, top_classes
from stackkit.metrics.parametric import parametric_metric


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_pinball_is_that_of_scikit_learn(q, weighted):
    rng = np.random.default_rng(0)
    y, p = rng.normal(size=50), rng.normal(size=(50, 1))
    weight = rng.random(50) if weighted else None
    expected = mean_pinball_loss(y, p[:, 0], sample_weight=weight, alpha=q)
    assert get_metric(f"pinball@{q}").score(y, p, weight) == pytest.approx(expected)


def test_the_quantile_is_the_best_constant():
    y, metric = np.random.default_rng(1).exponential(size=999), get_metric("pinball@0.8")
    scores = {c: metric.score(y, np.full((999, 1), c)) for c in np.linspace(0, 4, 401)}
    assert min(scores, key=scores.get) == pytest.approx(np.quantile(y, 0.8), abs=0.01)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 3, 5, 9])
def test_map_by_a_loop_over_listed_labels(k, weighted):
    rng = np.random.default_rng(k)
    y = rng.integers(0, 6, 60)
    p = rng.integers(0, 4, (60, 6)) / 10
    weight = rng.random(60) if weighted else np.ones(60)
    total = 0.0
    for row, (own, w) in enumerate(zip(y, weight, strict=True)):
        listed = sorted(range(6), key=lambda j: (-p[row, j], j))[:k]
        assert top_classes(p[row : row + 1], k).tolist() == [listed]
        total += w / (1 + listed.index(own)) if own in listed else 0.0
    found = get_metric(f"map@{k}").score(y, p, weight)
    assert found == pytest.approx(total / weight.sum())


def test_map_at_one_is_accuracy_and_at_two_lies_below_top_two_accuracy():
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 4, 80), rng.dirichlet(np.ones(4), 80)
    first, second = (top_k_accuracy_score(y, p, k=k) for k in (1, 2))
    assert get_metric("map@1").score(y, p) == pytest.approx(first)
    assert get_metric("map@2").score(y, p) == pytest.approx(first + (second - first) / 2)


def test_one_name_a_number():
    assert get_metric("pinball@.90").name == "pinball@0.9"
    assert get_metric("pinball@0.90") == get_metric("pinball@0.9")
    assert get_metric("pinball@0.9") != get_metric("pinball@0.8")
    assert get_metric("map@3").recipe() != get_metric("map@5").recipe()
    for name in ("map@3", "map@12", "pinball@0.05", "pinball@0.999"):
        metric = get_metric(name)
        assert metric.name == name
        assert pickle.loads(pickle.dumps(metric)) == metric
        assert hash(metric) == hash(get_metric(name))


@pytest.mark.parametrize("number", ["0", "-1", "k", "", "2.5", "03", "3 ", "1e3", "3@3"])
def test_a_place_is_a_whole_number(number):
    with pytest.raises(MetricError, match="whole number of at least 1") as caught:
        get_metric(f"map@{number}")
    assert caught.value.hint == "such as map@3"


@pytest.mark.parametrize("number", ["0", "1", "1.5", "-0.5", "q", "", "nan", "0,9"])
def test_a_level_lies_between_0_and_1(number):
    with pytest.raises(MetricError, match="between 0 and 1") as caught:
        get_metric(f"pinball@{number}")
    assert caught.value.hint == "such as pinball@0.9"


def test_a_family_without_its_number_and_no_family():
    with pytest.raises(MetricError, match="map@k has k"):
        get_metric("map")
    assert parametric_metric("auc@3") is None
    with pytest.raises(MetricError, match="metric must be known"):
        get_metric("auc@3")
