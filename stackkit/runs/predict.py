"""predict: new rows through the stack that the latest run chose. Fits nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.competition.schema import CATEGORICAL, TEXT
from stackkit.datasets.files import read_table
from stackkit.errors import ConfigError, DataError
from stackkit.metrics import Decision
from stackkit.predictions import Predictions
from stackkit.runs.replay import Replay, ancestry, check_replayable
from stackkit.runs.reports import latest_run
from stackkit.runs.setup import Setup, set_up
from stackkit.submission import value_columns

log = logging.getLogger("stackkit")


def chosen_stack(setup: Setup) -> tuple[str, Decision | None]:
    """The key that the latest run on this data and these folds chose, and how it made labels."""
    shelf = setup.bench.shelf.folder.name
    report = latest_run(setup.bench.cache, setup.competition.name, shelf)
    if report is None:
        raise ConfigError(
            "predict replays the stack of the latest run",
            f"no run of {setup.competition.name} on this data and these folds",
            f"stackkit run {setup.competition.name}",
        )
    labels = report["decision"]
    return report["chosen"], None if labels is None else Decision.from_dict(labels)


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
    shelf, (key, decision) = setup.bench.shelf, chosen_stack(setup)
    records = ancestry(shelf, key)
    check_replayable(records, shelf)
    setup.competition.check_new_rows(frame)
    _warn_if_transductive(setup)
    replay = Replay(shelf, setup.competition, frame)
    columns = _id_column(setup.competition, frame)
    if raw:
        for record in records:
            columns |= _raw_columns(setup.competition, record, replay.predict(record.key))
        return pd.DataFrame(columns)
    made = value_columns(setup.competition, replay.predict(key), decision)
    return pd.DataFrame(columns | made)


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


def _warn_if_transductive(setup: Setup) -> None:
    hook = setup.bench.hook
    if hook is not None and hook.transductive:
        log.warning("features.py is transductive: new rows are seen without train and test")


def read_new_rows(path: Path, competition: Competition) -> pd.DataFrame:
    """The table of a file of new rows; DataError where it has none.

    Text and categories are read as text: what looks like a number in a few rows may not in train.
    """
    kinds = competition.schema.kinds
    words = {name: str for name, kind in kinds.items() if kind in (TEXT, CATEGORICAL)}
    frame = read_table(path, competition.config.data, words)
    if not len(frame):
        raise DataError(f"{path.name} has rows", "none")
    return frame
