"""run: from a competition to a submission."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stackkit.budget import Budget
from stackkit.competition import Competition
from stackkit.crossfit import Progress, default_progress, shared_pool
from stackkit.evaluation import leaderboard
from stackkit.nodes import Node, without
from stackkit.places import submissions_folder
from stackkit.runs.reports import RunReport, decisions_to_follow
from stackkit.runs.setup import Setup, set_up
from stackkit.stack import Stack, fit_stack
from stackkit.submission import (
    final_decision,
    made_folder,
    submission_format,
    write_submission,
)


@dataclass(frozen=True)
class Run:
    """What a run left.

    Attributes
    ----------
    stack : the records and the gate's decision.
    submission : path of the CSV, None without a test set.
    report : path of runs/<id>.json.
    """

    stack: Stack
    submission: Path | None
    report: Path

    @property
    def leaderboard(self) -> pd.DataFrame:
        """Every record of the stack, best first."""
        return leaderboard(list(self.stack.records.values()))


def run(
    competition: str | Path | Competition,
    profile: str | None = None,
    jobs: int | None = None,
    cache_dir: str | Path | None = None,
    output: str | Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    time_limit: str | float | None = None,
) -> Run:
    """Fit what is missing of a stack, let the gate choose, write the submission.

    Parameters
    ----------
    jobs : worker processes; None: one a core.
    output : the folder of submissions; None: the project's own.
    time_limit : seconds, or "90s", "10m", "1.5h", for all of it from this call on.
    The others as for `set_up`.

    Raises
    ------
    StackkitError : what the user can mend.
    KeyboardInterrupt : broken off before anything could be submitted.
    """
    budget = Budget.from_now(time_limit)
    setup = set_up(competition, profile, cache_dir, seed)
    return run_setup(setup, jobs, output, progress or default_progress(), budget)


def run_setup(
    setup: Setup,
    jobs: int | None,
    output: str | Path | None,
    progress: Progress,
    budget: Budget | None = None,
) -> Run:
    """`run` for what `set_up` made, within a budget of time."""
    budget = budget or Budget()
    report = RunReport(setup, time_limit=budget.seconds if budget.limited else None)
    if setup.competition.test is not None:
        submission_format(setup.competition)
        made_folder(Path(output or submissions_folder(setup.competition.config)))
    nodes = _followed(setup, report) if budget.limited else setup.nodes
    pool = shared_pool(jobs or cores())
    stack = fit_stack(nodes, setup.bench, pool, progress, budget, report.decide)
    stack.left_out = dict(report.left_out)
    return submit(setup, stack, output, report=report)


def _followed(setup: Setup, report: RunReport) -> list[Node]:
    """The nodes, less those that the broken-off run which this one resumes had left out."""
    report.left_out.update(decisions_to_follow(report))
    return without(setup.nodes, report.left_out)


def submit(
    setup: Setup,
    stack: Stack,
    output: str | Path | None = None,
    note: str = "",
    report: RunReport | None = None,
) -> Run:
    """Write the submission of what a stack chose, and the report of the run.

    `note` goes to the ledger; `output` as for `run`. KeyboardInterrupt where nothing can be
    submitted.
    """
    if stack.decision is None:
        raise KeyboardInterrupt
    competition, chosen = setup.competition, stack.chosen
    path, labels = None, final_decision(competition, chosen)
    if competition.test is not None:
        folder = output or submissions_folder(competition.config)
        path = write_submission(competition, chosen, folder, labels, note)
    report = report or RunReport(setup)
    return Run(stack, path, report.finish(stack, path, labels))


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
