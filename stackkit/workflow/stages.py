"""The stages of a run one at a time. Each finds in the cache what an earlier one left."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import pandas as pd

from stackkit.crossfit.executor import shared_pool
from stackkit.crossfit.progress import Progress, default_progress
from stackkit.errors import ConfigError, ModelError, nearest
from stackkit.nodes import Node, candidate_nodes, without
from stackkit.places import cache_folder
from stackkit.presets import INCUMBENT, PRESETS, PRIOR, get_preset, higher_model
from stackkit.runs import Setup, cores, latest_run, set_up
from stackkit.stack import Stack, fit_stack, plan_nodes

MEAN = "mean"


def plan_base(setup: Setup) -> pd.DataFrame:
    """The rows of `stackkit.plan` that read features. Fits nothing."""
    return plan_nodes(_base(setup), setup.bench)


def plan_levels(setup: Setup) -> pd.DataFrame:
    """The rows of `stackkit.plan`, all levels. Fits nothing."""
    return plan_nodes(setup.nodes, setup.bench)


def plan_metas(setup: Setup) -> pd.DataFrame:
    """The rows of `stackkit.plan` for base models, meta-models and the plain mean. Fits nothing."""
    return plan_nodes(_metas(setup), setup.bench)


def fit_base(setup: Setup, jobs: int | None = None, progress: Progress | None = None) -> Stack:
    """The base models, fitted where the cache lacks them.

    Parameters
    ----------
    jobs : worker processes; None or 0: one a core.
    """
    return _fit(_base(setup), setup, jobs, progress)


def fit_metas(setup: Setup, jobs: int | None = None, progress: Progress | None = None) -> Stack:
    """Base models, the meta-models on them and the plain mean, fitted where the cache lacks one.

    Parameters
    ----------
    jobs : worker processes; None or 0: one a core.
    """
    return _fit(_metas(setup), setup, jobs, progress)


def fit_levels(setup: Setup, jobs: int | None = None, progress: Progress | None = None) -> Stack:
    """The whole stack and the gate's decision, fitted where the cache lacks a record.

    Parameters
    ----------
    jobs : worker processes; None or 0: one a core.
    """
    return _fit(setup.nodes, setup, jobs, progress)


def fit_candidates(
    setup: Setup,
    jobs: int | None = None,
    progress: Progress | None = None,
    names: Collection[str] = (),
) -> Stack:
    """Every meta-model and blend on the base models that the cache holds; fits no base model.

    Parameters
    ----------
    jobs : worker processes; None or 0: one a core.
    names : only these, beside the plain mean and the simplex weights; none: every one.

    Raises
    ------
    ConfigError : a name that no meta-model or blend has.
    ModelError : the cache holds no base model of the profile.
    """
    cached = [node for node in _base(setup) if _is_cached(setup, node)]
    if not any(node.spec.name != PRIOR for node in cached):
        raise ModelError(
            "blends are made of cached base models",
            f"none of profile {setup.profile} in {setup.bench.shelf.folder}",
            _command(setup),
        )
    nodes = candidate_nodes(setup.competition, get_preset(setup.profile), cached, setup.seed)
    if names:
        wanted = {MEAN, INCUMBENT, *(higher_model(name).name for name in names)}
        nodes = without(nodes, {n.spec.name for n in nodes if n.parents} - wanted)
    return _fit(nodes, setup, jobs, progress)


def missing_base(setup: Setup) -> list[str]:
    """Names of the profile's base models that the cache does not hold."""
    return [node.spec.name for node in _base(setup) if not _is_cached(setup, node)]


def cached_base(setup: Setup) -> list[str]:
    """Names of the profile's base models that the cache holds, the prior aside."""
    missing = {PRIOR, *missing_base(setup)}
    return [node.spec.name for node in _base(setup) if node.spec.name not in missing]


def like_latest_run(setup: Setup) -> Setup:
    """The same with the profile of the latest run on this data and these folds, if there is one."""
    bench, name = setup.bench, setup.competition.name
    report = latest_run(bench.cache, name, bench.shelf.folder.name) or {}
    profile = report.get("profile", setup.profile)
    if profile == setup.profile or profile not in PRESETS:
        return setup
    return set_up(setup.competition, profile, bench.cache.root, setup.seed)


def _command(setup: Setup) -> str:
    """The command that fits what a setup lacks."""
    config, root = setup.competition.config, setup.bench.cache.root
    where = config.folder if config.train else setup.competition.name
    elsewhere = root.resolve() != cache_folder(config).resolve()
    place = f" --cache-dir {root}" if elsewhere else ""
    return f"stackkit run {where} --profile {setup.profile}{place}"


def _is_cached(setup: Setup, node: Node) -> bool:
    return setup.bench.shelf.describe(setup.bench.key(node.spec)) is not None


def choose(stack: Stack, name: str = "") -> Stack:
    """The stack as it is, or with the record of that name in place of the gate's choice."""
    if not name:
        return stack
    if name not in stack.records:
        raise ConfigError("a record of the stack is chosen", name, nearest(name, stack.records))
    gate = stack.decision
    reason = f"{name} was named by hand; the gate's choice was {stack.chosen.name}"
    decision = dataclasses.replace(gate, record=stack.records[name], reason=reason)
    return dataclasses.replace(stack, decision=decision)


def _base(setup: Setup) -> list[Node]:
    return [node for node in setup.nodes if not node.parents]


def _metas(setup: Setup) -> list[Node]:
    base = {node.spec.name for node in _base(setup)}
    above = [node for node in setup.nodes if node.parents and base.issuperset(node.parents)]
    wanted = [n for n in above if n.spec.role == "meta" or n.spec.name == MEAN]
    return [*_base(setup), *wanted]


def _fit(nodes: list[Node], setup: Setup, jobs: int | None, progress: Progress | None) -> Stack:
    pool = shared_pool(jobs or cores())
    return fit_stack(nodes, setup.bench, pool, progress or default_progress())
