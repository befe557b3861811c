"""Label scores of confusion tables against scikit-learn and plain loops."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from stackkit.errors import MetricError
from stackkit.metrics import get_metric
from stackkit.metrics.confusion import table

NAMES = ["balanced_accuracy", "f1_macro", "mcc"]
ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=30
)


def reference(name, y, labels, weight):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "balanced_accuracy":
            return balanced_accuracy_score(y, labels, sample_weight=weight)
        if name == "f1_macro":
            every = np.union1d(y, labels)
            return f1_score(
                y, labels, labels=every, average="macro", sample_weight=weight, zero_division=0
            )
        return matthews_corrcoef(y, labels, sample_weight=weight)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(NAMES), st.booleans())
def test_scores_are_those_of_scikit_learn(rows, name, weighted):
    y, labels, weight = (np.array(x) for x in zip(*rows, strict=True))
    weight = weight / 2 if weighted else None
    expected = reference(name, y, labels, weight)
    assert get_metric(name).score(y, labels, weight) == pytest.approx(expected, abs=1e-12)


def test_a_table_counts_pairs():
    y, labels = np.array([0, 2, 2, 1]), np.array([0, 1, 2, 1])
    assert table(y, labels).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert table(y, labels, np.array([2.0, 0, 1, 3])).tolist() == [[2, 0, 0], [0, 3, 0], [0, 0, 1]]
    with pytest.raises(MetricError, match="positive sum"):
        table(y, labels, np.zeros(4))


@pytest.mark.parametrize("name", ["accuracy", *NAMES, "qwk"])
def test_a_table_gives_what_its_rows_give(name):
    rng = np.random.default_rng(0)
    metric, weight = get_metric(name), rng.random(200)
    y = rng.integers(0, 4, 200)
    calls = [np.where(rng.random(200) < 0.5, y, rng.integers(0, 4, 200)), rng.integers(0, 4, 200)]
    tables = np.stack([table(y, labels, weight) for labels in calls])
    found = metric.from_confusion(tables, np.arange(4))
    assert found == pytest.approx([metric.score(y, labels, weight) for labels in calls])


def test_constant_sides_and_classes_without_rows():
    y, zero = np.array([0, 1, 1, 0]), np.zeros(4, dtype=int)
    assert get_metric("mcc").score(y, zero) == 0
    assert get_metric("mcc").score(zero, y) == 0
    assert get_metric("mcc").score(zero, zero) == 0
    assert get_metric("balanced_accuracy").score(y, zero) == 0.5
    assert get_metric("balanced_accuracy").score(zero, zero + 2) == 0
    assert get_metric("f1_macro").score(zero, zero) == 1
    assert get_metric("f1_macro").score(zero, zero + 2) == 0
