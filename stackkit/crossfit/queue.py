"""The queue: the Fits of one level on their way through the executor."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from pebble import ProcessExpired

from stackkit.cache.atomic import folder_size
from stackkit.cost import MemorySampler, fit_peak_mb
from stackkit.crossfit.assemble import assemble, load_done
from stackkit.crossfit.bench import Bench, Recipe
from stackkit.crossfit.executor import Executor, Interrupts, WorkerError
from stackkit.crossfit.progress import Progress
from stackkit.crossfit.worker import FitReport, FitTask, run_fit
from stackkit.errors import (
    CacheError,
    ConfigError,
    DataError,
    MetricError,
    PredictionError,
    StackkitError,
)
from stackkit.features.source import trim_scratch
from stackkit.folds import Fit
from stackkit.predictions import Predictions
from stackkit.scoring import running_score

log = logging.getLogger("stackkit")
MODELS_LIMIT = 2 * 10**9
SCRATCH_LIMIT = 8 * 10**9
ENDING = (CacheError, ConfigError, DataError)
LISTEN = 0.2  # seconds between two looks for Ctrl-C
TITLES = {"base": "level 0", "meta": "level 1", "blend": "level 2"}


@dataclass(eq=False)
class Job:
    """A recipe whose Fits are being fitted."""

    recipe: Recipe
    waiting: deque[Fit]
    running: int = 0
    costs: dict[str, Any] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    dropped: bool = False

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.recipe.spec.name

    @property
    def done(self) -> bool:
        """Whether every Fit is there."""
        return not (self.waiting or self.running or self.dropped)


class FitQueue:
    """Fits several recipes, longest first; as many Fits at once as the executor has workers.

    After `run`: `failures` (name -> reason), `fitted` (Fits fitted now), `interrupted`.
    """

    def __init__(
        self, recipes: Sequence[Recipe], bench: Bench, executor: Executor, progress: Progress
    ) -> None:
        self.bench, self.executor, self.progress = bench, executor, progress
        self.failures: dict[str, str] = {}
        self.fitted, self.interrupted = 0, False
        ordered = sorted(recipes, key=lambda r: -r.spec.cost.seconds)
        self._jobs = [self._job(recipe) for recipe in ordered]
        self._flying: dict[Future, tuple[Job, Fit]] = {}
        self._made: dict[str, Predictions] = {}
        self._sampler = MemorySampler()
        self._said_full = False
        self._models_bytes = folder_size(bench.shelf.folder / "models")

    def _job(self, recipe: Recipe) -> Job:
        partial = self.bench.shelf.partial(recipe.key)
        return Job(recipe, deque(f for f in recipe.fits if partial.load(f.id) is None))

    def run(self) -> dict[str, Predictions]:
        """Records by key; returns when each recipe is a record or a failure, or on Ctrl-C."""
        trim_scratch(self.bench.shelf.scratch, SCRATCH_LIMIT)
        self.bench.shelf.sweep()
        title = TITLES[self._jobs[0].recipe.spec.role]
        self.progress.start(title, sum(len(job.waiting) for job in self._jobs))
        try:
            with self._sampler, Interrupts() as interrupts:
                self._work(interrupts)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            self._cancel(list(self._flying))
            self.progress.finish()
        return self._made

    def _work(self, interrupts: Interrupts) -> None:
        for job in self._jobs:
            if job.done:
                self._finish(job)
        while not interrupts.asked and (self._start_some() or self._flying):
            landed = wait(list(self._flying), LISTEN, return_when=FIRST_COMPLETED).done
            for future in landed:
                self._land(future)
        self.interrupted |= interrupts.asked

    def _start_some(self) -> bool:
        """Start Fits while there are workers and memory for them; whether one was started."""
        started = False
        for job, fit in list(self._startable()):
            if len(self._flying) >= self.executor.jobs or not self._has_memory(job):
                break
            job.waiting.remove(fit)
            job.running += 1
            self._flying[self.executor.submit(run_fit, self._task(job, fit))] = (job, fit)
            started = True
        return started

    def _startable(self) -> Iterator[tuple[Job, Fit]]:
        return ((job, fit) for job in self._jobs if not job.dropped for fit in job.waiting)

    def _has_memory(self, job: Job) -> bool:
        """A Fit whose predicted peak exceeds the free memory is not started beside another."""
        return not self._flying or job.peak_mb <= psutil.virtual_memory().available / 2**20

    def _task(self, job: Job, fit: Fit) -> FitTask:
        bench, recipe = self.bench, job.recipe
        return FitTask(
            spec=recipe.spec,
            objective=recipe.objective,
            source=recipe.source,
            fit=fit,
            key=recipe.key,
            competition=bench.shared_competition,
            partial=bench.shelf.partial(recipe.key),
            fit_log=bench.shelf.fit_log,
            model_path=bench.shelf.models(recipe.key) / fit.id if self._keeps_models() else None,
        )

    def _keeps_models(self) -> bool:
        """Whether models are kept; said once where the limit ends it."""
        if self.bench.keep_models and self._models_bytes >= MODELS_LIMIT and not self._said_full:
            self._said_full = True
            gb = MODELS_LIMIT / 1e9
            log.warning("models are no longer kept: %.0f GB are; predict needs all of them", gb)
        return self.bench.keep_models and self._models_bytes < MODELS_LIMIT

    def _land(self, future: Future) -> None:
        job, fit = self._flying.pop(future)
        job.running -= 1
        if job.dropped:
            return
        try:
            report = future.result()
        except Exception as error:
            self._drop(job, fit, error)
            return
        self._record_cost(job, fit, report)
        self.progress.fit_done(job.name, fit.id, self._running_score(job, fit))
        if job.done:
            self._finish(job)

    def _record_cost(self, job: Job, fit: Fit, report: FitReport) -> None:
        self.fitted += 1
        self._models_bytes += report.model_bytes
        job.costs[fit.id] = self._sampler.complete(report.cost, report.pid)
        job.peak_mb = max(job.peak_mb, fit_peak_mb(job.costs[fit.id]))

    def _running_score(self, job: Job, fit: Fit) -> float | None:
        """The mean score of the Fits that are done, by the plainest decision."""
        loaded = self.bench.shelf.partial(job.recipe.key).load(fit.id)
        if fit.cells and loaded is not None:
            arrays = loaded[0]
            job.scores.append(running_score(self.bench.competition, arrays["oof"], arrays["rows"]))
        return float(np.nanmean(job.scores)) if np.isfinite(job.scores).any() else None

    def _drop(self, job: Job, fit: Fit, error: Exception) -> None:
        """Leave a model out; what the user must mend before anything can work ends the run."""
        if isinstance(error, ENDING):
            raise error
        job.dropped = True
        log.debug("%s failed at %s", job.name, fit.id, exc_info=error)
        self.failures[job.name] = f"{fit.id}: {_reason(error)}"
        self.progress.model_failed(job.name, self.failures[job.name])
        self._cancel([f for f, (other, _) in self._flying.items() if other is job])

    def _cancel(self, futures: Sequence[Future]) -> None:
        for future in futures:
            self.executor.cancel(future)

    def _finish(self, job: Job) -> None:
        """Assemble and store the record, unless another process was first."""
        key = job.recipe.key
        partial = self.bench.shelf.partial(key)
        try:
            record = self._store(job)
        except (PredictionError, MetricError) as error:
            self._drop(job, job.recipe.fits[-1], error)
            return
        partial.drop()
        self._made[key] = record
        self.progress.model_done(record, cached=False)

    def _store(self, job: Job) -> Predictions:
        bench, recipe = self.bench, job.recipe
        arrays, costs = load_done(bench.shelf.partial(recipe.key), recipe.fits)
        record = assemble(recipe, bench.competition, bench.folds, arrays, costs | job.costs)
        return bench.shelf.store(record)


def _reason(error: Exception) -> str:
    if isinstance(error, ProcessExpired):
        return f"its worker ended with exit code {error.exitcode} (out of memory?)"
    if isinstance(error, StackkitError | WorkerError):
        return str(error)
    return f"{type(error).__name__}: {error}"
