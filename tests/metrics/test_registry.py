"""Metrics by name."""

from __future__ import annotations

import subprocess
import sys

import cloudpickle
import numpy as np
import pytest

from stackkit.errors import MetricError
from stackkit.metrics import (
    check_metric,
    default_metric,
    get_metric,
    listed_metrics,
    metric_names,
    own_metrics,
    register_metric,
    registry,
)


@pytest.fixture(autouse=True)
def forget_custom_metrics(monkeypatch):
    monkeypatch.setattr(registry, "_custom", {})


def error(y, p):
    return float(np.mean((y - p) ** 2))


def register(name="mine", function=error, **further):
    fields = {"greater_is_better": False, "reads": "value", "tasks": "regression"} | further
    return register_metric(name, function, **fields)


def test_the_built_in_metrics():
    assert " ".join(metric_names()) == (
        "accuracy auc average_precision balanced_accuracy brier f1 f1_macro gini logloss mae map@k "
        "mape mcc pinball@q qwk r2 rmse rmsle smape"
    )
    assert " ".join(metric_names("regression")) == (
        "gini mae mape pinball@q qwk r2 rmse rmsle smape"
    )
    for name, metric in registry.BUILT_IN.items():
        assert metric.name == name
        assert metric.code is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("rmslee", "rmsle"),
        ("RMSE", "rmse"),
        ("log_loss", "logloss"),
        ("map3", "map@3"),
        ("pinball_0.9", "pinball@0.9"),
        ("mapp@3", "map@3"),
    ],
)
def test_an_unknown_name_gets_the_nearest(wrong, right):
    with pytest.raises(MetricError) as caught:
        get_metric(wrong)
    assert caught.value.got == repr(wrong)
    assert right in caught.value.hint


def test_a_name_that_is_like_no_other_is_told_how_to_add_one():
    with pytest.raises(MetricError, match="metric must be known") as caught:
        get_metric("weighted_profit")
    assert "metrics.py" in caught.value.hint


def test_what_is_registered_within_own_metrics_is_forgotten():
    register("before")
    with own_metrics():
        register("inside")
        register("before", function=lambda y, p: 0.0)
        assert get_metric("inside").name == "inside"
    assert "inside" not in metric_names()
    assert get_metric("before").score.function is error


def test_listed_metrics_name_a_family_by_its_pattern():
    listed = listed_metrics()
    assert tuple(listed) == metric_names()
    assert listed["map@k"].name == "map@3"
    assert listed["qwk"] is get_metric("qwk")


def test_a_function_becomes_a_metric():
    metric = register()
    assert get_metric("mine") is metric
    assert "mine" in metric_names("regression")
    assert "mine" not in metric_names("binary")
    assert metric(np.array([1.0, 2]), np.array([[1.0], [4]])) == 2.0
    assert b"def error" in metric.code
    assert metric.surrogate_for("regression") == "squared"


def test_registering_again_replaces():
    first = register()
    second = register(function=lambda y, p: 0.0)
    assert get_metric("mine") is second
    assert first.code != second.code


def test_further_fields_reach_the_metric():
    def slope(y, p):
        return 2 * (p - y[:, None])

    metric = register(gradient=slope, lower=0.0, average_space="log1p", version=3)
    assert metric.gradient is slope
    assert (metric.lower, metric.average_space, metric.version) == (0.0, "log1p", 3)
    assert b"def slope" in metric.code


def test_a_metric_of_labels_gets_a_decision_for_each_task():
    tasks = ("binary", "multiclass", "regression")
    metric = register(reads="label", tasks=tasks)
    assert [metric.decision_for(task) for task in tasks] == ["threshold", "argmax", "cutpoints"]
    other = register(reads="label", tasks=tasks, decisions={"multiclass": "multipliers"})
    assert other.decision_for("multiclass") == "multipliers"


def test_metrics_that_differ_in_decisions_alone_have_other_recipes():
    fields = {"reads": "label", "tasks": "multiclass"}
    plain = register(**fields)
    other = register(**fields, decisions={"multiclass": "multipliers"})
    assert plain.code == other.code
    assert plain.recipe() != other.recipe()
    assert register(**fields).recipe() == plain.recipe()


def test_a_function_counts_by_what_it_is_given_as():
    def slope(y, p):
        return p - y[:, None]

    assert register(gradient=slope).code != register(row_loss=slope).code


def test_a_custom_metric_travels_to_another_process():
    metric = register(function=lambda y, p: float(np.max(y - p)))
    code = (
        "import sys, cloudpickle, numpy as np\n"
        "metric = cloudpickle.loads(sys.stdin.buffer.read())\n"
        "print(metric(np.array([1.0, 5]), np.array([[0.0], [2]])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=cloudpickle.dumps(metric), capture_output=True
    )
    assert done.stdout.strip() == b"3.0", done.stderr


@pytest.mark.parametrize(
    ("change", "rule", "hint"),
    [
        ({"name": "auc"}, "built-in", "my_auc"),
        ({"name": "My Metric"}, "matches", None),
        ({"lover": 0}, "field must be known", "lower"),
        ({"score": error}, "field must be known", None),
        ({"reads": "values"}, "reads one of", None),
        ({"function": lambda y: 0.0}, r"\(y, p\)", None),
    ],
)
def test_what_cannot_be_registered(change, rule, hint):
    with pytest.raises(MetricError, match=rule) as caught:
        register(**change)
    assert hint is None or hint in caught.value.hint


def test_check_metric():
    check_metric(get_metric("qwk"), "regression")
    with pytest.raises(MetricError) as caught:
        check_metric(get_metric("auc"), "regression")
    assert "auc scores binary, multiclass" in caught.value.rule
    assert caught.value.got == "regression"
    assert "rmse" in caught.value.hint
    with pytest.raises(MetricError, match="task must be known"):
        check_metric(get_metric("auc"), "binery")


def test_default_metric_fits_its_task():
    for task, name in (("binary", "auc"), ("multiclass", "logloss"), ("regression", "rmse")):
        assert default_metric(task).name == name
        check_metric(default_metric(task), task)


def test_import_is_light():
    heavy = "torch sklearn pandas matplotlib lightgbm xgboost catboost cloudpickle"
    code = (
        "import sys, stackkit.metrics\n"
        f"print([name for name in {heavy.split()!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
