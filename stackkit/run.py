"""run: from a competition to a submission. predict: the chosen stack on new rows."""

from __future__ import annotations

import datetime
import json
import math
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackkit.bench import Bench
from stackkit.cache import OOFCache
from stackkit.cache.atomic import write_file
from stackkit.competition import Competition
from stackkit.datasets import load_competition
from stackkit.datasets.files import read_table
from stackkit.errors import ConfigError, DataError
from stackkit.evaluation import leaderboard
from stackkit.exchange import Replay, ancestry, check_replayable
from stackkit.executor import shared_pool
from stackkit.folds import make_folds
from stackkit.ledger import Ledger
from stackkit.level0 import models_beside, own_models
from stackkit.metrics import Decision
from stackkit.places import cache_folder, submissions_folder
from stackkit.predictions import Predictions
from stackkit.presets import Node, get_preset, stack_nodes
from stackkit.progress import Progress, default_progress
from stackkit.schema import CATEGORICAL, TEXT
from stackkit.scoring import rescored
from stackkit.stack import Stack, fit_stack, plan_nodes
from stackkit.submission import decided, final_decision, submission_format, write_submission


@dataclass(frozen=True)
class Setup:
    """A competition with its fold plan, cache and stack: all that a run needs."""

    competition: Competition
    bench: Bench
    nodes: list[Node]
    profile: str
    seed: int


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
    profile : "quick" or "standard"; None: [stack] preset.
    cache_dir : None: the project's own.
    seed : of models, never of folds.
    """
    if not isinstance(competition, Competition):
        competition = load_competition(competition)
    profile = profile or competition.config.stack.preset
    folds = make_folds(competition)
    cache = OOFCache(cache_dir or cache_folder(competition))
    bench = Bench(competition, folds, cache)
    with own_models(models_beside(competition)):
        nodes = stack_nodes(competition, get_preset(profile), seed)
    return Setup(competition, bench, nodes, profile, seed)


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


def run(
    competition: str | Path | Competition,
    profile: str | None = None,
    jobs: int | None = None,
    cache_dir: str | Path | None = None,
    output: str | Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Run:
    """Fit what is missing of a stack, let the gate choose, write the submission.

    Parameters
    ----------
    jobs : worker processes; None: one a core.
    output : the folder of submissions; None: the project's own.
    The others as for `set_up`.

    Raises
    ------
    StackkitError : what the user can mend.
    KeyboardInterrupt : broken off before anything could be submitted.
    """
    setup = set_up(competition, profile, cache_dir, seed)
    return run_setup(setup, jobs, output, progress or default_progress())


def run_setup(setup: Setup, jobs: int | None, output: str | Path | None, progress: Progress) -> Run:
    """`run` for what `set_up` made."""
    started = _now()
    if setup.competition.test is not None:
        submission_format(setup.competition)
    stack = fit_stack(setup.nodes, setup.bench, shared_pool(jobs or cores()), progress)
    return submit(setup, stack, output, started=started)


def submit(
    setup: Setup,
    stack: Stack,
    output: str | Path | None = None,
    note: str = "",
    started: str | None = None,
) -> Run:
    """Write the submission of what a stack chose, and the report of the run.

    `note` goes to the ledger; `output` as for `run`. KeyboardInterrupt where nothing can be
    submitted.
    """
    if stack.decision is None:
        raise KeyboardInterrupt
    path = None
    if setup.competition.test is not None:
        folder = output or submissions_folder(setup.competition)
        path = write_submission(setup.competition, stack.chosen, folder, note=note)
    return Run(stack, path, _write_report(setup, stack, path, started or _now()))


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def _write_report(setup: Setup, stack: Stack, submission: Path | None, started: str) -> Path:
    decision = stack.decision
    table: dict[str, Any] = {
        "started": started,
        "finished": _now(),
        "competition": setup.competition.name,
        "shelf": setup.bench.shelf.folder.name,
        "profile": setup.profile,
        "seed": setup.seed,
        "folds": {"scheme": setup.bench.folds.scheme, "reason": setup.bench.folds.reason},
        "records": {name: record.key for name, record in stack.records.items()},
        "failures": stack.failures,
        "fitted": stack.fitted,
        "interrupted": stack.interrupted,
        "chosen": stack.chosen.key,
        "gate": {
            "reason": decision.reason,
            "margin": decision.margin,
            "gains": _finite(decision.gains),
            "se": _finite(decision.se),
            "leak": decision.leak,
        },
        "submission": None if submission is None else submission.name,
    }
    id = f"{started.replace(':', '').replace('+0000', 'z')}-{uuid.uuid4().hex[:6]}"
    path = setup.bench.cache.runs(setup.competition.name) / f"{id}.json"
    write_file(path, (json.dumps(table, indent=1) + "\n").encode())
    return path


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them: None where one is not finite."""
    return {name: n if math.isfinite(n) else None for name, n in numbers.items()}


def latest_run(cache: OOFCache, name: str, shelf: str | None = None) -> dict[str, Any] | None:
    """The report of a competition's latest run (on one shelf), None without one."""
    for path in sorted((cache.root / name / "runs").glob("*.json"), reverse=True):
        report = json.loads(path.read_text(encoding="utf-8"))
        if shelf in (None, report["shelf"]):
            return report
    return None


def chosen_key(setup: Setup) -> str:
    """The key of the record that the latest run on this data and these folds chose."""
    shelf = setup.bench.shelf.folder.name
    report = latest_run(setup.bench.cache, setup.competition.name, shelf)
    if report is None:
        raise ConfigError(
            "predict replays the stack of the latest run",
            f"no run of {setup.competition.name} on this data and these folds",
            f"stackkit run {setup.competition.name}",
        )
    return report["chosen"]


def predict(
    competition: str | Path | Competition,
    frame: pd.DataFrame,
    raw: bool = False,
    cache_dir: str | Path | None = None,
) -> pd.DataFrame:
    """The latest run's chosen stack on new rows. Fits nothing.

    Parameters
    ----------
    frame : raw rows with the columns of test.
    raw : the predictions of every record of the stack (a column each, or one a class), instead of
        what would be submitted.

    Raises
    ------
    StackkitError : no run, an imported record in the stack, models not kept, columns missing.
    """
    setup = set_up(competition, cache_dir=cache_dir)
    shelf, key = setup.bench.shelf, chosen_key(setup)
    records = ancestry(shelf, key)
    check_replayable(records, shelf)
    setup.competition.check_new_rows(frame)
    replay = Replay(shelf, setup.competition, frame)
    columns = _id_column(setup.competition, frame)
    if raw:
        for record in records:
            columns |= _raw_columns(setup.competition, record, replay.predict(record.key))
        return pd.DataFrame(columns)
    record = records[-1]
    decision = final_decision(setup.competition, record)
    return pd.DataFrame(columns | _final_columns(setup, replay.predict(key), decision))


def unreached(
    cache: OOFCache, submissions: str | Path, name: str | None = None
) -> list[tuple[Path, int]]:
    """Folders that neither the ledger nor a competition's latest run reaches, with their bytes."""
    kept = Ledger(Path(submissions)).keys()
    for folder in cache.root.glob(name or "*"):
        report = latest_run(cache, folder.name)
        kept |= set(report["records"].values()) if report else set()
    return [item for shelf in cache.shelves(name) for item in shelf.unreached(kept)]


def _id_column(competition: Competition, frame: pd.DataFrame) -> dict[str, Sequence[Any]]:
    if competition.id is None or competition.id not in frame.columns:
        return {}
    return {competition.id: frame[competition.id].to_numpy()}


def _raw_columns(
    competition: Competition, record: Predictions, values: np.ndarray
) -> dict[str, np.ndarray]:
    if values.shape[1] == 1:
        return {record.name: values[:, 0]}
    names = (f"{record.name}_{c}" for c in competition.classes)
    return {name: values[:, j] for j, name in enumerate(names)}


def _final_columns(
    setup: Setup, values: np.ndarray, decision: Decision | None
) -> dict[str, np.ndarray]:
    competition = setup.competition
    made = decided(competition, values, decision)
    if made.shape[1] == 1:
        return {competition.target: made[:, 0]}
    return {str(c): made[:, j] for j, c in enumerate(competition.classes)}


def read_new_rows(path: Path, competition: Competition) -> pd.DataFrame:
    """The table of a file of new rows; DataError where it has none.

    Text and categories are read as text: what looks like a number in a few rows may not in train.
    """
    kinds = competition.schema.kinds
    words = {name: str for name, kind in kinds.items() if kind in (TEXT, CATEGORICAL)}
    frame = read_table(path, competition.config.data.na_values, words)
    if not len(frame):
        raise DataError(f"{path.name} has rows", "none")
    return frame
