"""Any estimator with scikit-learn's interface as a base model."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.spec import BaseLearner, Objective
from stackkit.target_space import MARGIN, target_space
from stackkit.user_code import code_digest


@dataclass(frozen=True)
class Template:
    """What an estimator is, in words that enter a key: class, parameters, and digest of its code.

    `code` is "" for classes of installed packages; where it is not, `kind` leaves out the module,
    whose name may hold a path. The estimator itself travels beside the fields.
    """

    kind: str
    params: Mapping[str, Any]
    code: str = ""

    @classmethod
    def of(cls, estimator: Any) -> Template:
        """Describe an estimator; ModelError where it lacks scikit-learn's interface."""
        missing = [m for m in ("get_params", "set_params", "fit") if not hasattr(estimator, m)]
        if isinstance(estimator, type) or missing:
            raise ModelError(
                "SklearnLearner takes an estimator with get_params, set_params and fit",
                repr(estimator),
                "pass an instance, such as KNeighborsRegressor(5)",
            )
        template = cls(**_described(estimator))
        object.__setattr__(template, "estimator", copy.deepcopy(estimator))
        return template

    def fresh(self, seed: int) -> Any:
        """An unfitted clone whose random states are `seed`."""
        from sklearn.base import clone

        estimator = clone(self.estimator)
        states = [n for n in estimator.get_params() if n.split("__")[-1] == "random_state"]
        return estimator.set_params(**dict.fromkeys(states, seed))


@dataclass(frozen=True)
class SklearnLearner(BaseLearner):
    """A wrapped estimator, cloned for each fit; missing values reach it as the recipe leaves them.

    Regressions are fitted on the target in the objective's space.
    """

    kind: ClassVar[str] = "sklearn"
    estimator: Any

    def __post_init__(self) -> None:
        if not isinstance(self.estimator, Template):
            object.__setattr__(self, "estimator", Template.of(self.estimator))

    def build(self, objective: Objective, seed: int) -> SklearnFit:
        """An unfitted clone."""
        template = self.estimator
        if objective.task != "regression" and not hasattr(template.estimator, "predict_proba"):
            raise ModelError(
                "a base model of a classification has predict_proba",
                template.kind,
                "a classifier such as LogisticRegression; one that gives labels only can be "
                "wrapped in CalibratedClassifierCV",
            )
        return SklearnFit(template.fresh(seed), objective)


@dataclass
class SklearnFit:
    """A clone of the wrapped estimator."""

    estimator: Any
    objective: Objective

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> SklearnFit:
        """Fit on values (n, d) and y (n,); ModelError where weights are given but not taken."""
        if self.objective.task == "regression":
            self.space_ = target_space(y, self.objective.space, MARGIN)
            y = self.space_.forward(y)
        if weight is None:
            self.estimator.fit(X.values, y)
        else:
            self.estimator.fit(X.values, y, **self._weights(weight))
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        if self.objective.task == "regression":
            return self.space_.inverse(self.estimator.predict(X.values))
        return as_columns(self.estimator.predict_proba(X.values))

    def _weights(self, weight: np.ndarray) -> dict[str, np.ndarray]:
        from sklearn.utils.validation import has_fit_parameter

        if not has_fit_parameter(self.estimator, "sample_weight"):
            raise ModelError(
                "row weights need an estimator whose fit takes sample_weight",
                type(self.estimator).__name__,
            )
        return {"sample_weight": np.array(weight)}


def _described(value: Any) -> dict[str, Any]:
    itself = isinstance(value, type) or inspect.isroutine(value)
    kind = value if itself else type(value)
    code = code_digest(kind)
    params = {} if itself else value.get_params(deep=False)
    return {
        "kind": kind.__qualname__ if code else f"{kind.__module__}.{kind.__qualname__}",
        "params": {key: _plain(param) for key, param in params.items()},
        "code": code,
    }


def _plain(value: Any) -> Any:
    """`value` with estimators, classes and functions replaced by their descriptions."""
    if isinstance(value, np.ufunc):
        return f"numpy.{value.__name__}"
    if hasattr(value, "get_params") or isinstance(value, type) or inspect.isroutine(value):
        return _described(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return value
