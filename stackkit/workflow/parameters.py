"""Parameters of a notebook: what its cell declares, and values of the declared types."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stackkit.errors import ConfigError, nearest

COMPETITION, RESULT = "COMPETITION", "RESULT_PATH"
PLACES = ("CACHE_DIR", "OUTPUT", "RUNS_DIR", RESULT)  # say where things lie, not what they are
PATHS = (*PLACES, "ABLATION")


def declared_parameters(notebook: Path) -> dict[str, str]:
    """Names that a notebook's parameters cell declares, with their defaults as written."""
    from papermill import inspect_notebook

    return {name: info["default"] for name, info in inspect_notebook(str(notebook)).items()}


def check_declared(notebooks: Sequence[Path], given: Mapping[str, Any]) -> None:
    """ConfigError for a parameter that no notebook declares (papermill would only warn)."""
    declared = {name for path in notebooks for name in declared_parameters(path)}
    for name in given:
        if name not in declared:
            rule = f"some notebook declares the parameter {name!r}"
            raise ConfigError(rule, hint=nearest(name, declared))


def typed_parameters(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of the names that a notebook declares, each of its default's type."""
    declared = declared_parameters(notebook)
    return {
        name: _typed(name, value, declared[name]) for name, value in given.items()
        if name in declared
    }  # fmt: skip


def _typed(name: str, value: Any, default: str) -> Any:
    """A value as its default's type: text of the command line becomes a number where one is due."""
    if name in PATHS:
        return str(Path(value).resolve()) if str(value) else ""
    try:
        kind = type(ast.literal_eval(default))
    except (ValueError, SyntaxError):
        return value
    try:
        return _read(value, kind)
    except (ValueError, SyntaxError):
        rule = f"{name} is of type {kind.__name__}, as its default {default}"
        raise ConfigError(rule, repr(value)) from None


def _read(value: Any, kind: type) -> Any:
    """A value of some type, from itself or from text; ValueError where it is of another."""
    if kind is str:
        return str(value)
    read = ast.literal_eval(value) if isinstance(value, str) else value
    read = float(read) if kind is float and type(read) is int else read
    if type(read) is not kind:
        raise ValueError(value)
    return read
