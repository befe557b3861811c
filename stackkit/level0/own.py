"""Own models of a competition: what models.py beside its competition.toml registers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from stackkit.competition import Competition
from stackkit.level0.registry import get_model, own_models, registered_names
from stackkit.spec import ModelSpec
from stackkit.user_code import load_user_module

FILE = "models.py"


def models_beside(competition: Competition) -> list[ModelSpec]:
    """The models that models.py registers; the content of the file enters their keys."""
    path = _path(competition)
    if path is None or not path.exists():
        return []
    code = path.read_bytes()
    with own_models(()):
        before = set(registered_names())
        load_user_module(path)
        added = [n for n in registered_names() if n not in before]
        return [dataclasses.replace(get_model(n), code=code) for n in added]


def _path(competition: Competition) -> Path | None:
    config = competition.config
    return config.path(FILE) if config.train else None
