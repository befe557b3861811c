"""The queue: the Fits of one level on their way through the executor."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

import numpy as np
import psutil
from pebble import ProcessExpired

from stackkit.budget import parse_seconds
from stackkit.cache.atomic import folder_size
from stackkit.cost import MemorySampler
from stackkit.crossfit.assemble import assemble, load_done
from stackkit.crossfit.bench import Bench, Recipe
from stackkit.crossfit.executor import Executor, Interrupts, WorkerError
from stackkit.crossfit.job import Job
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
from stackkit.schedule import Plan, forecast, machine_speed, plan
from stackkit.scoring import running_score

log = logging.getLogger("stackkit")
MODELS_LIMIT = 2 * 10**9
SCRATCH_LIMIT = 8 * 10**9
ENDING = (CacheError, ConfigError, DataError)
LISTEN = 0.2  # seconds between two looks for Ctrl-C


class FitQueue:
    """Fits several recipes in the planner's order; as many Fits at once as there are workers.

    After `run`: `failures` and `left_out` (name -> reason), `fitted` (Fits fitted now),
    `interrupted`.

    Parameters
    ----------
    until : when the level's time is over (time.monotonic).
    """

    def __init__(
        self,
        recipes: Sequence[Recipe],
        bench: Bench,
        executor: Executor,
        progress: Progress,
        until: float = math.inf,
    ) -> None:
        self.bench, self.executor, self.progress, self.until = bench, executor, progress, until
        self.failures: dict[str, str] = {}
        self.left_out: dict[str, str] = {}
        self.fitted, self.interrupted = 0, False
        self._jobs = [Job.of(recipe, bench) for recipe in recipes]
        self._flying: dict[Future, tuple[Job, Fit]] = {}
        self._made: dict[str, Predictions] = {}
        self._sampler = MemorySampler()
        self._said_full = False
        self._models_bytes = folder_size(bench.shelf.folder / "models")
        self._deadline = parse_seconds(bench.competition.config.models.deadline)

    def run(self) -> dict[str, Predictions]:
        """Records by key; returns when each is made, left out or failed, or on Ctrl-C."""
        trim_scratch(self.bench.shelf.scratch, SCRATCH_LIMIT)
        self.bench.shelf.sweep()
        title = f"depth {self._jobs[0].recipe.depth}"
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
            self._end_overdue()
        if interrupts.asked:
            log.warning("interrupted: running fits end; Ctrl-C once more stops at once")
        self.interrupted |= interrupts.asked
        if not self.interrupted:
            self._leave_out_the_rest()

    def _plan(self) -> Plan:
        now = time.monotonic()
        works = [job.work(now) for job in self._jobs if not job.dropped]
        return plan(works, self.until - now, self.executor.jobs)

    def _start_some(self) -> bool:
        """Start Fits while there are workers and memory for them; whether one was started."""
        started = False
        jobs = {job.recipe.key: job for job in self._jobs if job.open}
        if len(self._flying) >= self.executor.jobs or not jobs:
            return started
        for job in (jobs[key] for key in self._plan().order if key in jobs):
            while job.open and self._may_start(job):
                self._start(job)
                started = True
        return started

    def _may_start(self, job: Job) -> bool:
        """Whether a worker is idle, and memory is free where another Fit runs beside.

        Fits that run may still grow to what they are expected to take.
        """
        if len(self._flying) >= self.executor.jobs:
            return False
        jobs = (other for other in self._jobs if not other.dropped)
        flights = (flight for other in jobs for flight in other.running.values())
        taken = sum(flight.forecast.memory_mb for flight in flights)
        needed = forecast(job.work(0.0), job.size(job.waiting[0])).memory_mb
        return not self._flying or needed + taken <= psutil.virtual_memory().available / 2**20

    def _start(self, job: Job) -> None:
        fit = job.waiting[0]
        now = time.monotonic()
        speed = machine_speed(other.work(now) for other in self._jobs)
        job.start(fit, forecast(job.work(now), job.size(fit), speed))
        self._flying[self.executor.submit(run_fit, self._task(job, fit))] = (job, fit)

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
        job.land(fit, self._sampler.complete(report.cost, report.pid))

    def _running_score(self, job: Job, fit: Fit) -> float | None:
        """The mean score of the Fits that are done, by the plainest decision."""
        loaded = self.bench.shelf.partial(job.recipe.key).load(fit.id)
        if fit.cells and loaded is not None:
            arrays = loaded[0]
            job.scores.append(running_score(self.bench.competition, arrays["oof"], arrays["rows"]))
        return float(np.nanmean(job.scores)) if np.isfinite(job.scores).any() else None

    def _end_overdue(self) -> None:
        """End Fits past their deadline, and every Fit when the level's time is over."""
        now = time.monotonic()
        over = now >= self.until
        for future, (job, fit) in list(self._flying.items()):
            late = not job.dropped and now - job.running[fit.id].started > self._deadline
            if future.done() or not (over or late):
                continue
            del self._flying[future]
            self._cancel([future])
            if late:
                self._drop(job, fit, _Late(self._deadline))
            elif not job.dropped:
                job.waiting.append(job.running.pop(fit.id).fit)

    def _leave_out_the_rest(self) -> None:
        """Models whose Fits the time did not admit."""
        reasons = self._plan().left_out
        for job in self._jobs:
            if job.open:
                job.dropped = True
                self.left_out[job.name] = reasons.get(
                    job.recipe.key, "the time for its level was over"
                )
                self.progress.model_left_out(job.name, self.left_out[job.name])

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


class _Late(Exception):
    """A Fit ran past its deadline."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not done after {seconds:,.0f} s, its deadline: [models] deadline")


def _reason(error: Exception) -> str:
    if isinstance(error, ProcessExpired):
        return f"its worker ended with exit code {error.exitcode} (out of memory?)"
    if isinstance(error, StackkitError | WorkerError | _Late):
        return str(error)
    return f"{type(error).__name__}: {error}"
