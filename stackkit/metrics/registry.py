"""The metrics by name: built-in ones, and the user's own in one function and one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from stackkit.errors import MetricError, nearest
from stackkit.metrics.built_in import BUILT_IN
from stackkit.metrics.custom import CustomScore, weight_argument
from stackkit.metrics.metric import TASKS, Metric, Reads, Task
from stackkit.metrics.parametric import FAMILIES, parametric_metric
from stackkit.own_code import content

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,40}")
_DEFAULTS: dict[str, str] = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}
_custom: dict[str, Metric] = {}


def get_metric(name: str) -> Metric:
    """The metric of that name, such as auc or map@3; MetricError names the nearest one otherwise.

    A family's metric has one name for each number: that of pinball@.90 is pinball@0.9.
    """
    known = BUILT_IN | _custom
    metric = known.get(name) or parametric_metric(str(name))
    if metric is None:
        raise MetricError("a metric must be known", repr(name), _nearest_metric(str(name).lower()))
    return metric


def _nearest_metric(name: str) -> str:
    hint = nearest(name, [*metric_names(), *(x.example for x in FAMILIES.values())])
    if hint.startswith("did you mean"):
        return hint
    return "`stackkit metrics` lists them; register_metric in metrics.py beside the TOML adds one"


def metric_names(task: Task | None = None) -> tuple[str, ...]:
    """Names of all metrics, or of those that can score `task`, sorted; families as map@k."""
    listed = listed_metrics()
    return tuple(name for name, metric in listed.items() if task is None or task in metric.tasks)


def listed_metrics() -> dict[str, Metric]:
    """Every metric by name, sorted; a family by its pattern (map@k), with one metric of it."""
    families = {x.pattern: get_metric(x.example) for x in FAMILIES.values()}
    return dict(sorted((BUILT_IN | _custom | families).items()))


@contextmanager
def own_metrics() -> Iterator[None]:
    """What is registered within the body is forgotten after it."""
    before = dict(_custom)
    try:
        yield
    finally:
        _custom.clear()
        _custom.update(before)


def default_metric(task: Task) -> Metric:
    """auc for binary, logloss for multiclass, rmse for regression."""
    return BUILT_IN[_DEFAULTS[_known_task(task)]]


def check_metric(metric: Metric, task: Task) -> None:
    """MetricError unless `metric` can score `task`."""
    if _known_task(task) not in metric.tasks:
        hint = f"metric = one of {', '.join(metric_names(task))}; or set the task"
        raise MetricError(f"{metric.name} scores {', '.join(metric.tasks)}", task, hint)


def register_metric(
    name: str,
    function: Callable[..., float],
    *,
    greater_is_better: bool,
    reads: Reads,
    tasks: Task | tuple[Task, ...],
    **further: Any,
) -> Metric:
    """Make function(y, p[, weight]) a metric; a second call with the same name replaces the first.

    In a notebook it holds for the session; in a metrics.py beside competition.toml for that
    competition, from the command line too.

    The function gets p as (n,) where there is one column (regression, P(class 1), labels), so that
    y - p means what it says, and as (n, C) otherwise. A parameter named weight, weights, w or
    sample_weight (or a third one without default) gets the row weights; without it, weighted
    scoring is a MetricError. `further` are fields of `Metric`; row_loss and gradient among them
    always get p as (n, c). The functions' content enters cache keys (`own_code.content`).

    >>> import numpy as np
    >>> def pinball(y, p):
    ...     return np.maximum(0.9 * (y - p), 0.1 * (p - y)).mean()
    >>> metric = register_metric(
    ...     "pinball90", pinball, greater_is_better=False, reads="value", tasks="regression"
    ... )
    """
    _check_name(name)
    _check_fields(further)
    given = {"": function} | {key: further[key] for key in sorted(further)}
    codes = [key.encode() + content(x) for key, x in given.items() if callable(x)]
    metric = Metric(
        name=name,
        greater_is_better=greater_is_better,
        reads=reads,
        tasks=(tasks,) if isinstance(tasks, str) else tuple(tasks),
        score=CustomScore(name, function, *weight_argument(name, function)),
        code=b"\n".join(codes),
        **further,
    )
    _custom[name] = metric
    return metric


def _check_name(name: str) -> None:
    if name in BUILT_IN:
        hint = f"another name, such as my_{name}"
        raise MetricError("a built-in metric keeps its meaning", repr(name), hint)
    if not _NAME.fullmatch(name):
        raise MetricError(f"a metric's name matches {_NAME.pattern}", repr(name))


def _check_fields(further: dict[str, Any]) -> None:
    valid = {field.name for field in fields(Metric)} - {"name", "score", "code"}
    for key in further:
        if key not in valid:
            raise MetricError("a metric's field must be known", repr(key), nearest(key, valid))


def _known_task(task: str) -> str:
    if task not in TASKS:
        raise MetricError("a task must be known", repr(task), nearest(str(task), TASKS))
    return task
