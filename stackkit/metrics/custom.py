"""A user's function as a metric: how it is called, and its content for cache keys."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError

Array = NDArray[Any]

_PLAIN = int | float | complex | str | bytes | None
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
        score = self._call(y, p, weight)
        if np.ndim(score) != 0 or not isinstance(score, int | float | np.number | np.ndarray):
            raise MetricError(f"metric {self.name} returns one number", type(score).__name__)
        return float(score)

    def _call(self, y: Array, p: Array, weight: Array | None) -> float:
        if weight is None:
            return self.function(y, p)
        if self.weight_argument is None:
            hint = "give its function a third parameter named weight"
            raise MetricError(f"metric {self.name} cannot use row weights", "weights", hint)
        if self.weight_argument == "":
            return self.function(y, p, weight)
        return self.function(y, p, **{self.weight_argument: weight})


def function_bytes(function: Callable[..., Any]) -> bytes:
    """Content of a function for cache keys: its source, else its code, else a pickle.

    With it go the plain constants that it reads (globals, closed-over values, defaults) and the
    source of the functions of its own module that it calls, so that a changed helper counts.
    """
    found, parts = [function], []
    for part in found:  # grows while it is read
        parts.append(_own_bytes(part))
        names = sorted(_names_read(part).items())
        parts += [f"{name}={x!r}".encode() for name, x in names if isinstance(x, _PLAIN)]
        helpers = [x for _, x in names if inspect.isfunction(x)]
        found += [x for x in helpers if x.__module__ == part.__module__ and x not in found]
    return b"\n".join(parts)


def _own_bytes(function: Callable[..., Any]) -> bytes:
    try:
        return textwrap.dedent(inspect.getsource(function)).encode()
    except (OSError, TypeError):
        return _pickled(function)


def _names_read(function: Callable[..., Any]) -> dict[str, Any]:
    if not inspect.isfunction(function):
        return {}
    defaults = dict(enumerate(function.__defaults__ or ())) | (function.__kwdefaults__ or {})
    read = {f"default {key}": value for key, value in defaults.items()}
    try:
        closed = inspect.getclosurevars(function)
    except ValueError:  # a name that is not bound yet
        return read
    return read | closed.globals | closed.nonlocals


def _pickled(function: Callable[..., Any]) -> bytes:
    code = getattr(function, "__code__", None)
    if code is not None:
        return _code_bytes(code)
    try:
        import cloudpickle

        return cloudpickle.dumps(function, protocol=5)
    except Exception as error:
        hint = "define it with def in a file or a notebook cell"
        raise MetricError("a custom metric is a function with content", function, hint) from error


def _code_bytes(code: CodeType) -> bytes:
    """Instructions, names and constants, without the addresses that repr of inner code shows."""
    constants = [
        _code_bytes(x) if isinstance(x, CodeType) else repr(x).encode() for x in code.co_consts
    ]
    return b"\n".join([code.co_code, repr(code.co_names).encode(), *constants])


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
