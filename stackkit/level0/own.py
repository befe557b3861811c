"""Own models of a competition: what models.py beside its competition.toml registers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from stackkit.competition import Competition
from stackkit.errors import ModelError
from stackkit.level0.experts import shipped_models
from stackkit.level0.registry import get_model, own_models, registered_names
from stackkit.spec import Learner, ModelSpec
from stackkit.user_code import load_user_module

FILE = "models.py"


def models_beside(competition: Competition) -> list[ModelSpec]:
    """Those that ship with a generated competition, and those that models.py registers.

    The content of the file enters their keys.
    """
    shipped, path = shipped_models(competition), _path(competition)
    if path is None or not path.exists():
        return shipped
    code = path.read_bytes()
    with own_models(()):
        before = {name: get_model(name) for name in registered_names()}
        load_user_module(path)
        added = [s for n in registered_names() if (s := get_model(n)) is not before.get(n)]
    return [*shipped, *(dataclasses.replace(_checked(spec), code=code) for spec in added)]


def _checked(spec: ModelSpec) -> ModelSpec:
    """The spec, if its learner declares what a learner must."""
    needed = (*Learner.__annotations__, "build")
    missing = [name for name in needed if not hasattr(spec.learner, name)]
    if missing or not dataclasses.is_dataclass(spec.learner):
        raise ModelError(
            f"a learner is a dataclass with {', '.join(needed)}",
            f"{type(spec.learner).__name__} without {', '.join(missing) or 'dataclass fields'}",
            f"complete it in {FILE}, or wrap an estimator in SklearnLearner",
        )
    return spec


def _path(competition: Competition) -> Path | None:
    config = competition.config
    return config.path(FILE) if config is not None and config.train else None
