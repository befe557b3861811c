"""A model of the queue: its Fits that wait, run and are done, and what they cost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from stackkit.cost import fit_peak_mb, fit_seconds
from stackkit.crossfit.bench import Bench, Recipe
from stackkit.folds import Fit
from stackkit.schedule import Forecast, Measured, Work
from stackkit.sizing import Size


@dataclass(frozen=True)
class Flight:
    """A Fit that runs: since when (time.monotonic), and what it is expected to cost."""

    fit: Fit
    started: float
    forecast: Forecast


@dataclass(eq=False)
class Job:
    """A recipe whose Fits are being fitted."""

    recipe: Recipe
    columns: int
    waiting: deque[Fit] = field(default_factory=deque)
    running: dict[str, Flight] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    dropped: bool = False

    @classmethod
    def of(cls, recipe: Recipe, bench: Bench) -> Job:
        """A recipe with the Fits that are not there yet; those that are count as measured."""
        parents = recipe.source.parents
        job = cls(recipe, len(parents) or len(bench.competition.schema.columns))
        partial = bench.shelf.partial(recipe.key)
        for fit in recipe.fits:
            loaded = partial.load(fit.id)
            if loaded is None:
                job.waiting.append(fit)
            else:
                job.measured.append(job._remembered(fit, loaded[1]))
        return job

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.recipe.spec.name

    @property
    def open(self) -> bool:
        """Whether Fits are still to be started."""
        return bool(self.waiting) and not self.dropped

    @property
    def done(self) -> bool:
        """Whether every Fit is there."""
        return not (self.waiting or self.running or self.dropped)

    def size(self, fit: Fit) -> Size:
        """What a Fit works on."""
        return Size(len(fit.fit_rows), self.columns, self.recipe.objective.width)

    def work(self, now: float) -> Work:
        """What the planner sees of it at a time (time.monotonic)."""
        spec = self.recipe.spec
        return Work(
            self.recipe.key,
            spec.family,
            spec.value,
            spec.cost,
            waiting=tuple(self.size(fit) for fit in self.waiting),
            running=tuple((self.size(f.fit), now - f.started) for f in self.running.values()),
            done=tuple(self.measured),
        )

    def start(self, fit: Fit, forecast: Forecast) -> None:
        """A Fit is handed to a worker."""
        self.waiting.remove(fit)
        self.running[fit.id] = Flight(fit, time.monotonic(), forecast)

    def land(self, fit: Fit, cost: Mapping[str, Any]) -> None:
        """A Fit is done at a cost, which is kept with what it was expected to be."""
        expected = self.running.pop(fit.id).forecast
        self.costs[fit.id] = {**cost, "expected": asdict(expected)}
        self.measured.append(self._measure(fit, cost))

    def _remembered(self, fit: Fit, cost: Mapping[str, Any]) -> Measured:
        """A Fit of an earlier run, whose worker's peak nobody sampled."""
        least = self.recipe.spec.cost.memory_mb(self.size(fit))
        measured = self._measure(fit, cost)
        return replace(measured, memory_mb=max(least, measured.memory_mb))

    def _measure(self, fit: Fit, cost: Mapping[str, Any]) -> Measured:
        return Measured(self.size(fit), fit_seconds(cost), fit_peak_mb(cost))
