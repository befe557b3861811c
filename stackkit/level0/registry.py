"""The base models by name, with their production defaults, and those that users register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from stackkit.errors import ConfigError, nearest
from stackkit.level0.baseline import Prior
from stackkit.level0.boosting import LightGBM
from stackkit.level0.forests import RandomForest
from stackkit.level0.linear import Linear
from stackkit.level0.neural import MLP
from stackkit.spec import ModelSpec

_BUILT_IN: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("prior", Prior(), family="prior", recipe="trees", cost_hint=0.01),
        ModelSpec("ridge", Linear(), family="linear", recipe="linear", cost_hint=1.0),
        ModelSpec("rf", RandomForest(), family="forest", fidelity="n_estimators", cost_hint=20.0),
        ModelSpec("lightgbm", LightGBM(), family="boosting", fidelity="rounds", cost_hint=6.0),
        ModelSpec(
            "mlp", MLP(), family="neural", recipe="linear", fidelity="epochs", cost_hint=40.0
        ),
    )
}
_registered: dict[str, ModelSpec] = {}


def register(spec: ModelSpec) -> ModelSpec:
    """Add a model of one's own; a second one of a name replaces the first.

    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from stackkit.level0.wrap import SklearnLearner
    >>> mine = SklearnLearner(KNeighborsRegressor(5))
    >>> spec = register(ModelSpec("mine", mine, family="neighbors", recipe="linear"))
    """
    if spec.name in _BUILT_IN:
        raise ConfigError(
            "a built-in model keeps its name", repr(spec.name), "give yours another name"
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
