"""The nodes of a stack: the models of a profile that take a competition, and what they stand on."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from stackkit.competition import Competition
from stackkit.config import ModelsConfig
from stackkit.errors import ConfigError, nearest
from stackkit.level0 import get_model, model_names, registered_names
from stackkit.presets import (
    BASE,
    BEHIND,
    HIGHER,
    INCUMBENT,
    PRESETS,
    PRIOR,
    Placed,
    Preset,
    higher_model,
)
from stackkit.spec import ModelSpec


@dataclass(frozen=True)
class Node:
    """A model of a stack and the names of those that it stands on (none: on features)."""

    spec: ModelSpec
    parents: tuple[str, ...] = ()


def stack_nodes(competition: Competition, preset: Preset, seed: int = 0) -> list[Node]:
    """The nodes of a stack in the order of levels; the prior first.

    [models] of the competition chooses and changes base models; registered ones join. ConfigError
    where [models] include names one that does not take the competition; others are left out.
    """
    models = competition.config.models
    names = _base_names(preset, models)
    left = left_out_models(competition, preset)
    refused = [f"{name}: {left[name]}" for name in names if name in models.include and name in left]
    if refused:
        rule = "[models] include names models that take the competition"
        raise ConfigError(rule, "; ".join(refused), "remove the name")
    base = [_base(name, preset, models) for name in names if name not in left]
    if not base:
        rule, got = "a stack has a base model", f"none of {', '.join(names)} takes this competition"
        raise ConfigError(rule, got, "name others in [models] include, or exclude fewer")
    first = [] if PRIOR in names else [Node(get_model(PRIOR))]
    above = [placed for placed in preset.above if placed.name not in left]
    nodes = [*first, *(Node(s) for s in base), *_above(above, tuple(s.name for s in base))]
    _refuse_one_name_twice(nodes)
    return [Node(n.spec.with_seed(n.spec.seed + seed), n.parents) for n in nodes]


def candidate_nodes(
    competition: Competition, preset: Preset, base: Sequence[Node], seed: int = 0
) -> list[Node]:
    """Base models, and above them every meta-model and blend that takes a competition, alone and
    as the preset combines them."""
    placed = _candidates(preset)
    above = [p for p in placed if _reason(higher_model(p.model), competition) is None]
    pool = tuple(node.spec.name for node in base if node.spec.name != PRIOR)
    nodes = _above(above, pool)
    return [*base, *(Node(n.spec.with_seed(n.spec.seed + seed), n.parents) for n in nodes)]


def _candidates(preset: Preset) -> list[Placed]:
    """Every meta-model and blend on the base models, steps behind a blend on the incumbent, then
    what the preset combines."""
    specs = sorted(HIGHER.values(), key=lambda spec: spec.family == BEHIND)
    alone = [Placed(s.name, s.name, (INCUMBENT if s.family == BEHIND else BASE,)) for s in specs]
    return list({placed.name: placed for placed in (*alone, *preset.above)}.values())


def _above(placed: Sequence[Placed], base: tuple[str, ...]) -> list[Node]:
    """The nodes above base models of these names; none for what would stand on nothing."""
    there, nodes = {BASE: base}, []
    for one in placed:
        spec = dataclasses.replace(higher_model(one.model), name=one.name)
        parents = tuple(dict.fromkeys(name for on in one.on for name in there.get(on, ())))
        if not parents:
            continue
        nodes.append(Node(spec, parents))
        there[one.name] = (one.name,)
    return nodes


def left_out_models(competition: Competition, preset: Preset) -> dict[str, str]:
    """Models that do not take a competition, and why: name -> reason."""
    models = competition.config.models
    specs = [_base(name, preset, models) for name in _base_names(preset, models)]
    named = [(spec.name, spec) for spec in specs]
    named += [(placed.name, higher_model(placed.model)) for placed in preset.above]
    reasons = ((name, _reason(spec, competition)) for name, spec in named)
    return {name: reason for name, reason in reasons if reason is not None}


def _refuse_one_name_twice(nodes: Sequence[Node]) -> None:
    names = [node.spec.name for node in nodes]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                "models of a stack have names of their own",
                f"two named {name!r}",
                "give your model another name",
            )


def _base_names(preset: Preset, models: ModelsConfig) -> list[str]:
    wanted = models.include or (*preset.base, *registered_names())
    for name in (*wanted, *models.exclude, *models.params):
        _refuse_higher_level(name)
        _refuse_unknown(name)
    return [n for n in dict.fromkeys(wanted) if n not in models.exclude]


def _refuse_higher_level(name: str) -> None:
    """ConfigError for a model that reads records: profiles choose those."""
    with_it = [p for p, preset in PRESETS.items() if name in {one.name for one in preset.above}]
    if (name in HIGHER or with_it) and name not in model_names():
        come = f"; it comes with --profile {' or '.join(with_it)}" if with_it else ""
        got = f"{name!r}, {_kind(name)}"
        raise ConfigError("[models] names base models", got, f"remove it{come}")


def _refuse_unknown(name: str) -> None:
    """ConfigError for a name that no model has, with the nearest one of any level."""
    if name in model_names():
        return
    hint = nearest(name, [*model_names(), *HIGHER])
    higher = next((known for known in HIGHER if repr(known) in hint), None)
    if higher is not None:
        hint += f" That is {_kind(higher)}, and [models] names base models"
    raise ConfigError("unknown model", repr(name), hint)


def _kind(name: str) -> str:
    """What a model above level 0 is, in words."""
    return "a meta-model" if name in HIGHER and HIGHER[name].role == "meta" else "a blend"


def _base(name: str, preset: Preset, models: ModelsConfig) -> ModelSpec:
    spec = get_model(name).with_fidelity(preset.fidelity)
    return spec.with_parameters(models.params.get(name, {}))


def _reason(spec: ModelSpec, competition: Competition) -> str | None:
    """Why a model does not take a competition, None where it does."""
    if competition.task not in spec.tasks:
        return f"takes {' and '.join(spec.tasks)}, not {competition.task}"
    if spec.needs_ranks and not competition.metric.ranks:
        return f"makes ranks, and {competition.metric.name} reads more than the order"
    if spec.rare_class is not None and not _has_rare_class(competition, spec.rare_class):
        return f"balances classes, and each has {spec.rare_class:.0%} of the rows or more"
    return spec.limits.exceeded(competition.n_rows, len(competition.schema.columns))


def _has_rare_class(competition: Competition, share: float) -> bool:
    if competition.task == "regression":
        return False
    return np.bincount(competition.y).min() < share * competition.n_rows


def without(nodes: Sequence[Node], names: Collection[str]) -> list[Node]:
    """The nodes less those of some names, as parents too, and less what then stands on nothing."""
    kept: list[Node] = []
    there: set[str] = set()
    for node in nodes:
        parents = tuple(p for p in node.parents if p in there)
        if node.spec.name in names or (node.parents and not parents):
            continue
        kept.append(Node(node.spec, parents))
        there.add(node.spec.name)
    return kept


def level_of(nodes: Sequence[Node]) -> list[list[Node]]:
    """Nodes in batches, each of which stands on earlier ones only."""
    levels: list[list[Node]] = []
    placed: dict[str, int] = {}
    for node in nodes:
        level = 1 + max((placed[p] for p in node.parents), default=-1)
        placed[node.spec.name] = level
        while len(levels) <= level:
            levels.append([])
        levels[level].append(node)
    return levels
