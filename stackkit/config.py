"""The whole schema of competition.toml as frozen dataclasses, and its reader.

A field here is a key there. Unknown keys are errors that name the nearest valid one.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackkit.errors import ConfigError, nearest

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


@dataclass(frozen=True)
class DataConfig:
    """[data]: how the files are read."""

    na_values: tuple[str, ...] = ()
    extra_train: str | None = None


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
    """[models]: which base models run; `params` holds the tables [models.<name>]."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


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
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            "a competition is described by a TOML file",
            f"no {path.name} in {path.parent}",
            "correct the path, or write one",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is valid TOML in UTF-8", str(error)) from None
    except OSError as error:
        raise ConfigError(f"{path.name} can be read", str(error)) from None
    return parse_config(table, folder=path.parent)


def parse_config(table: Mapping[str, Any], folder: str | Path = ".") -> CompetitionConfig:
    """The configuration that a parsed TOML table describes."""
    table = dict(table)
    models = table.pop("models", {})
    if isinstance(models, ModelsConfig):
        models = {f.name: getattr(models, f.name) for f in dataclasses.fields(models)}
        models |= models.pop("params")
    if not isinstance(models, Mapping):
        raise ConfigError("[models] is a table", repr(models))
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
            raise ConfigError(f"unknown key {where + key!r}", hint=nearest(key, valid))
    missing = [n for n, f in valid.items() if n not in table and _required(f)]
    if missing:
        raise ConfigError(f"competition.toml needs {', '.join(missing)}", hint="add the key")
    return kind(**{key: _value(hints[key], value, where + key) for key, value in table.items()})


def _required(f: dataclasses.Field) -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        if isinstance(value, hint):
            return value
        if not isinstance(value, dict):
            raise ConfigError(f"[{where}] is a table", repr(value))
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
        raise ConfigError(f"{where} is of type {names}", repr(value))
    if isinstance(value, tuple) and not all(isinstance(v, str) for v in value):
        raise ConfigError(f"{where} is a list of text", repr(list(value)), "quote each entry")
    return value


def _plain_types(hint: Any) -> tuple[type, ...]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return tuple(t for arg in typing.get_args(hint) for t in _plain_types(arg))
    origin = typing.get_origin(hint) or hint
    return (dict,) if origin is Mapping else (origin,)


_TOML_NAMES = {str: "text", tuple: "list"}
