"""A user's function as a metric: how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError, StackkitError
from stackkit.own_code.place import described

Array = NDArray[Any]

_WEIGHT_NAMES = ("weight", "weights", "sample_weight", "w")


@dataclass(frozen=True)
class CustomScore:
    """The user's function behind the signature of `Metric.score`.

    `weight_argument` is the keyword that takes weights, "" for the third position, None for none.
    Where it has no default, unweighted scoring passes ones.
    """

    name: str
    function: Callable[..., float]
    weight_argument: str | None = None
    weight_required: bool = False

    def __call__(self, y: Array, p: Array, weight: Array | None = None) -> float:
        p = p[:, 0] if np.ndim(p) == 2 and np.shape(p)[1] == 1 else p
        weight = np.ones(len(y)) if weight is None and self.weight_required else weight
        try:
            score = self._call(y, p, weight)
        except StackkitError:
            raise
        except Exception as error:
            hint = "mend the function, or return nan where the score is undefined"
            rule = f"metric {self.name} can score every set of rows"
            raise MetricError(rule, described(error, self._file), hint) from error
        if np.ndim(score) != 0 or not isinstance(score, int | float | np.number | np.ndarray):
            raise MetricError(f"metric {self.name} returns one number", type(score).__name__)
        return float(score)

    @property
    def _file(self) -> str:
        code = getattr(self.function, "__code__", None)
        return "" if code is None else code.co_filename

    def _call(self, y: Array, p: Array, weight: Array | None) -> float:
        if weight is None:
            return self.function(y, p)
        if self.weight_argument is None:
            hint = "give its function a third parameter named weight"
            raise MetricError(f"metric {self.name} cannot use row weights", "weights", hint)
        if self.weight_argument == "":
            return self.function(y, p, weight)
        return self.function(y, p, **{self.weight_argument: weight})


def weight_argument(name: str, function: Callable[..., Any]) -> tuple[str | None, bool]:
    """How the function takes weights, and whether it must get some."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None, False
    positional = [x for x in parameters if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)]
    if len(positional) < 2 and not any(x.kind == x.VAR_POSITIONAL for x in parameters):
        got = f"parameters {[x.name for x in parameters]}"
        raise MetricError(f"metric {name} is a function (y, p) or (y, p, weight)", got)
    for x in parameters[2:]:
        required = x.default is x.empty and x.kind not in (x.VAR_POSITIONAL, x.VAR_KEYWORD)
        if x.name in _WEIGHT_NAMES and x.kind in (x.POSITIONAL_OR_KEYWORD, x.KEYWORD_ONLY):
            return x.name, required
        if required and x in positional:
            return "", True
    return None, False
