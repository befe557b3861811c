"""What a run works on: a competition with its fold plan, cache and stack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.crossfit import Bench
from stackkit.datasets import load_competition
from stackkit.folds import make_folds
from stackkit.level0 import models_beside, own_models
from stackkit.nodes import Node, stack_nodes
from stackkit.places import cache_folder
from stackkit.predictions import Predictions
from stackkit.presets import get_preset
from stackkit.scoring import rescored
from stackkit.stack import plan_nodes
from stackkit.submission import submission_format

TRIED = 200  # rows that a feature hook is tried on before any work


@dataclass(frozen=True)
class Setup:
    """A competition with its fold plan, cache and stack: all that a run needs."""

    competition: Competition
    bench: Bench
    nodes: list[Node]
    profile: str
    seed: int


def set_up(
    competition: str | Path | Competition,
    profile: str | None = None,
    cache_dir: str | Path | None = None,
    seed: int = 0,
) -> Setup:
    """Load what a run works on; fits nothing.

    Parameters
    ----------
    competition : a name, a folder, a competition.toml, or a Competition.
    profile : "quick", "standard" or "best"; None: [stack] preset.
    cache_dir : None: the project's own.
    seed : of models, never of folds.
    """
    if not isinstance(competition, Competition):
        competition = load_competition(competition)
    profile = profile or competition.config.stack.preset
    folds = make_folds(competition)
    cache = OOFCache(cache_dir or cache_folder(competition.config))
    bench = Bench(competition, folds, cache)
    _refuse_early(bench)
    with own_models(models_beside(competition)):
        nodes = stack_nodes(competition, get_preset(profile), seed)
    return Setup(competition, bench, nodes, profile, seed)


def _refuse_early(bench: Bench) -> None:
    """What a run would stumble over at its end: a sample of other rows, a hook that raises."""
    if bench.competition.test is not None:
        submission_format(bench.competition)
    if bench.hook is not None:
        bench.hook.check_row_wise(bench.competition.train.head(TRIED))


def cached_records(setup: Setup) -> list[Predictions]:
    """Every record that the cache holds for this task on this data and these folds."""
    bench, task = setup.bench, setup.competition.task
    same = (r for r in bench.shelf.records() if r.recipe["objective"]["task"] == task)
    return [rescored(record, bench.competition, bench.folds) for record in same]


def plan(
    competition: str | Path | Competition,
    profile: str | None = None,
    cache_dir: str | Path | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """A row a model of the stack: what is cached and what would be fitted. Fits nothing."""
    setup = set_up(competition, profile, cache_dir, seed)
    return plan_nodes(setup.nodes, setup.bench)
