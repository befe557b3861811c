"""Arguments of another type than the functions of fold plans take."""

from __future__ import annotations

from stackkit.competition import Competition
from stackkit.config import FoldsConfig
from stackkit.errors import check_type


def check_competition(competition: object) -> None:
    """ConfigError unless it is a Competition, or has what a fold plan reads of one."""
    if not all(hasattr(competition, name) for name in ("y", "task", "n_rows", "column")):
        rule, hint = "a fold plan is of a Competition", "load_competition(name or folder)"
        check_type(competition, Competition, rule, hint)


def check_config(config: object) -> None:
    """ConfigError unless it is a FoldsConfig or None."""
    hint = "FoldsConfig(scheme=...), or [folds] of competition.toml"
    check_type(config, (FoldsConfig, type(None)), "a fold plan is described by FoldsConfig", hint)
