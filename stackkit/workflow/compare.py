"""The same meta-models and blends on several competitions: what each gains on static weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stackkit.evaluation import gain_intervals
from stackkit.metrics.noise import without_noise
from stackkit.presets import INCUMBENT
from stackkit.runs import Setup, set_up
from stackkit.stack import Stack
from stackkit.workflow.stages import MEAN, fit_base, fit_candidates


def gains_on(
    competitions: Sequence[str | Path],
    names: Sequence[str],
    profile: str | None = None,
    jobs: int | None = None,
    cache_dir: str | Path | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """One row a competition and model above level 0, what the cache lacks fitted first.

    Columns as in `gains_on_static`, after the name of the competition.

    Parameters
    ----------
    names : of meta-models and blends; one that does not take a competition is left out there.
    jobs : worker processes; None or 0: one a core.
    """
    tables = []
    for where in dict.fromkeys(map(str, competitions)):
        setup = set_up(where, profile, cache_dir, seed)
        fit_base(setup, jobs)
        stack = fit_candidates(setup, jobs, names=names)
        table = gains_on_static(setup, stack)
        table.insert(0, "competition", setup.competition.name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def gains_on_static(setup: Setup, stack: Stack) -> pd.DataFrame:
    """A row a record above level 0, best first: its gain on the simplex weights of the base models.

    Columns: name, family, metric, cv, gain (positive is better), low and high, a 95 % interval by
    `gain_intervals`. The plain mean stands among them, the weights themselves do not.
    """
    static = stack.records[INCUMBENT]
    above = [r for r in stack.records.values() if r.depth > 0 and r.key != static.key]
    found = gain_intervals(setup.competition, setup.bench.folds, above, static)
    found.insert(1, "family", [MEAN if r.name == MEAN else r.family for r in above])
    found.insert(2, "metric", setup.competition.metric.name)
    found.insert(3, "cv", [r.cv for r in above])
    found = found.assign(**{c: found[c].map(without_noise) for c in ("gain", "low", "high")})
    return found.sort_values("gain", ascending=False, kind="stable", ignore_index=True)
