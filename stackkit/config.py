"""The whole schema of competition.toml as frozen dataclasses, and its reader.

A field here is a key there. Unknown keys are errors that name the nearest valid one.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackkit.budget import parse_seconds
from stackkit.errors import ConfigError, nearest, shown

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,40}")


def check_name(name: str, what: str = "name") -> str:
    """Return `name` if it can be a folder of the cache; ConfigError otherwise."""
    if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
        raise ConfigError(
            f"a {what} matches {NAME_PATTERN.pattern}",
            repr(name),
            "lower-case letters, digits, '_', '.', '-', at most 41 characters",
        )
    return name


_MARKS = {"separator": '";" or "\\t"', "decimal": '","', "thousands": '"," or "."'}


def _refuse_unknown_encoding(name: str) -> None:
    try:
        codecs.lookup(name)
    except LookupError:
        hint = 'one that Python has, such as "cp1252" or "utf-16"'
        raise ConfigError("[data] encoding is known", repr(name), hint) from None


@dataclass(frozen=True)
class DataConfig:
    """[data]: how the files are read.

    The marks are for CSVs: `separator` between the columns of a row, `decimal` within numbers and
    `thousands` between their digits, one character each; `encoding` as Python names it.
    """

    na_values: tuple[str, ...] = ()
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str | None = None
    extra_train: str | None = None

    def __post_init__(self) -> None:
        for key in ("separator", "decimal", "thousands"):
            value = getattr(self, key)
            if value is not None and len(value) != 1:
                rule, hint = f"[data] {key} is one character", f"such as {_MARKS[key]}"
                raise ConfigError(rule, repr(value), hint)
        _refuse_unknown_encoding(self.encoding)


@dataclass(frozen=True)
class FoldsConfig:
    """[folds]: the fold plan. `scheme` None: a scheme is suggested, with its reason.

    `n_splits` None: 5, or 10 below 1,000 rows. `purge` and `embargo` are rows (int) or a duration
    ("7d"); `block` is a calendar period ("month", "week", "day") or a duration.
    """

    scheme: str | None = None
    n_splits: int | None = None
    n_repeats: int = 1
    seed: int = 0
    group: str | None = None
    time: str | None = None
    block: str | None = None
    purge: int | str = 0
    embargo: int | str = 0
    column: str | None = None
    file: str | None = None
    holdout: float = 0.0


@dataclass(frozen=True)
class FeaturesConfig:
    """[features]: the hook and what is left out.

    `hook` None: features.py beside the file, if it is there.
    """

    hook: str | None = None
    extra_files: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    keep_id: bool = False


@dataclass(frozen=True)
class ModelsConfig:
    """[models]: which base models run; `params` holds the tables [models.<name>].

    A Fit that is not done after `deadline` ("90s", "10m", "2h") is ended and its model left out.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    deadline: str = "2h"
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parse_seconds(self.deadline, "[models] deadline")


@dataclass(frozen=True)
class StackConfig:
    """[stack]: the preset; the same as --profile."""

    preset: str = "standard"


@dataclass(frozen=True)
class CacheConfig:
    """[cache]: where entries lie and what is kept. `test_folds_limit` is in bytes a record."""

    dir: str | None = None
    keep_models: bool = True
    test_folds_limit: int = 1_000_000_000


@dataclass(frozen=True)
class CompetitionConfig:
    """competition.toml. Paths are relative to `folder`, the folder of the file."""

    name: str
    train: str
    target: str
    metric: str
    test: str | None = None
    sample_submission: str | None = None
    id: str | None = None
    task: str | None = None
    positive: str | int | bool | None = None
    weight: str | None = None
    data: DataConfig = DataConfig()
    folds: FoldsConfig = FoldsConfig()
    features: FeaturesConfig = FeaturesConfig()
    models: ModelsConfig = ModelsConfig()
    stack: StackConfig = StackConfig()
    cache: CacheConfig = CacheConfig()
    folder: Path = Path()

    def path(self, name: str) -> Path:
        """`name` as a path relative to the file."""
        return self.folder / name


def read_config(path: str | Path) -> CompetitionConfig:
    """Read a competition.toml. ConfigError names the key and the nearest valid one."""
    return parse_config(read_toml(path, "a competition"), folder=Path(path).parent)


def read_toml(path: str | Path, what: str) -> dict[str, Any]:
    """The tables of a TOML file that describes `what`; ConfigError where there are none."""
    path = Path(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"{what} is described by a TOML file",
            f"no {path.name} in {path.parent}",
            "correct the path, or write one",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = "mend that place; text stands in quotes"
        raise ConfigError(f"{path.name} is valid TOML in UTF-8", str(error), hint) from None
    except OSError as error:
        hint = "a file that you may read"
        raise ConfigError(f"{path.name} can be read", str(error), hint) from None


def parse_config(table: Mapping[str, Any], folder: str | Path = ".") -> CompetitionConfig:
    """The configuration that a parsed TOML table describes."""
    table = dict(table)
    models = table.pop("models", {})
    if isinstance(models, ModelsConfig):
        models = {f.name: getattr(models, f.name) for f in dataclasses.fields(models)}
        models |= models.pop("params")
    if not isinstance(models, Mapping):
        raise ConfigError("[models] is a table", repr(models), 'include = ["ridge"] below it')
    models = dict(models)
    params = {key: models.pop(key) for key in list(models) if isinstance(models[key], dict)}
    config = _build(CompetitionConfig, {**table, "models": {**models, "params": params}}, "")
    check_name(config.name)
    _refuse_several_targets(config.target)
    return dataclasses.replace(config, folder=Path(folder))


def _refuse_several_targets(target: object) -> None:
    if not isinstance(target, str):
        raise ConfigError(
            "a competition has one target column", repr(target), "one TOML a target column"
        )


def _build(kind: type, table: Mapping[str, Any], where: str) -> Any:
    hints = typing.get_type_hints(kind)
    valid = {f.name: f for f in dataclasses.fields(kind) if f.name != "folder"}
    for key in table:
        if key not in valid:
            got = f"{key} = {shown(table[key])}"
            raise ConfigError(f"unknown key {where + key!r}", got, nearest(key, valid))
    missing = [n for n, f in valid.items() if n not in table and _required(f)]
    if missing:
        got = f"only {', '.join(table)}" if table else "none"
        raise ConfigError(f"competition.toml needs {', '.join(missing)}", got, "add the key")
    return kind(**{key: _value(hints[key], value, where + key) for key, value in table.items()})


def _required(f: dataclasses.Field) -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if isinstance(value, hint):
            return value
        if not isinstance(value, dict):
            hint = f"[{where}] on a line of its own"
            raise ConfigError(f"[{where}] is a table", repr(value), hint)
        return _build(hint, value, f"{where}.")
    if where == "target":
        return value
    allowed = _plain_types(hint)
    value = tuple(value) if tuple in allowed and isinstance(value, list) else value
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if int not in allowed else value
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        named = [t for t in allowed if t is not types.NoneType]
        names = " or ".join(_TOML_NAMES.get(t, t.__name__) for t in named)
        raise ConfigError(
            f"{where} is of type {names}", repr(value), _type_hint(allowed, where, value)
        )
    if isinstance(value, tuple) and not all(isinstance(v, str) for v in value):
        raise ConfigError(f"{where} is a list of text", repr(list(value)), "quote each entry")
    return value


def _type_hint(allowed: tuple[type, ...], where: str, value: Any) -> str:
    if tuple in allowed and isinstance(value, str):
        return f"a list, in brackets: {where.rpartition('.')[2]} = [{json.dumps(value)}]"
    return "text stands in quotes, numbers and true or false without"


def _plain_types(hint: Any) -> tuple[type, ...]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return tuple(t for arg in typing.get_args(hint) for t in _plain_types(arg))
    origin = typing.get_origin(hint) or hint
    return (dict,) if origin is Mapping else (origin,)


_TOML_NAMES = {str: "text", tuple: "list"}
