"""A stack: its plan before anything is paid, and its records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from stackkit.budget import Budget
from stackkit.cache.versions import changed_versions
from stackkit.crossfit import fit_level
from stackkit.crossfit.bench import Bench, Inputs
from stackkit.crossfit.executor import Executor
from stackkit.crossfit.loop import LevelResult
from stackkit.crossfit.progress import Progress
from stackkit.errors import BudgetError, ModelError
from stackkit.evaluation import GateDecision, gate, leaderboard
from stackkit.nodes import Node, level_of
from stackkit.predictions import Predictions
from stackkit.presets import INCUMBENT, PRIOR
from stackkit.schedule import Work, reserve
from stackkit.sizing import Size
from stackkit.spec import ModelSpec, objective_for

NEW_WORKERS = 4.0  # seconds kept back for workers in place of those that are ended
WRITING = 1.0  # and for choosing and writing a submission
WRITING_A_ROW = 4e-6
KEPT_MOST = 0.3  # share of a limit that is kept back at most
NAMED = 3  # models that an error names
PLAN_COLUMNS = ("name", "role", "reads", "cached", "fits", "key8", "note")


@dataclass
class Stack:
    """The records of a stack.

    Attributes
    ----------
    records : by name, in the order of levels.
    failures : reasons, by name.
    left_out : reasons, by name, of models that the time limit did not admit.
    fitted : Fits that were fitted now.
    interrupted : whether the user broke off: what was finished is here.
    decision : what the gate chose.
    """

    records: dict[str, Predictions] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    fitted: int = 0
    interrupted: bool = False
    decision: GateDecision | None = None

    @property
    def chosen(self) -> Predictions:
        """The record to submit."""
        if self.decision is None:
            raise ModelError("a stack has a record to submit", "no base model finished")
        return self.decision.record


def plan_nodes(nodes: Sequence[Node], bench: Bench) -> pd.DataFrame:
    """One row a model: what is cached and what would be fitted. Fits nothing."""
    keys: dict[str, str] = {}
    families = {node.spec.name: node.spec.family for node in nodes}
    rows = []
    for depth, level in enumerate(level_of(nodes)):
        for node in level:
            parents = [keys[p] for p in node.parents]
            key = bench.key(node.spec, parents, [(p, families[p]) for p in node.parents])
            keys[node.spec.name] = key
            rows.append(_plan_row(node, depth, key, bench))
    return pd.DataFrame(rows, columns=list(PLAN_COLUMNS))


def _plan_row(node: Node, depth: int, key: str, bench: Bench) -> tuple[object, ...]:
    recipe = bench.shelf.describe(key)
    partial = bench.shelf.partial(key)
    missing = [f for f in bench.fit_ids(node.spec, depth) if not partial.path(f).exists()]
    reads = ", ".join((*filter(None, [node.spec.recipe]), *node.parents))
    note = ""
    if recipe is not None and (changed := changed_versions(recipe["versions"])):
        note = f"made under other versions of {', '.join(changed)}"
    fits = 0 if recipe is not None else len(missing)
    return node.spec.name, node.spec.role, reads, recipe is not None, fits, key[:8], note


def fit_stack(
    nodes: Sequence[Node],
    bench: Bench,
    executor: Executor,
    progress: Progress | None = None,
    budget: Budget | None = None,
    decided: Callable[[dict[str, str]], None] = lambda left_out: None,
) -> Stack:
    """Fit a stack level by level; a model that fails is left out of what stands on it.

    After the first Ctrl-C no further base model is fitted; the levels above go on with what is
    there. A second one is KeyboardInterrupt.

    Parameters
    ----------
    budget : the time that all levels and the writing of a submission may take; None: any.
    decided : is told the models that a level leaves out for want of time, before the next level
        builds on that.

    Raises
    ------
    ModelError : no base model is left.
    """
    stack, levels = Stack(), level_of(nodes)
    budget = budget or Budget()
    for i, level in enumerate(levels):
        later = _kept_back(levels[i + 1 :], bench, executor.jobs)
        until = budget.end - min(later, KEPT_MOST * budget.seconds)
        result = fit_level(_works(level, stack, bench), bench, executor, progress, until)
        if stack.interrupted and result.interrupted:
            raise KeyboardInterrupt
        if result.left_out:
            decided(result.left_out)
        _add(stack, result)
        if not any(name != PRIOR for name in stack.records):
            _no_model(stack, budget)
            return stack
    stack.decision = _gate(stack.records)
    return stack


def _add(stack: Stack, result: LevelResult) -> None:
    stack.records |= {r.name: r for r in result.records}
    stack.failures |= result.failures
    stack.left_out |= result.left_out
    stack.fitted += result.fitted
    stack.interrupted |= result.interrupted


def _kept_back(levels: Sequence[Sequence[Node]], bench: Bench, workers: int) -> float:
    """Seconds that levels to come and the writing of a submission are expected to need."""
    works = [[_expected_work(node, bench) for node in level] for level in levels]
    anew = NEW_WORKERS if levels else 0.0
    return anew + reserve(works, workers) + WRITING + WRITING_A_ROW * bench.competition.n_test


def _expected_work(node: Node, bench: Bench) -> Work:
    """A model above level 0 before its parents are there."""
    competition, spec = bench.competition, node.spec
    width = objective_for(competition, spec.learner).width
    size = Size(competition.n_rows, max(1, len(node.parents)), width)
    waiting = (size,) * len(bench.fit_ids(spec))
    return Work(spec.name, cost=spec.cost, waiting=waiting)


def _works(level: Sequence[Node], stack: Stack, bench: Bench) -> list[tuple[ModelSpec, Inputs]]:
    """What of a level can be fitted: less what stands on nothing, and twins of what is there."""
    made = {record.key for record in stack.records.values()}
    works: list[tuple[ModelSpec, Inputs]] = []
    for node in level:
        parents = _parents(node, stack.records)
        if parents == []:
            continue
        try:
            key = bench.recipe(node.spec, parents).key
        except ModelError as error:
            stack.failures[node.spec.name] = str(error)
            continue
        if key not in made:
            made.add(key)
            works.append((node.spec, parents))
    return works


def _parents(node: Node, records: dict[str, Predictions]) -> list[Predictions] | None:
    return [records[p] for p in node.parents if p in records] if node.parents else None


def _no_model(stack: Stack, budget: Budget) -> None:
    """Nothing to submit: the user broke off, time was too short, or every base model failed."""
    if stack.left_out and not stack.interrupted:
        reasons = _listed({**stack.failures, **stack.left_out})
        hint = "a longer --time-limit, --profile quick, or fewer [models] include"
        rule = f"at least one base model is done within {budget.seconds:,.0f} s"
        raise BudgetError(rule, reasons, hint)
    if not stack.interrupted:
        reasons = _listed(stack.failures)
        raise ModelError("at least one base model can be fitted", reasons)


def _listed(reasons: Mapping[str, str]) -> str:
    """The first reasons, and how many there are besides."""
    named = [f"{name} {reason}" for name, reason in reasons.items()]
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    return "; ".join([*named[:NAMED], *more])


def _gate(records: dict[str, Predictions]) -> GateDecision:
    """The gate over everything above level 0, the prior first, then by depth."""
    incumbent = records.get(INCUMBENT) or _single(records)
    above = sorted((r for r in records.values() if r.depth > 0), key=lambda r: r.depth)
    prior = [records[PRIOR]] if PRIOR in records else []
    return gate([*prior, *(r for r in above if r.key != incumbent.key)], incumbent)


def _single(records: dict[str, Predictions]) -> Predictions:
    """Where the level-0 weights are missing: the base model of the best score."""
    base = [r for name, r in records.items() if r.depth == 0 and name != PRIOR]
    best = leaderboard(base)["key8"][0]
    return next(r for r in base if r.key.startswith(best))
