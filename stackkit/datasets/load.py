"""load_competition: from a name, a folder or a competition.toml."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stackkit.competition import Competition
from stackkit.config import CompetitionConfig, read_config
from stackkit.datasets.embedded import EMBEDDED, load_embedded
from stackkit.datasets.files import read_table
from stackkit.datasets.frames import Frames
from stackkit.datasets.openml import is_openml, load_openml
from stackkit.errors import ConfigError, nearest
from stackkit.metrics import own_metrics
from stackkit.user_code import load_user_module

FILE = "competition.toml"
METRICS = "metrics.py"


def load_competition(where: str | Path) -> Competition:
    """The competition that a name, a folder or a competition.toml describes.

    Parameters
    ----------
    where : the name of an embedded competition ("playground", "wine", …), a folder that holds a
        competition.toml, or the path of one.

    Raises
    ------
    ConfigError : nothing of that name, a key that the schema does not have, or a metrics.py that
        cannot be imported.
    MetricError : a metric that is not known or does not fit the task.
    DataError : files that cannot be read as described.
    """
    config = find_config(where)
    if config is not None:
        return from_config(config)
    if str(where) in EMBEDDED:
        return from_embedded(load_embedded(str(where)))
    if is_openml(where):
        return from_embedded(load_openml(where))
    raise ConfigError(
        f"a competition is a folder with a {FILE}, such a file, or an embedded name",
        repr(str(where)),
        nearest(str(where), EMBEDDED),
    )


def find_config(where: str | Path) -> CompetitionConfig | None:
    """The configuration in a folder or a file; None for what can only be an embedded name."""
    path = Path(where)
    if path.suffix == ".toml":
        return read_config(path)
    if (path / FILE).is_file() or (path.is_dir() and str(where) not in EMBEDDED):
        return read_config(path / FILE)
    return None


def from_config(config: CompetitionConfig) -> Competition:
    """Read the files that a configuration names; metrics.py beside them may register its metric."""
    with own_metrics():
        if config.path(METRICS).is_file():
            load_user_module(config.path(METRICS))
        return _from_files(config)


def _from_files(config: CompetitionConfig) -> Competition:
    na_values = config.data.na_values
    train = read_table(config.path(config.train), na_values)
    test = None if config.test is None else read_table(config.path(config.test), na_values)
    sample = config.sample_submission
    return Competition.from_frames(
        train,
        test,
        target=config.target,
        metric=config.metric,
        config=config,
        sample=None if sample is None else read_table(config.path(sample)),
    )


def from_embedded(frames: Frames) -> Competition:
    """A competition from an embedded or generated data set; the test labels stay behind."""
    oracle = frames.truth_train
    return Competition.from_frames(
        frames.train,
        frames.test,
        name=frames.name,
        target=frames.target,
        metric=frames.metric,
        id=frames.id,
        task=frames.task,
        sample=frames.sample,
        oracle=None if oracle is None else np.asarray(oracle),
    )
