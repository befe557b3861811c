"""Every meta-model and blend on one pool: score, gains with intervals, seconds, models used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.cost import record_seconds
from stackkit.evaluation import gain_tables, leaderboard
from stackkit.predictions import Predictions
from stackkit.presets import PRESETS, PRIOR
from stackkit.report.tables import as_text
from stackkit.report.weights import members_used
from stackkit.runs import Setup
from stackkit.stack import Stack

COLUMNS = ("rank", "name", "role", "depth", "cv", "coverage", "on_best", "best_low", "best_high",
           "on_mean", "mean_low", "mean_high", "seconds", "models", "same_as", "profile",
           "key8")  # fmt: skip
MEAN = "mean"
HEAD = 200  # rows that tell most records apart
LARGE = 100  # scores above are shown with one decimal


def candidate_table(setup: Setup, stack: Stack) -> pd.DataFrame:
    """A row a record above level 0, best first, and one of the best base model.

    `on_best` is its gain on the base model of the best score, `on_mean` that on the plain mean,
    positive where it is better, each with a 95 % interval by `gain_intervals`; `seconds` the wall
    time of all its Fits; `models` how many base models have weight in it. Gains are on the rows
    that all of them score, `cv` on those of each, a share `coverage` of train. Gains of higher
    levels hold a leak that the intervals do not show; `depth` says how many levels read out-of-fold
    predictions. Choosing the base model by its score flatters it a little. `same_as` names the
    simplest record of the same out-of-fold predictions, `profile` the least profile whose stack
    has it.
    """
    competition, folds = setup.competition, setup.bench.folds
    best = best_base(list(stack.records.values()))
    above = [r for r in stack.records.values() if r.depth > 0]
    shown = [best, *above]
    references = [best, stack.records.get(MEAN, best)]
    gains = gain_tables(competition, folds, shown, references)
    on_best, on_mean = (table.set_index("name") for table in gains)
    table = leaderboard(shown).set_index("name", drop=False)
    table = table.assign(
        on_best=on_best.gain, best_low=on_best.low, best_high=on_best.high,
        on_mean=on_mean.gain, mean_low=on_mean.low, mean_high=on_mean.high,
        seconds=pd.Series({r.name: record_seconds(r.cost) for r in shown}),
        models=pd.Series(members_used(setup, list(stack.records.values()))),
        same_as=pd.Series(_twins(shown)),
        profile=[_least_profile(name) for name in table["name"]],
    )  # fmt: skip
    return table[list(COLUMNS)].reset_index(drop=True)


def best_base(records: list[Predictions]) -> Predictions:
    """The base model of the best score, the prior aside."""
    base = [r for r in records if r.depth == 0 and r.name != PRIOR]
    first = leaderboard(base)["key8"][0]
    return next(r for r in base if r.key.startswith(first))


def _twins(records: Sequence[Predictions]) -> dict[str, str]:
    """Name -> the first of those before it with the same out-of-fold predictions, or ""."""
    firsts: list[Predictions] = []
    twins = {}
    for record in records:
        first = next((r for r in firsts if _same(r.oof, record.oof)), None)
        twins[record.name] = "" if first is None else first.name
        firsts += [record] if first is None else []
    return twins


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether predictions are equal up to rounding, a head of them looked at first."""
    head = slice(HEAD)
    return all(
        np.allclose(one[part], other[part], rtol=1e-5, atol=1e-6, equal_nan=True)
        for part in (head, slice(None))
    )


def _least_profile(name: str) -> str:
    """The first profile whose stack has a model of that name; "" for none."""
    for profile, preset in PRESETS.items():
        if name in {*preset.base, *(placed.name for placed in preset.above)}:
            return profile
    return ""


def candidates_text(table: pd.DataFrame) -> str:
    """The table with each gain and its interval in one column."""
    on_best = f"gain on {best_name(table)}"
    shown = table.assign(
        **{
            on_best: _gains(table, "on_best", "best_low", "best_high"),
            "gain on mean": _gains(table, "on_mean", "mean_low", "mean_high"),
            "coverage": [f"{c:.0%}" for c in table.coverage],
            "seconds": [f"{s:.1f}" for s in table.seconds],
        }
    )
    shown = shown.rename(columns={"same_as": "same as"})
    columns = "rank name role depth cv coverage".split()
    further = ["gain on mean", "seconds", "models", "same as", "profile"]
    return as_text(shown[[*columns, on_best, *further]])


def best_name(table: pd.DataFrame) -> str:
    """The base model of a `candidate_table`."""
    return table.name[table.role == "base"].iloc[0]


def reading_aid(table: pd.DataFrame) -> list[str]:
    """How to read the table, in lines."""
    return [
        f"gain: on {best_name(table)}, the best base model, and on the plain mean, with a 95 % "
        "interval: one across 0 shows no gain",
        "depth: levels that read out-of-fold predictions, whose scores flatter a little more each "
        "(no interval shows that); same as: of equal predictions, counted once",
    ]


def _gains(table: pd.DataFrame, *columns: str) -> list[str]:
    digits = 5 if table.cv.abs().max() < LARGE else 1
    return [
        f"{gain:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"
        for gain, low, high in table[list(columns)].to_numpy() + 0.0
    ]
