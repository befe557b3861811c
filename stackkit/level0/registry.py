"""The base models by name, with their production defaults, and those that users register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from stackkit.errors import ConfigError, nearest
from stackkit.level0 import (
    balanced,
    baseline,
    bayes,
    boosting,
    discriminant,
    forests,
    gaussian,
    kernels,
    linear,
    neighbors,
    neural,
    variants,
)
from stackkit.spec import ModelSpec

_FAMILIES = (
    baseline,
    linear,
    kernels,
    gaussian,
    neighbors,
    bayes,
    discriminant,
    forests,
    boosting,
    balanced,
    neural,
    variants,
)

_BUILT_IN: dict[str, ModelSpec] = {s.name: s for family in _FAMILIES for s in family.SPECS}
_registered: dict[str, ModelSpec] = {}


def register(spec: ModelSpec) -> ModelSpec:
    """Add a base model of one's own; a second one of a name replaces the first.

    ConfigError for a built-in name, a meta-model or blend, or a model without a feature recipe.

    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from stackkit.level0.wrap import SklearnLearner
    >>> mine = SklearnLearner(KNeighborsRegressor(5))
    >>> spec = register(ModelSpec("mine", mine, family="neighbors", recipe="linear"))
    """
    if spec.name in _BUILT_IN:
        raise ConfigError(
            "a built-in model keeps its name", repr(spec.name), "give yours another name"
        )
    if spec.role != "base" or spec.recipe is None:
        raise ConfigError(
            "register takes base models, which read a feature recipe",
            f"{spec.name!r}, role {spec.role}, recipe {spec.recipe}",
            "cross_fit(spec, competition, folds, cache, source=records) fits a meta-model or "
            "blend of your own; a base model names its recipe",
        )
    _registered[spec.name] = spec
    return spec


def get_model(name: str) -> ModelSpec:
    """The model of that name; ConfigError names the nearest one."""
    known = {**_BUILT_IN, **_registered}
    if name not in known:
        raise ConfigError("unknown model", repr(name), nearest(name, known))
    return known[name]


def model_names() -> list[str]:
    """The names of all models, built-in ones first."""
    return [*_BUILT_IN, *_registered]


def registered_names() -> list[str]:
    """The names of the models that users registered."""
    return list(_registered)


@contextmanager
def own_models(specs: Iterable[ModelSpec]) -> Iterator[None]:
    """Within the body, `specs` are registered; afterwards the registry is as it was."""
    before = dict(_registered)
    for spec in specs:
        register(spec)
    try:
        yield
    finally:
        _registered.clear()
        _registered.update(before)
