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

from stackkit.config import CompetitionConfig, check_name
from stackkit.errors import ConfigError, DataError, nearest
from stackkit.metrics import Metric, check_metric, get_metric
from stackkit.schema import DATETIME, Schema, column_kind, infer_schema, is_number


@dataclass(frozen=True, eq=False)
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
        name: str = "competition",
        sample: pd.DataFrame | None = None,
        config: CompetitionConfig | None = None,
        oracle: np.ndarray | None = None,
        **options: Any,
    ) -> Competition:
        """A competition from frames; `options` are keys of competition.toml (id, task, …).

        Raises
        ------
        ConfigError : an option that competition.toml does not have.
        DataError : a missing column, duplicate ids, a missing or constant target, infinite values.
        MetricError : a metric that does not fit the task.
        """
        config = config or _config_from(name, target, metric, options)
        _check_columns(train, test, config)
        features = _feature_columns(train, test, config)
        schema = infer_schema(train, test, features)
        typed_train = schema.apply(train, "train")
        typed_test = None if test is None else schema.apply(test, "test")
        for what, frame in (("train", typed_train), ("test", typed_test)):
            _refuse_infinite(frame, what)
        chosen = get_metric(config.metric)
        task = _task(config.task, chosen, train[config.target])
        check_metric(chosen, task)
        y, classes = _encode(train[config.target], task, config.positive)
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

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of names, kinds and values of features, target and weights, row by row."""
        digest = hashlib.sha256(b"stackkit data 1")
        for part, frame in (("train", self.train), ("test", self.test)):
            digest.update(f"{part}:{-1 if frame is None else len(frame)};".encode())
            for name in () if frame is None else frame.columns:
                _digest_column(digest, name, self.kinds[name], frame[name])
        _digest_column(digest, "", "target", pd.Series(self.y))
        _digest_column(digest, "", "weight", pd.Series([] if self.weight is None else self.weight))
        return digest.hexdigest()


def _config_from(name: str, target: str, metric: str, options: dict[str, Any]) -> CompetitionConfig:
    fields = {f.name for f in dataclasses.fields(CompetitionConfig)} - {"train", "test"}
    for key in options:
        if key not in fields:
            raise ConfigError(f"unknown option {key!r}", hint=nearest(key, fields))
    if not isinstance(target, str):
        raise ConfigError("a competition has one target column", repr(target))
    return CompetitionConfig(name=name, train="", target=target, metric=metric, **options)


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
            raise DataError(
                f"train has the {key} column {name!r}",
                f"columns {', '.join(map(repr, train.columns[:8]))}, …",
                nearest(name, map(str, train.columns)),
            )
    for name in config.features.drop:
        if name not in train.columns:
            hint = nearest(name, map(str, train.columns))
            raise ConfigError(f"[features] drop names no column {name!r}", hint=hint)
    if test is not None and config.id is not None and config.id not in test.columns:
        raise DataError(f"test has the id column {config.id!r}", f"{list(test.columns[:8])}")
    if len(train) == 0:
        raise DataError("train has rows", "none")


def _feature_columns(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> list[str]:
    """The columns that both files have, less target, weight, dropped ones and a plain id."""
    aside = {config.target, config.weight, *config.features.drop}
    if config.id is not None and not (config.features.keep_id or _datetime_id(train, config.id)):
        aside.add(config.id)
    both = [c for c in train.columns if c not in aside and (test is None or c in test.columns)]
    if not both:
        raise DataError("train and test share at least one feature column", "none")
    extra = [] if test is None else [c for c in test.columns if c not in train.columns]
    if extra:
        raise DataError("train has every column of test", f"no {extra[:5]} in train")
    return both


def _datetime_id(train: pd.DataFrame, id: str) -> bool:
    return column_kind(train[id]) == DATETIME


def _auxiliary(
    train: pd.DataFrame, test: pd.DataFrame | None, config: CompetitionConfig
) -> pd.DataFrame:
    if test is None:
        return pd.DataFrame(index=range(len(train)))
    named = {config.target, config.id, config.weight}
    only = [c for c in train.columns if c not in test.columns and c not in named]
    return train[only].reset_index(drop=True)


def _refuse_infinite(frame: pd.DataFrame | None, what: str) -> None:
    for name in () if frame is None else frame.columns:
        values = frame[name]
        if is_number(values) and np.isinf(values.to_numpy(dtype=np.float64)).any():
            raise DataError(
                f"numbers of {what} are finite",
                f"infinite values in column {name!r}",
                "replace them in the file, or name their marker in [data] na_values",
            )


def _task(declared: str | None, metric: Metric, target: pd.Series) -> str:
    if declared is not None:
        return declared
    text = not is_number(target) or target.dtype == bool
    if "regression" in metric.tasks and not text:
        return "regression"
    if set(metric.tasks) == {"regression"}:
        raise DataError(
            f"metric {metric.name} needs a numeric target", f"{target.head(3).tolist()}"
        )
    return "binary" if target.nunique() == 2 else "multiclass"


def _encode(target: pd.Series, task: str, positive: object) -> tuple[np.ndarray, np.ndarray]:
    missing = int(target.isna().sum())
    if missing:
        raise DataError(
            "every train row has a target",
            f"{missing} missing in {target.name!r}",
            "remove those rows from train",
        )
    if target.nunique() < 2:
        raise DataError("the target takes at least two values", f"{target.iloc[0]!r} in every row")
    if task == "regression":
        return _values(target, positive), np.empty(0, dtype=object)
    return _codes(target, task, positive)


def _values(target: pd.Series, positive: object) -> np.ndarray:
    if positive is not None:
        raise ConfigError("positive belongs to a binary task", f"{positive!r} in a regression")
    if not is_number(target):
        raise DataError("a regression target is numeric", f"{target.head(3).tolist()}")
    values = target.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise DataError("the target is finite", f"infinite values in {target.name!r}")
    return values


def _codes(target: pd.Series, task: str, positive: object) -> tuple[np.ndarray, np.ndarray]:
    classes = sorted(target.unique().tolist())
    if task == "binary" and len(classes) != 2:
        raise DataError("a binary target has two classes", f"{len(classes)} in {target.name!r}")
    if positive is not None:
        if task != "binary" or positive not in classes:
            raise ConfigError("positive is one of two classes", repr(positive), repr(classes[:9]))
        classes = [c for c in classes if c != positive] + [positive]
    codes = pd.Categorical(target, categories=classes).codes.astype(np.int64)
    return codes, _as_array(classes)


def _as_array(classes: list[Any]) -> np.ndarray:
    if all(isinstance(c, str) for c in classes):
        return np.array(classes, dtype=object)
    return np.array(classes)


def _ids(frame: pd.DataFrame | None, id: str | None, what: str) -> pd.Series | None:
    if frame is None or id is None:
        return None
    ids = frame[id].reset_index(drop=True)
    if ids.isna().any():
        raise DataError(f"every row of {what} has an id", f"{int(ids.isna().sum())} missing")
    if not ids.is_unique:
        twice = ids[ids.duplicated()].iloc[0]
        raise DataError(
            f"ids of {what} are unique", f"{twice!r} twice in {id!r}", "remove the duplicate rows"
        )
    return ids


def _weight(train: pd.DataFrame, name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    weight = train[name].to_numpy(dtype=np.float64)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise DataError("row weights are finite, not negative and not all zero", f"column {name!r}")
    return weight


def _digest_column(digest: Any, name: str, kind: str, values: pd.Series) -> None:
    head = f"{name}".encode()
    digest.update(f"{len(head)}:".encode() + head + f":{kind}:{len(values)};".encode())
    if kind == DATETIME:
        digest.update(values.to_numpy("datetime64[ns]").astype("<i8").tobytes())
    elif is_number(values) and not _beyond_float(values):
        numbers = values.to_numpy(dtype="<f8") + 0.0
        digest.update(np.where(np.isnan(numbers), np.nan, numbers).tobytes())
    else:
        _digest_text(digest, values)


def _beyond_float(values: pd.Series) -> bool:
    return values.dtype.kind in "iu" and len(values) > 0 and int(values.abs().max()) > 2**53


def _digest_text(digest: Any, values: pd.Series) -> None:
    """Codes in order of appearance, then the levels, length-prefixed: missing is code −1."""
    codes, levels = pd.factorize(values)
    digest.update(codes.astype("<i8").tobytes())
    for level in levels:
        data = str(level).encode()
        digest.update(f"{len(data)}:".encode() + data)
