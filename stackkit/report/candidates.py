"""Every meta-model and blend on one pool: score, gains with intervals, seconds, models used."""

from __future__ import annotations

import pandas as pd

from stackkit.cost import record_seconds
from stackkit.evaluation import gain_intervals, leaderboard
from stackkit.predictions import Predictions
from stackkit.presets import PRIOR
from stackkit.report.tables import as_text
from stackkit.report.weights import members_used
from stackkit.runs import Setup
from stackkit.stack import Stack

COLUMNS = ("rank", "name", "role", "depth", "cv", "coverage", "on_best", "best_low", "best_high",
           "on_mean", "mean_low", "mean_high", "seconds", "models", "key8")  # fmt: skip
MEAN = "mean"
LARGE = 100  # scores above are shown with one decimal


def candidate_table(setup: Setup, stack: Stack) -> pd.DataFrame:
    """A row a record above level 0, best first, and one of the best base model.

    `on_best` is its gain on the base model of the best score, `on_mean` that on the plain mean,
    positive where it is better, each with a 95 % interval by `gain_intervals`; `seconds` the wall
    time of all its Fits; `models` how many base models have weight in it. Gains are on the rows
    that all of them score, `cv` on those of each, a share `coverage` of train. Gains of higher
    levels hold a leak that the intervals do not show; `depth` says how many levels read out-of-fold
    predictions. Choosing the base model by its score flatters it a little.
    """
    competition, folds = setup.competition, setup.bench.folds
    best = best_base(list(stack.records.values()))
    above = [r for r in stack.records.values() if r.depth > 0]
    shown = [best, *above]
    on_best = gain_intervals(competition, folds, shown, best).set_index("name")
    mean = stack.records.get(MEAN, best)
    on_mean = gain_intervals(competition, folds, shown, mean).set_index("name")
    table = leaderboard(shown).set_index("name", drop=False)
    table = table.assign(
        on_best=on_best.gain, best_low=on_best.low, best_high=on_best.high,
        on_mean=on_mean.gain, mean_low=on_mean.low, mean_high=on_mean.high,
        seconds=pd.Series({r.name: record_seconds(r.cost) for r in shown}),
        models=pd.Series(members_used(setup, list(stack.records.values()))),
    )  # fmt: skip
    return table[list(COLUMNS)].reset_index(drop=True)


def best_base(records: list[Predictions]) -> Predictions:
    """The base model of the best score, the prior aside."""
    base = [r for r in records if r.depth == 0 and r.name != PRIOR]
    first = leaderboard(base)["key8"][0]
    return next(r for r in base if r.key.startswith(first))


def candidates_text(table: pd.DataFrame) -> str:
    """The table with each gain and its interval in one column."""
    shown = table.assign(
        **{
            "gain on best single": _gains(table, "on_best", "best_low", "best_high"),
            "gain on mean": _gains(table, "on_mean", "mean_low", "mean_high"),
            "coverage": [f"{c:.0%}" for c in table.coverage],
            "seconds": [f"{s:.1f}" for s in table.seconds],
        }
    )
    columns = "rank name role depth cv coverage".split()
    return as_text(shown[[*columns, "gain on best single", "gain on mean", "seconds", "models"]])


def _gains(table: pd.DataFrame, *columns: str) -> list[str]:
    digits = 5 if table.cv.abs().max() < LARGE else 1
    return [
        f"{gain:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"
        for gain, low, high in table[list(columns)].to_numpy() + 0.0
    ]
