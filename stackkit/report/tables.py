"""Tables for reading: the only place where numbers become text."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pandas as pd

from stackkit.metrics.noise import without_noise

if TYPE_CHECKING:
    from stackkit.cache import OOFCache
    from stackkit.competition import Competition
    from stackkit.runs import Run, Setup


READS = 60  # characters of what a model reads
MOST_CLASSES = 20  # whole numbers that are classes without a doubt
LEADERBOARD = "rank name role depth cv folds holdout coverage weight evidence seconds key8"


def as_text(table: pd.DataFrame) -> str:
    """A table in aligned plain text, numbers as `number` shows them."""
    if table.empty:
        return "none"
    return table.to_string(index=False, float_format=number, na_rep="")


def number(value: float) -> str:
    """A number as tables show it: five decimals, fewer where it is large, more where small.

    What only rounding tells from 0 is 0.
    """
    if not math.isfinite(value):
        return ""
    value = without_noise(value)
    if 0 < abs(value) < 1e-3:
        return f"{value:.3g}"
    return f"{value:.5f}" if abs(value) < 100 else f"{value:.1f}"


def leaderboard_text(table: pd.DataFrame) -> str:
    """The leaderboard with fold mean ± sd in one column."""
    spread = [f"{number(m)} ± {number(s)}" for m, s in table[["fold_mean", "fold_sd"]].to_numpy()]
    shown = table.assign(
        folds=spread,
        coverage=[f"{c:.0%}" for c in table.coverage],
        seconds=[f"{s:.1f}" for s in table.seconds],
        **({"weight": [_share(w) for w in table.weight]} if "weight" in table else {}),
    )
    wanted = [c for c in LEADERBOARD.split() if c in shown.columns]
    return as_text(shown[wanted])


def _share(weight: float) -> str:
    """A weight in two decimals; nothing for none."""
    return "" if math.isnan(weight) else f"{without_noise(weight):.2f}"


def plan_text(table: pd.DataFrame) -> str:
    """The plan with what a model reads in a few words."""
    base = set(table.name[table.role == "base"])
    return as_text(table.assign(reads=[_brief(reads, base) for reads in table.reads]))


def _brief(reads: str, base: Collection[str]) -> str:
    """Names of what a model reads; where they are too long, base models as their number."""
    if len(reads) <= READS:
        return reads
    names = reads.split(", ")
    members = sum(name in base for name in names)
    counted = [f"{members} base models"] if members else []
    text = ", ".join([*counted, *(name for name in names if name not in base)])
    return text if len(text) <= READS else text[:READS].rpartition(",")[0] + ", …"


def run_text(setup: Setup, run: Run) -> str:
    """What a run says of itself: leaderboard, best achievable score, failures, the gate."""
    from stackkit.evaluation import leaderboard
    from stackkit.report.forecasts import forecast_line
    from stackkit.report.weights import last_weights
    from stackkit.scoring import oracle_score

    records = list(run.stack.records.values())
    lines = [leaderboard_text(leaderboard(records, last_weights(setup, records)))]
    chosen = run.stack.chosen
    best = oracle_score(setup.competition, chosen.scored)
    if best is not None:
        lines.append(f"best achievable {setup.competition.metric.name}: {number(best)}")
    lines += [f"dropped: {name}: {reason}" for name, reason in run.stack.failures.items()]
    lines += [f"left out: {name}: {reason}" for name, reason in run.stack.left_out.items()]
    lines += [line for line in [forecast_line(records)] if line]
    lines.append(f"chosen: {chosen.name} (cv {number(chosen.cv)}); {run.stack.decision.reason}")
    return "\n".join(lines)


def plan_notes(setup: Setup) -> list[str]:
    """Task, folds and their reason, the cache, what is left out or kept aside."""
    from stackkit.level0 import models_beside, own_models
    from stackkit.nodes import left_out_models
    from stackkit.presets import get_preset

    folds = setup.bench.folds
    notes = [
        task_note(setup.competition),
        *class_notes(setup.competition),
        f"folds: {folds.scheme}, {folds.n_splits} splits: {folds.reason}",
        f"cache: {setup.bench.shelf.folder}",
    ]
    with own_models(models_beside(setup.competition)):
        left = left_out_models(setup.competition, get_preset(setup.profile))
    notes += [f"left out: {name}: {reason}" for name, reason in left.items()]
    aside = list(setup.competition.auxiliary.columns)
    if aside:
        notes.append(f"columns that only train has, kept aside: {', '.join(aside)}")
    notes += setup.competition.notes
    return notes


def task_note(competition: Competition) -> str:
    """The task and the metric; of two classes the one whose probability is predicted."""
    note = f"task: {competition.task}, {competition.metric.name} of {competition.target!r}"
    if competition.task == "binary":
        first, last = competition.classes.tolist()
        return f"{note}, positive class {last!r} (positive = {first!r} in the TOML turns it)"
    return note


def class_notes(competition: Competition) -> list[str]:
    """A doubt where whole numbers make more classes than usual, and nobody said that they are."""
    codes, config = competition.classes, competition.config
    declared = config is not None and config.task is not None
    if declared or len(codes) <= MOST_CLASSES or codes.dtype.kind not in "iuf":
        return []
    return [
        f"{len(codes)} classes from {codes[0]} to {codes[-1]}: if {competition.target!r} is a "
        'number, metric = "rmse" or "mae" predicts values (task = "multiclass" ends the doubt)'
    ]


def model_rows() -> list[dict[str, Any]]:
    """One row a base model, meta-model and blend."""
    from stackkit.level0 import get_model, model_names
    from stackkit.presets import HIGHER

    specs = [*(get_model(n) for n in model_names()), *HIGHER.values()]
    return [
        {
            "name": s.name,
            "role": s.role,
            "family": s.family,
            "tasks": ", ".join(s.tasks),
            "reads": s.recipe or "records",
            "rows up to": s.limits.rows or "",
            "threads": s.learner.threads,
            "cost": s.cost.seconds,
        }
        for s in specs
    ]


def metric_rows() -> list[dict[str, Any]]:
    """One row a metric."""
    from stackkit.metrics import listed_metrics

    return [
        {
            "name": name,
            "better": "greater" if m.greater_is_better else "smaller",
            "reads": m.reads,
            "tasks": ", ".join(m.tasks),
            "row losses": m.row_loss is not None,
        }
        for name, m in listed_metrics().items()
    ]


def cache_rows(cache: OOFCache, name: str | None) -> list[dict[str, Any]]:
    """One row an entry of the cache."""
    return [_cache_row(row) for row in cache.table(name)]


def _cache_row(row: dict[str, Any]) -> dict[str, Any]:
    folder = row["folder"]
    return {
        "competition": folder.parents[2].name,
        "plan": folder.parents[1].name,
        "level": folder.parent.name,
        "name": row["name"],
        "cv": row.get("scores", {}).get("cv", math.nan),
        "MiB": row["bytes"] / 2**20,
        "key8": row.get("key", "")[:8],
        "state": row.get("damaged", "complete"),
    }
