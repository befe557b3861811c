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

from stackkit.competition.columns import check_columns, sort_columns
from stackkit.competition.dates import refuse_other_dates
from stackkit.competition.fingerprint import digest_column
from stackkit.competition.rows import refuse_infinite, row_ids, row_weights
from stackkit.competition.schema import Schema, infer_schema
from stackkit.competition.target import check_range, encode, task_of
from stackkit.competition.thousands import thousands_notes
from stackkit.config import CompetitionConfig, check_name, parse_config
from stackkit.errors import ConfigError, DataError, check_type, nearest
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
    notes : what was decided about the columns, a sentence each.
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
    notes: tuple[str, ...] = ()

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
        DataError : a missing column, duplicate ids, a missing or constant target, infinite values,
            dates of test that are written unlike those of train.
        MetricError : a metric that does not fit the task.
        """
        named = {"target": target, "metric": metric, **({} if name is None else {"name": name})}
        _refuse_no_frames(train, test, sample)
        given = _configured(config, named, options)
        _refuse_unread(given, sample)
        config = _with_id(given, train, test, sample)
        check_columns(train, test, config)
        columns = sort_columns(train, test, config)
        schema = infer_schema(train, test, columns.features)
        if test is not None:
            refuse_other_dates(train[columns.features], test, "test")
        typed_train = schema.apply(train, "train")
        typed_test = None if test is None else schema.apply(test, "test")
        for what, frame in (("train", typed_train), ("test", typed_test)):
            refuse_infinite(frame, what)
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
            train_ids=row_ids(train, config.id, "train"),
            test_ids=row_ids(test, config.id, "test"),
            weight=row_weights(train, config.weight),
            auxiliary=train[columns.auxiliary].reset_index(drop=True),
            sample=sample,
            config=config,
            oracle=oracle,
            notes=(*_id_notes(given, config), *columns.notes, *thousands_notes(schema, train)),
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
        refuse_infinite(self.schema.apply(frame, "the new file"), "the new file")
        refuse_other_dates(self.train, frame, "the new file")

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


def _refuse_no_frames(train: object, test: object, sample: object) -> None:
    for what, frame in (("train", train), ("test", test), ("sample", sample)):
        if frame is not None or what == "train":
            check_type(frame, pd.DataFrame, f"{what} is a DataFrame", "load_competition for files")


def _id_notes(given: CompetitionConfig, config: CompetitionConfig) -> tuple[str, ...]:
    if given.id == config.id:
        return ()
    return (f'id: {config.id!r}, as in the sample submission (id = "{config.id}" says so)',)


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


def _with_id(
    config: CompetitionConfig,
    train: pd.DataFrame,
    test: pd.DataFrame | None,
    sample: pd.DataFrame | None,
) -> CompetitionConfig:
    """The configuration with the id that the sample shows, where none is named.

    The first column of a sample submission names its rows; it is the id where it does so in train
    and test too.
    """
    if config.id is not None or sample is None or test is None or not len(sample.columns):
        return config
    first = sample.columns[0]
    if first == config.target or any(first not in f.columns for f in (train, test)):
        return config
    unique = all(f[first].is_unique and f[first].notna().all() for f in (train, test))
    return dataclasses.replace(config, id=first) if unique else config
