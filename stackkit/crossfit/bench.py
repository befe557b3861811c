"""Bench: a competition, a fold plan and a cache, and the recipes of models on them.

A spec and a source make a recipe, the recipe a key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stackkit.cache import OOFCache, Shelf
from stackkit.cache.handoff import Shared
from stackkit.competition import Competition
from stackkit.errors import ConfigError, ModelError, check_type
from stackkit.features.hook import Hook, find_hook
from stackkit.features.source import FeatureSource
from stackkit.folds import Fit, Folds
from stackkit.predictions import Predictions, records_of
from stackkit.recipe import SCHEMA_VERSION, canonical, content_digest, key_of
from stackkit.scoring import check_rows
from stackkit.spec import ModelSpec, Objective, Source, objective_for
from stackkit.stack_source import stack_key, stack_source
from stackkit.user_code import code_digest

Inputs = Source | Sequence[Predictions] | None


@dataclass(frozen=True, eq=False)
class Recipe:
    """One spec on one source: all that its key is made of, and the Fits that it needs."""

    spec: ModelSpec
    source: Source
    objective: Objective
    content: Mapping[str, Any]
    fits: tuple[Fit, ...]

    @cached_property
    def key(self) -> str:
        """64 hex digits."""
        return key_of(self.content)

    @property
    def depth(self) -> int:
        """How many levels below it are predictions."""
        return 1 + max((parent.depth for parent in self.source.parents), default=-1)

    @property
    def readable(self) -> dict[str, Any]:
        """The content as recipe.json holds it."""
        return json.loads(canonical(self.content))


class Bench:
    """Where models are fitted.

    Parameters
    ----------
    competition, folds : the data and who is fitted where.
    cache : where records lie.
    """

    def __init__(self, competition: Competition, folds: Folds, cache: OOFCache) -> None:
        _check_types(competition, folds, cache)
        check_rows(competition, folds)
        self.competition, self.folds, self.cache = competition, folds, cache
        self.shelf: Shelf = cache.shelf(competition, folds)
        self.hook: Hook | None = find_hook(competition)
        scratch = self.shelf.folder / ".scratch"
        self.shared_competition = Shared(competition, scratch)
        self._folds, self._hook = Shared(folds, scratch), Shared(self.hook, scratch)

    @property
    def keep_models(self) -> bool:
        """[cache] keep_models."""
        config = self.competition.config
        return config is None or config.cache.keep_models

    def recipe(self, spec: ModelSpec, inputs: Inputs = None) -> Recipe:
        """What a spec is made from on its inputs; None: its own feature recipe.

        Raises
        ------
        ConfigError : the task does not fit, or a learner of records got none.
        ModelError : no row to fit on or to score.
        """
        source = self._source(spec, inputs)
        objective = objective_for(self.competition, spec.learner)
        content = self._content(spec, source.key, objective)
        return Recipe(spec, source, objective, content, self._fits(spec, source))

    def key(
        self, spec: ModelSpec, parents: Sequence[str] = (), named: Sequence[tuple[str, str]] = ()
    ) -> str:
        """The key of a spec on parents that need not be there yet; without: on its features.

        `named` are name and family of each parent.
        """
        features = None if spec.recipe is None else self._features(spec)
        if parents:
            read = named if spec.learner.reads_names else None
            source = stack_key(parents, read, features, spec.learner.queries)
        else:
            source = self._features(spec).key
        return key_of(self._content(spec, source, objective_for(self.competition, spec.learner)))

    def fit_ids(self, spec: ModelSpec, depth: int = 0) -> list[str]:
        """Ids of the Fits that a spec needs; under forward chaining a depth loses a block."""
        full = ["full"] if self._test_from(spec) == "full" else []
        lost = depth if self.folds.forward else 0
        return [fit.id for fit in self.folds.fits()][lost:] + full

    def _source(self, spec: ModelSpec, inputs: Inputs) -> Source:
        if self.competition.task not in spec.tasks:
            raise ConfigError(f"{spec.name} takes {', '.join(spec.tasks)}", self.competition.task)
        if inputs is None:
            self._refuse_stack(spec)
            return self._features(spec)
        if isinstance(inputs, Source):
            return inputs
        records = records_of(inputs)
        if spec.role == "base":
            hint = "leave source out, or a model that reads records, such as ridge_meta"
            raise ConfigError(f"{spec.name} reads features", "records as its source", hint)
        features = None if spec.recipe is None else self._features(spec)
        return stack_source(records, self._folds, spec.learner, features)

    @staticmethod
    def _refuse_stack(spec: ModelSpec) -> None:
        if spec.role != "base" or spec.recipe is None:
            raise ConfigError(f"{spec.name} reads records", "no source", "pass source=[records]")

    def _features(self, spec: ModelSpec) -> FeatureSource:
        digest = None if self.hook is None else self.hook.digest
        scratch = self.shelf.folder / ".scratch"
        return FeatureSource(
            spec.recipe, self.shared_competition, self._folds, self._hook, scratch, digest
        )

    def _test_from(self, spec: ModelSpec) -> str:
        return "full" if self.folds.forward else spec.learner.test_from

    def _content(
        self, spec: ModelSpec, source: Mapping[str, Any], objective: Objective
    ) -> dict[str, Any]:
        return {
            "schema": SCHEMA_VERSION,
            "learner": {"kind": spec.learner.kind, "version": spec.learner.version},
            "parameters": spec.parameters,
            "seed": spec.seed,
            "threads": spec.learner.threads,
            "objective": objective.content,
            "target": self.competition.target,
            "source": source,
            "code": _code(spec),
            "folds": self.folds.fingerprint,
            "data": self.competition.fingerprint,
            "test_from": self._test_from(spec),
        }

    def _fits(self, spec: ModelSpec, source: Source) -> tuple[Fit, ...]:
        """The plan's Fits on the rows the source has, less those with nothing to fit or score."""
        narrowed = [source.narrow(fit) for fit in self.folds.fits()]
        fits = [f for f in narrowed if f.fit_rows.size and source.score_rows(f).size]
        if not fits:
            raise ModelError(
                f"{spec.name} has rows to fit on and rows to score",
                "none that all its parents score",
                "more folds, or fewer levels",
            )
        full = [source.narrow(self.folds.full())] if self._test_from(spec) == "full" else []
        return (*fits, *full)


def _check_types(competition: object, folds: object, cache: object) -> None:
    hint = "load_competition(name or folder)"
    check_type(competition, Competition, "data are a Competition", hint)
    check_type(folds, Folds, "a fold plan is a Folds", "make_folds(competition)")
    check_type(cache, OOFCache, "a cache is an OOFCache", 'OOFCache("oof_cache"), or NoCache()')


def _code(spec: ModelSpec) -> str:
    """Digest of the user's code that a spec stands on: a file, or its learner's class; else ""."""
    return code_digest(type(spec.learner)) if spec.code is None else content_digest(spec.code)
