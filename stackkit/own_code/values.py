"""What a value consists of: elements, fields, bytes, and the state of an instance."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import hashlib
import re
import sys
import uuid
from collections import deque
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from types import FunctionType, MappingProxyType, MethodType
from typing import Any

import numpy as np

from stackkit.own_code.origin import is_own

PLAIN = (bool, int, float, complex, str, bytes, bytearray, type(None), type(...))
SAID_BY_REPR = (
    range, slice, PurePath, Decimal, Fraction, uuid.UUID, re.Pattern, np.dtype,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo,
)  # fmt: skip


def held_by(x: Any) -> bytes | list | dict | frozenset | None:
    """What a value consists of; None where its type or name is all that counts."""
    if isinstance(x, Enum):
        return [x.name, x.value]
    if isinstance(x, SAID_BY_REPR):
        return repr(x).encode()
    if isinstance(x, np.ndarray | np.generic):
        return _array(x)
    if isinstance(x, PLAIN):  # a subclass
        return next(t for t in PLAIN if isinstance(x, t)).__repr__(x).encode()
    if isinstance(x, dict | MappingProxyType):
        return dict(x.items())
    if isinstance(x, set | frozenset):
        return frozenset(x)
    if isinstance(x, tuple | list | deque):
        return list(x)
    if isinstance(x, functools.partial):
        return [x.func, list(x.args), x.keywords]
    if isinstance(x, MethodType):
        return [x.__self__, x.__func__]
    return _foreign(x)


def _array(x: Any) -> list[Any]:
    """Type, shape and bytes of an array, or its elements where they are objects."""
    mask = [np.ma.getmaskarray(x)] if isinstance(x, np.ma.MaskedArray) else []
    x = np.asarray(x)
    flat = x.ravel().tolist() if x.dtype.hasobject else hashlib.sha256(x.tobytes()).hexdigest()
    return [x.dtype, x.shape, flat, *mask]


def _foreign(x: Any) -> list[Any] | dict[str, Any] | None:
    """Tables, estimators, records and tensors of installed packages."""
    with contextlib.suppress(Exception):
        if type(x).__module__.partition(".")[0] == "pandas":
            return _table(x)
        if hasattr(type(x), "get_params"):
            return dict(x.get_params(deep=False))
        if dataclasses.is_dataclass(x):
            return {f.name: getattr(x, f.name) for f in dataclasses.fields(x)}
        if hasattr(type(x), "__array__"):
            return _array(np.asarray(x))
    return None


def _table(x: Any) -> list[Any] | None:
    """Labels, types and values of a pandas object."""
    pandas = sys.modules["pandas"]
    if isinstance(x, pandas.DataFrame):
        return [x.columns, x.index, [x.iloc[:, i].array for i in range(x.shape[1])]]
    if isinstance(x, pandas.Series):
        return [x.name, x.index, x.array]
    if isinstance(x, pandas.Index | pandas.api.extensions.ExtensionArray):
        return [list(getattr(x, "names", ())), x.dtype, np.asarray(x)]
    if isinstance(x, pandas.CategoricalDtype):
        return [x.categories, x.ordered]
    kinds = pandas.api.extensions.ExtensionDtype, pandas.Period, pandas.Interval
    return [repr(x)] if isinstance(x, (*kinds, type(pandas.NA), type(pandas.NaT))) else None


def state_of(x: Any) -> dict[str, Any]:
    """Attributes of an instance; of an installed class only code of one's own among them."""
    held = getattr(x, "__dict__", None)
    held = dict(held) if isinstance(held, dict) else {}
    if not is_own(type(x)):
        return {k: v for k, v in held.items() if _is_code(v) and is_own(v)}
    slots = {name for kind in type(x).__mro__ for name in _slots(kind)}
    held |= {name: getattr(x, name) for name in slots if hasattr(x, name)}
    computed = functools.cached_property
    return {k: v for k, v in held.items() if not isinstance(vars(type(x)).get(k), computed)}


def _is_code(x: Any) -> bool:
    return isinstance(x, FunctionType | type)


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
