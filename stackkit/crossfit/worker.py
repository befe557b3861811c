"""One Fit in a worker: prepare, fit, predict, keep the model, write the result aside.

This is the only place where an estimator is fitted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from stackkit.cache.atomic import disk_errors
from stackkit.cache.fitted import FittedModel, dump_model, write_model
from stackkit.cache.handoff import Shared
from stackkit.cache.partial import PartialFits
from stackkit.competition import Competition
from stackkit.cost import PhaseClock
from stackkit.errors import ModelError
from stackkit.folds import Fit
from stackkit.predictions import Pool
from stackkit.recipe import fit_seed
from stackkit.spec import ModelSpec, Objective, Source, Views

FLOAT = np.float64
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read when one is loaded


@dataclass(frozen=True)
class FitTask:
    """Everything that a worker needs for one Fit; crosses by cloudpickle."""

    spec: ModelSpec
    objective: Objective
    source: Source
    fit: Fit
    key: str
    competition: Shared[Competition]
    partial: PartialFits
    fit_log: Path
    model_path: Path | None


@dataclass(frozen=True)
class FitReport:
    """What a worker says of a finished Fit."""

    pid: int
    cost: dict[str, Any]
    model_bytes: int


def run_fit(task: FitTask) -> FitReport:
    """Fit one model on one Fit's rows and write its predictions to `.partial`."""
    clock = PhaseClock()
    with _threads(task.spec.learner.threads):
        with clock.phase("prepare"):
            views = task.source.prepare(task.fit)
        with clock.phase("fit"):
            model = _fit(task, views)
        with _kept_aside(task, model) as kept, clock.phase("predict"):
            arrays = _predict(task, model, views)
    with disk_errors(task.fit_log):
        _log_fit(task)
    task.partial.save(task.fit.id, arrays, clock.report())
    return FitReport(os.getpid(), clock.report(), kept.result())


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """Numerical libraries use `count` threads: those loaded now, and those that the body loads."""
    os.environ.update(dict.fromkeys(THREADS, str(count)))
    with threadpool_limits(count):
        yield


@contextlib.contextmanager
def _kept_aside(task: FitTask, model: FittedModel) -> Iterator[Future[int]]:
    """The model is compressed and written while the body runs, and is on disk when it ends."""
    with ThreadPoolExecutor(1) as aside:
        if task.model_path is None:
            kept = aside.submit(int)
        else:
            kept = aside.submit(write_model, task.model_path, dump_model(model))
        yield kept
    kept.result()


def _fit(task: FitTask, views: Views) -> FittedModel:
    y, weight = _target(task.competition.get(), views)
    seed = fit_seed(task.spec.seed, task.fit.id)
    used = y if weight is None else y[weight > 0]
    objective, y, expand = _compacted(task.objective, y, used)
    if objective is None:
        return FittedModel(_Constant(), views.transform, expand)
    estimator = task.spec.learner.build(objective, seed)
    estimator.fit(views.fit if expand is None else expand.inputs(views.fit), y, weight)
    return FittedModel(estimator, views.transform, expand)


def _target(competition: Competition, views: Views) -> tuple[np.ndarray, np.ndarray | None]:
    """y and row weights for the rows of `views.fit`; copies, whatever a learner does to them."""
    rows = slice(None) if views.rows is None else views.rows
    y = np.array(competition.y[rows])
    weight = None if competition.weight is None else np.array(competition.weight[rows])
    if views.weight is None:
        return y, weight
    return y, views.weight if weight is None else views.weight * weight


def _compacted(
    objective: Objective, y: np.ndarray, used: np.ndarray
) -> tuple[Objective | None, np.ndarray, Expansion | None]:
    """Objective and y over the classes that are there, and the way back to all of them."""
    if objective.output == "value":
        return objective, y, None
    present = np.unique(used)
    if len(present) == len(objective.classes):
        return objective, y, None
    expand = Expansion(len(objective.classes), tuple(present.tolist()))
    if len(present) == 1:
        return None, y, expand
    task = "binary" if len(present) == 2 else "multiclass"
    classes = tuple(objective.classes[c] for c in present)
    smaller = dataclasses.replace(objective, task=task, classes=classes)
    codes = np.clip(np.searchsorted(present, y), 0, len(present) - 1)
    return smaller, codes, expand


@dataclass(frozen=True)
class Expansion:
    """Columns of all `width` classes from those `present`; the others have probability 0."""

    width: int
    present: tuple[int, ...]

    def inputs(self, X: Any) -> Any:
        """What a learner of the present classes reads: of stacked predictions their columns only.

        They are renormalised (even where they are all 0); two classes are one column, P(second).
        """
        if not isinstance(X, Pool) or X.shape[2] != self.width:
            return X
        return dataclasses.replace(X, arrays=tuple(self._narrowed(a) for a in X.arrays))

    def _narrowed(self, array: np.ndarray) -> np.ndarray:
        columns = np.asarray(array[:, list(self.present)], dtype=FLOAT)
        total = columns.sum(axis=1, keepdims=True)
        even = np.full_like(columns, 1 / len(self.present))
        columns = np.divide(columns, total, out=even, where=total != 0)
        return columns[:, 1:] if len(self.present) == 2 else columns

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """Predictions (n, width) from those for the present classes."""
        p = p[:, None] if p.ndim == 1 else p
        columns = len(self.present) if len(self.present) > 2 else 1
        if p.ndim != 2 or p.shape[1] != columns:
            rule = f"a learner of {len(self.present)} classes predicts {columns} columns"
            raise ModelError(rule, f"shape {p.shape}", "read objective.classes")
        if len(self.present) == 2:
            p = np.column_stack([1 - p[:, 0], p[:, 0]])
        whole = np.zeros((len(p), self.width), dtype=p.dtype)
        whole[:, list(self.present)] = p
        return whole[:, 1:] if self.width == 2 else whole


class _Constant:
    """Where the fit rows hold one class: its probability is 1."""

    def predict(self, X: Any) -> np.ndarray:
        return np.ones((len(X), 1))


def _predict(task: FitTask, model: FittedModel, views: Views) -> dict[str, np.ndarray]:
    """Predictions for every view that is there; the chain is the test where inputs are the same."""
    inputs = {"oof": views.score, "test": views.test, "held": views.holdout}
    if views.chained:
        inputs |= {"test_chain": views.test_chain, "held_chain": views.holdout_chain}
    arrays = {name: _checked(task, model.predict(X), len(X)) for name, X in inputs.items()
              if X is not None}  # fmt: skip
    if not views.chained:
        arrays |= {f"{n}_chain": arrays[n] for n in ("test", "held") if n in arrays}
    return {**arrays, "rows": views.score_rows}


def _checked(task: FitTask, predicted: np.ndarray, rows: int) -> np.ndarray:
    """Float32 predictions (n, c); ModelError where they cannot be what the objective asks for."""
    with np.errstate(over="ignore"):
        p = np.asarray(predicted, dtype=np.float32)
    p = p[:, None] if p.ndim == 1 else p
    what = f"{task.spec.name} ({task.fit.id})"
    if p.shape != (rows, task.objective.width):
        raise ModelError(
            f"{what} predicts shape ({rows}, {task.objective.width})",
            f"{p.shape}",
            "predict(X) returns (n, c); c = 1 for regression and binary: P(last class)",
        )
    if not np.isfinite(p).all():
        bad = int((~np.isfinite(p)).sum())
        raise ModelError(f"{what} predicts finite numbers", f"{bad} NaN or infinite")
    if task.objective.output == "proba":
        _check_probabilities(what, p)
    return np.ascontiguousarray(p, dtype=np.float32)


def _check_probabilities(what: str, p: np.ndarray) -> None:
    if p.min(initial=0.0) < -1e-6 or p.max(initial=0.0) > 1 + 1e-6:
        raise ModelError(
            f"{what} predicts probabilities", f"values from {p.min():.4g} to {p.max():.4g}",
            "return predict_proba, not margins or labels",
        )  # fmt: skip
    if p.shape[1] > 1 and not np.allclose(p.sum(axis=1), 1, atol=1e-3):
        raise ModelError(f"probabilities of {what} sum to 1", f"{p.sum(axis=1)[:3]}")


def _log_fit(task: FitTask) -> None:
    """Append one line: when, which model, which Fit, which process."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S")
    line = f"{stamp} {task.spec.name} {task.key[:12]} {task.fit.id} {os.getpid()}\n"
    with task.fit_log.open("a", encoding="utf-8") as file:
        file.write(line)
