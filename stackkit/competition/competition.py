"""Competition: the frozen description and data of one competition."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackkit.competition.fingerprint import digest_column
from stackkit.competition.schema import DATETIME, Schema, column_kind, infer_schema, is_number
from stackkit.competition.target import check_range, encode, task_of
from stackkit.config import CompetitionConfig, check_name, parse_config
from stackkit.errors import ConfigError, DataError, nearest
from stackkit.metrics import Metric, check_metric, get_metric


@dataclass(frozen=True, eq=False, repr=False)
class Competition:
    """Data and description of one competition; row i is row i of the train file.

    Attributes
    ----------
    name : folder of the cache.
    task : "binary", "multiclass" or "regression".
    metric : the metric.
    target : name of the target column.
    train, test : typed feature frames (n and m rows); `test` may be None.
    y : (n,) int64 codes of `classes`, or float64 values.
    classes : (C,) the labels in order, the positive one last; empty for regression.
    schema : feature columns and their kinds.
    id : name of the id column, or None; `train_ids`, `test_ids` its values.
    weight : (n,) float64 row weights, or None.
    auxiliary : columns that only train has, never features.
    sample : the sample submission, or None.
    config : the competition.toml, or one made from the arguments.
    oracle : (n, c) the true conditional probability or mean, where the data are generated.
    """

    name: str
    task: str
    metric: Metric
    target: str
    train: pd.DataFrame
    test: pd.DataFrame | None
    y: np.ndarray
    classes: np.ndarray
    schema: Schema
    id: str | None = None
    train_ids: pd.Series | None = None
    test_ids: pd.Series | None = None
    weight: np.ndarray | None = None
    auxiliary: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    sample: pd.DataFrame | None = None
    config: CompetitionConfig | None = None
    oracle: np.ndarray | None = None

    @classmethod
    def from_frames(
        cls,
        train: pd.DataFrame,
        test: pd.DataFrame | None = None,
        *,
        target: str,
        metric: str,
        name: str | None = None,
        sample: pd.DataFrame | None = None,
        config: CompetitionConfig | None = None,
        oracle: np.ndarray | None = None,
        **options: Any,
    ) -> Competition:
        """A competition from frames, described by `options` or by `config`, never by both.

        Parameters
        ----------
        name : None: that of `config`, else "competition".
        options : keys of competition.toml (id, task, …), but those that name files.

        Raises
        ------
        ConfigError : an option that competition.toml lacks or that nothing would read.
        DataError : a missing column, duplicate ids, a missing or constant target, infinite values.
        MetricError : a metric that does not fit the task.
        """
        named = {"target": target, "metric": metric, **({} if name is None else {"name": name})}
        config = _configured(config, named, options)
        _refuse_unread(config, sample)
        _check_columns(train, test, config)
        features = _feature_columns(train, test, config)
        schema = infer_schema(train, test, features)
        typed_train = schema.apply(train, "train")
        typed_test = None if test is None else schema.apply(test, "test")
        for what, frame in (("train", typed_train), ("test", typed_test)):
            _refuse_infinite(frame, what)
        chosen = get_metric(config.metric)
        labels = train[config.target]
        task = task_of(config.task, chosen, labels)
        check_metric(chosen, task)
        y, classes = encode(labels, task, config.positive)
        check_range(y, task, chosen)
        return cls(
            name=check_name(config.name),
            task=task,
            metric=chosen,
            target=config.target,
            train=typed_train,
            test=typed_test,
            y=y,
            classes=classes,
            schema=schema,
            id=config.id,
            train_ids=_ids(train, config.id, "train"),
            test_ids=_ids(test, config.id, "test"),
            weight=_weight(train, config.weight),
            auxiliary=_auxiliary(train, test, config),
            sample=sample,
            config=config,
            oracle=oracle,
        )

    def __repr__(self) -> str:
        columns = len(self.schema.columns)
        return (
            f"<competition {self.name}: {self.task}, {self.metric.name} of {self.target!r}, "
            f"{self.n_rows} + {self.n_test} rows, {columns} columns>"
        )

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kind of each feature column."""
        return self.schema.kinds

    @property
    def n_rows(self) -> int:
        """Rows of train."""
        return len(self.y)

    @property
    def n_test(self) -> int:
        """Rows of test, 0 without one."""
        return 0 if self.test is None else len(self.test)

    @property
    def width(self) -> int:
        """Columns c of a prediction."""
        return len(self.classes) if self.task == "multiclass" else 1

    @property
    def folder(self) -> Path | None:
        """The folder of competition.toml, None for frames."""
        return None if self.config is None else self.config.folder

    def column(self, name: str) -> pd.Series:
        """A column of train: a feature, an auxiliary column or the id."""
        for frame in (self.train, self.auxiliary):
            if name in frame.columns:
                return frame[name]
        if name == self.id and self.train_ids is not None:
            return self.train_ids
        known = [*self.train.columns, *self.auxiliary.columns]
        raise DataError(f"train has no column {name!r}", hint=nearest(name, known))

    def test_column(self, name: str) -> pd.Series | None:
        """A column of test, None where test lacks it."""
        if self.test is not None and name in self.test.columns:
            return self.test[name]
        return self.test_ids if name == self.id else None

    def labels(self, codes: np.ndarray) -> np.ndarray:
        """Labels as they came, for class codes; values pass through."""
        return self.classes[np.asarray(codes, dtype=np.int64)] if len(self.classes) else codes

    def check_new_rows(self, frame: pd.DataFrame) -> None:
        """DataError unless raw new rows have every feature column, of its kind and finite."""
        _refuse_infinite(self.schema.apply(frame, "the new file"), "the new file")

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of names, kinds and values of features, target and weights, row by row."""
        digest = hashlib.sha256(b"stackkit data 1")
        for part, frame in (("train", self.train), ("test", self.test)):
            digest.update(f"{part}:{-1 if frame is None else len(frame)};".encode())
            for name in () if frame is None else frame.columns:
                digest_column(digest, name, self.kinds[name], frame[name])
        digest_column(digest, "", "target", pd.Series(self.y))
        digest_column(digest, "", "weight", pd.Series([] if self.weight is None else self.weight))
        return digest.hexdigest()


def _configured(
    config: CompetitionConfig | None, named: dict[str, Any], options: dict[str, Any]
) -> CompetitionConfig:
    """The configuration given, which nothing beside it may contradict, else that of the options."""
    if config is None:
        return parse_config({"name": "competition", "train": "", **named, **options})
    for key, value in {**named, **options}.items():
        if key in options or value != getattr(config, key):
            got = f"{key} = {value!r} beside config="
            raise ConfigError("a configuration is given whole", got, f"set {key} in it")
    return config


def _refuse_unread(config: CompetitionConfig, sample: pd.DataFrame | None) -> None:
    """ConfigError for keys that nothing reads: at all, or where no file is behind the frames."""
    if (extra := config.data.extra_train) is not None:
        raise ConfigError("[data] extra_train is not yet available", repr(extra), "remove the key")
    if config.sample_submission is not None and sample is None:
        got = repr(config.sample_submission)
        raise ConfigError("sample_submission comes as a frame", got, "pass it as sample=")
    for key in () if config.train else ("hook", "extra_files"):
        if value := getattr(config.features, key):
            rule = f"[features] {key} stands in a competition.toml"
            raise ConfigError(rule, repr(value), "load_competition, or features in the frames")


def _check_columns(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> None:
    for what, frame in (("train", train), ("test", test)):
        if frame is not None and not frame.columns.is_unique:
            twice = sorted(set(frame.columns[frame.columns.duplicated()].astype(str)))
            raise DataError(f"column names of {what} are unique", f"{twice[:5]} twice")
    wanted = {"target": config.target, "id": config.id, "weight": config.weight}
    for key, name in wanted.items():
        if name is not None and name not in train.columns:
            names = f"columns {', '.join(map(repr, train.columns[:8]))}, …"
            hint = nearest(name, map(str, train.columns))
            raise DataError(f"train has the {key} column {name!r}", names, hint)
    known = {*train.columns, *(() if test is None else test.columns)}
    for name in config.features.drop:
        if name not in known:
            rule = f"[features] drop names no column {name!r}"
            raise ConfigError(rule, hint=nearest(name, map(str, known)))
    if test is not None and config.id not in (None, *test.columns):
        names = f"columns {', '.join(map(repr, test.columns[:8]))}, …"
        raise DataError(f"test has the id column {config.id!r}", names)
    if len(train) == 0:
        raise DataError("train has rows", "none")


def _feature_columns(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> list[str]:
    """The columns that both files have, less target, weight, dropped ones and a plain id."""
    aside = {config.target, config.weight, *config.features.drop}
    if config.id is not None and not (
        config.features.keep_id or column_kind(train[config.id]) == DATETIME
    ):
        aside.add(config.id)
    both = [c for c in train.columns if c not in aside and (test is None or c in test.columns)]
    if not both:
        got = "none beside target, id, weight and what [features] drop names"
        raise DataError("train and test share at least one feature column", got, "keep a column")
    extra = [] if test is None else [c for c in test.columns if c not in {*train.columns, *aside}]
    if extra:
        got = f"no {', '.join(map(repr, extra[:5]))} in train"
        hint = "name it in [features] drop, or add it to train"
        raise DataError("train has every column of test", got, hint)
    return both


def _auxiliary(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> pd.DataFrame:
    if test is None:
        return pd.DataFrame(index=range(len(train)))
    known = {*test.columns, config.target, config.id, config.weight}
    only = [c for c in train.columns if c not in known]
    return train[only].reset_index(drop=True)


def _refuse_infinite(frame: pd.DataFrame | None, what: str) -> None:
    for name in () if frame is None else frame.columns:
        values = frame[name]
        if is_number(values) and np.isinf(values.to_numpy(dtype=np.float64)).any():
            got = f"infinite values in column {name!r}"
            hint = "replace them in the file, or name their marker in [data] na_values"
            raise DataError(f"numbers of {what} are finite", got, hint)


def _ids(frame: pd.DataFrame | None, id: str | None, what: str) -> pd.Series | None:
    if frame is None or id is None:
        return None
    ids = frame[id].reset_index(drop=True)
    if ids.isna().any():
        raise DataError(f"every row of {what} has an id", f"{int(ids.isna().sum())} missing")
    if not ids.is_unique:
        twice = ids[ids.duplicated()].iloc[0]
        hint = "remove the duplicate rows"
        raise DataError(f"ids of {what} are unique", f"{twice!r} twice in {id!r}", hint)
    return ids


def _weight(train: pd.DataFrame, name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    weight = pd.to_numeric(train[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise DataError("row weights are finite, not negative and not all zero", f"column {name!r}")
    return weight
