"""cross_fit: the one loop of every level.

What the cache holds under a recipe's key is loaded; what it lacks is fitted, one Fit after another
through one queue across all specs of a level, each Fit written as soon as it is done, and assembled
into a record.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.crossfit.bench import Bench, Inputs, Recipe
from stackkit.crossfit.executor import Executor, shared_pool
from stackkit.crossfit.progress import Progress, Silent
from stackkit.crossfit.queue import FitQueue
from stackkit.errors import ConfigError, ModelError, check_type
from stackkit.folds import Folds
from stackkit.predictions import Predictions
from stackkit.scoring import rescored
from stackkit.spec import ModelSpec


@dataclass
class LevelResult:
    """What became of a level.

    Attributes
    ----------
    records : in the order of the specs, less those that failed.
    failures : reasons, by name.
    left_out : reasons, by name, of models that the time did not admit.
    fitted : Fits that were fitted now.
    interrupted : whether the user broke off.
    """

    records: list[Predictions] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    fitted: int = 0
    interrupted: bool = False


def cross_fit(
    spec: ModelSpec,
    competition: Competition,
    folds: Folds,
    cache: OOFCache,
    source: Inputs = None,
    jobs: int = 1,
) -> Predictions:
    """Out-of-fold and test predictions of one model under a fold plan, from the cache if there.

    Parameters
    ----------
    spec : the model.
    competition, folds : the data and who is fitted where.
    cache : an OOFCache, or NoCache().
    source : what it reads: None for the spec's own feature recipe, or the records to stack.
    jobs : worker processes.

    Raises
    ------
    ModelError : a Fit failed.
    CacheError : the cache cannot be written, or the model is not deterministic.
    """
    check_type(spec, ModelSpec, "a model is a ModelSpec", 'get_model("ridge")')
    check_type(jobs, int, "jobs is a whole number", "jobs=2")
    if jobs < 1:
        raise ConfigError("jobs is at least 1", jobs, "jobs=1")
    bench = Bench(competition, folds, cache)
    result = fit_level([(spec, source)], bench, shared_pool(jobs))
    if result.interrupted:
        raise KeyboardInterrupt
    if result.failures:
        raise ModelError(f"{spec.name} can be fitted", result.failures[spec.name])
    return result.records[0]


def fit_level(
    works: Sequence[tuple[ModelSpec, Inputs]],
    bench: Bench,
    executor: Executor,
    progress: Progress | None = None,
    until: float = math.inf,
) -> LevelResult:
    """Records of several specs, each with what it reads. A failure drops a model, not the level.

    `until` is when the level's time is over (time.monotonic).
    """
    recipes = [bench.recipe(spec, source) for spec, source in works]
    _refuse_twins(recipes)
    level = _Level(bench, executor, progress or Silent(), until)
    found = level.cached(recipes)
    found |= level.fit([r for r in recipes if r.key not in found])
    level.result.records = [
        found[r.key].with_(name=r.spec.name, role=r.spec.role) for r in recipes if r.key in found
    ]
    return level.result


@dataclass(frozen=True)
class _Level:
    """What works on a level, until when, and what became of it."""

    bench: Bench
    executor: Executor
    progress: Progress
    until: float
    result: LevelResult = field(default_factory=LevelResult)

    def cached(self, recipes: Sequence[Recipe]) -> dict[str, Predictions]:
        """The records that the cache holds, by key."""
        bench = self.bench
        loaded = {r.key: bench.shelf.load(r.key) for r in recipes}
        found = {
            key: rescored(record, bench.competition, bench.folds)
            for key, record in loaded.items()
            if record is not None
        }
        for record in found.values():
            self.progress.model_done(record, cached=True)
        return found

    def fit(self, recipes: Sequence[Recipe]) -> dict[str, Predictions]:
        """Fit what no other process works on; then wait for the others, one by one."""
        made: dict[str, Predictions] = {}
        with ExitStack() as locks:
            lock = self.bench.shelf.lock
            mine = [r for r in recipes if locks.enter_context(lock(r.key, wait=0))]
            made |= self._run(mine)
        for recipe in recipes:
            if recipe not in mine and not self.result.interrupted:
                made |= self._wait_for(recipe)
        return made

    def _wait_for(self, recipe: Recipe) -> dict[str, Predictions]:
        """What another process works on, when it is done or has given up, as long as time lasts."""
        left = max(0.0, self.until - time.monotonic())
        try:
            with self.bench.shelf.lock(recipe.key, wait=left) as held:
                if held:
                    return self._run([recipe])
        except KeyboardInterrupt:
            self.result.interrupted = True
            return {}
        name, reason = recipe.spec.name, "another process works on it still"
        self.result.left_out[name] = reason
        self.progress.model_left_out(name, reason)
        return {}

    def _run(self, recipes: Sequence[Recipe]) -> dict[str, Predictions]:
        """Fit recipes whose locks are held, less those that another process has stored by now."""
        made = self.cached(recipes)
        recipes = [r for r in recipes if r.key not in made]
        if not recipes:
            return made
        queue = FitQueue(recipes, self.bench, self.executor, self.progress, self.until)
        made |= queue.run()
        self.result.failures |= queue.failures
        self.result.left_out |= queue.left_out
        self.result.fitted += queue.fitted
        self.result.interrupted |= queue.interrupted
        return made


def _refuse_twins(recipes: Sequence[Recipe]) -> None:
    seen: dict[str, str] = {}
    for recipe in recipes:
        if recipe.key in seen:
            raise ConfigError(
                "models of a stack differ",
                f"{recipe.spec.name} and {seen[recipe.key]} are the same",
                "give one of them another parameter or seed",
            )
        seen[recipe.key] = recipe.spec.name
