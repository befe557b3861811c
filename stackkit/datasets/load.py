"""load_competition: from a name, a folder or a competition.toml."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from stackkit.competition import Competition
from stackkit.config import CompetitionConfig, read_config
from stackkit.datasets.embedded import EMBEDDED, load_embedded
from stackkit.datasets.files import read_table
from stackkit.datasets.frames import Frames
from stackkit.datasets.kaggle import fetch_competition, is_kaggle
from stackkit.datasets.openml import is_openml, load_openml, openml_name
from stackkit.errors import ConfigError, check_type, nearest
from stackkit.metrics import own_metrics
from stackkit.user_code import load_user_module

FILE = "competition.toml"
METRICS = "metrics.py"


def load_competition(where: str | Path) -> Competition:
    """The competition that a name, a folder or a competition.toml describes.

    Parameters
    ----------
    where : the name of an embedded competition ("playground", "wine", …), a folder that holds a
        competition.toml, the path of one, `openml:<id>` or `kaggle:<slug>`.

    Raises
    ------
    ConfigError : nothing of that name, a key that the schema does not have, or a metrics.py that
        cannot be imported.
    MetricError : a metric that is not known or does not fit the task.
    DataError : files that cannot be read as described.
    """
    check_type(where, (str, Path), "a competition is named by text or a path", "its folder")
    config = find_config(where)
    if config is not None:
        return from_config(config)
    if str(where) in EMBEDDED:
        return from_embedded(load_embedded(str(where)))
    if is_openml(where):
        return from_embedded(load_openml(where))
    raise ConfigError(
        f"a competition is a folder with a {FILE}, such a file, an embedded name, openml:<id> "
        "or kaggle:<slug>",
        repr(str(where)),
        nearest(str(where), EMBEDDED),
    )


def find_config(where: str | Path) -> CompetitionConfig | None:
    """The configuration in a folder or a file; None for embedded names and openml:<id>.

    That of kaggle:<slug> is written, beside the files, where it is not there yet.
    """
    path = fetch_competition(where) if is_kaggle(where) else Path(where)
    if path.suffix == ".toml":
        return read_config(path)
    if (path / FILE).is_file() or (path.is_dir() and str(where) not in EMBEDDED):
        return read_config(path / FILE)
    return None


def named_in_cache(where: str | Path) -> str:
    """The folder of the cache that belongs to a competition; for any other text, the text."""
    config = find_config(where)
    if config is not None:
        return config.name
    return openml_name(where) if is_openml(where) else str(where)


def from_config(config: CompetitionConfig) -> Competition:
    """Read the files that a configuration names; metrics.py beside them may register its metric."""
    with own_metrics():
        if config.path(METRICS).is_file():
            load_user_module(config.path(METRICS))
        return _from_files(config)


def _from_files(config: CompetitionConfig) -> Competition:
    train = read_table(config.path(config.train), config.data)
    test = None if config.test is None else read_table(config.path(config.test), config.data)
    sample, plain = config.sample_submission, dataclasses.replace(config.data, na_values=())
    return Competition.from_frames(
        train,
        test,
        target=config.target,
        metric=config.metric,
        config=config,
        sample=None if sample is None else read_table(config.path(sample), plain),
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
        models={"include": list(frames.models)},
        sample=frames.sample,
        oracle=None if oracle is None else np.asarray(oracle),
    )
