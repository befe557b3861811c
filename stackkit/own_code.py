"""The content of a user's function or class, for cache keys: what it says and what it stands on."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import dis
import functools
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
import sysconfig
import textwrap
import uuid
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from types import CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from stackkit.errors import ModelError

PLAIN = (bool, int, float, complex, str, bytes, bytearray, type(None), type(...))
SAID_BY_REPR = (
    range, slice, PurePath, Decimal, Fraction, uuid.UUID, re.Pattern, np.dtype,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo,
)  # fmt: skip
INSTALLED = {"site-packages", "dist-packages"}


def is_own(thing: object) -> bool:
    """Whether a function, class or module is the user's, not an installed package's or stackkit's.

    Installed is what lies in Python's own folders or in one named site-packages.
    """
    name = getattr(thing, "__name__" if isinstance(thing, ModuleType) else "__module__", None)
    name = name if isinstance(name, str) else "builtins"
    top = name.partition(".")[0]
    files = [getattr(sys.modules.get(n), "__file__", None) for n in (name, top)]
    return _is_own_file(top, next(filter(None, files), None))


def _is_own_file(top: str, file: str | None) -> bool:
    if top == "stackkit" or top in sys.builtin_module_names:
        return False
    paths = sysconfig.get_paths()
    folders = [Path(paths[k]) for k in ("purelib", "platlib", "stdlib")]
    path = Path(file or "")
    return INSTALLED.isdisjoint(path.parts) and not any(f in path.parents for f in folders)


def content(thing: Any) -> bytes:
    """Source of a function or class, else its instructions, with all that it reads.

    What it reads stands in its code: globals, closed-over values, defaults, bases, attributes of
    the class, modules imported inside. Of these count, alike in every process,

    - numbers, text, arrays, tables and containers of such by value;
    - the user's own functions and classes by content, instances of them by class and state;
    - the user's own modules by their file and by what the code takes from them (`helpers.loss`);
    - estimators by class and `get_params`;
    - anything else (loggers, locks, installed functions and modules) by name or type alone.

    ModelError where there is nothing to read.
    """
    reader = _Reader()
    if isinstance(thing, FunctionType | type):
        return reader.code(thing)
    known = _held(thing) is not None or _state(thing) or is_own(type(thing))
    return reader.value(thing) if known else _pickled(thing)


class _Reader:
    """Values and code as bytes that say what they are, each piece of code once.

    `seen` numbers code in the order of reading: a second mention is short and recursion ends.
    `path` are the ids of the values around the one being read, for containers in themselves.
    """

    def __init__(
        self, seen: dict[int, tuple[int, Any]] | None = None, path: tuple[int, ...] = ()
    ) -> None:
        self.seen = dict(seen or {})
        self.path = path

    def value(self, x: Any) -> bytes:
        """Any value."""
        if type(x) in PLAIN:
            return repr(x).encode("utf-8", "backslashreplace")
        if isinstance(x, FunctionType | type | ModuleType):
            return self.code(x) if is_own(x) else _named(x)
        if id(x) in self.path:
            return b"around %d" % (len(self.path) - self.path.index(id(x)))
        kind = self.value(type(x)) if is_own(type(x)) else _named(x)
        self.path += (id(x),)
        parts = [kind, self._collected(_held(x)), self._collected(_state(x))]
        self.path = self.path[:-1]
        return _framed(b"value", parts)

    def code(self, x: Any) -> bytes:
        """A function, class or module of the user's with all that it reads."""
        if id(x) in self.seen:
            return b"seen %d" % self.seen[id(x)][0]
        self.seen[id(x)] = len(self.seen), x  # kept, so that no other gets its id
        if isinstance(x, ModuleType):
            return _framed(b"module", [_file_bytes(x), self._collected(_linked(x))])
        if isinstance(x, type):
            return _framed(b"class", [_source(x), self._collected(_members(x))])
        names = _names(x.__code__)
        read = _read_by(x, names)
        taken = [self._collected(t) for t in _taken(read, names.attributes)]
        return _framed(b"function", [_source(x.__code__), self._collected(read), *taken])

    def _collected(self, held: Any) -> bytes:
        """A list in its order, a dict or set sorted."""
        if isinstance(held, dict):
            ordered = sorted(((self._apart(k), v) for k, v in held.items()), key=lambda kv: kv[0])
            return _framed(b"dict", [part for k, v in ordered for part in (k, self.value(v))])
        if isinstance(held, frozenset):
            return _framed(b"set", sorted(map(self._apart, held)))
        return held if isinstance(held, bytes) else _framed(b"list", [*map(self.value, held or ())])

    def _apart(self, x: Any) -> bytes:
        """A value that leaves no trace in `seen`, so that the order of reading is free."""
        return self.value(x) if type(x) in PLAIN else _Reader(self.seen, self.path).value(x)


def _framed(kind: bytes, parts: list[bytes]) -> bytes:
    return kind + b"(" + b"".join(b"%d:%s\n" % (len(part), part) for part in parts) + b")"


def _named(x: Any) -> bytes:
    """The type of a thing, and its own name if it has one."""
    words = [type(x).__module__, type(x).__qualname__]
    with contextlib.suppress(Exception):
        name = getattr(x, "__qualname__", None) or x.__name__
        words += [str(getattr(x, "__module__", None)), name] if isinstance(name, str) else []
    return " ".join(words).encode()


# --- what code reads ---------------------------------------------------------------------------


class _Names(NamedTuple):
    globals: set[str]
    attributes: set[str]
    imports: set[str]


def _names(code: CodeType) -> _Names:
    """Names that a piece of code and the code inside it read."""
    found = _Names(set(), set(), set())
    steps = list(dis.get_instructions(code))
    for i, step in enumerate(steps):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            found.globals.add(step.argval)
        elif step.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
            found.attributes.add(step.argval)
        elif step.opname == "IMPORT_NAME":
            level = steps[i - 2].argval
            found.imports.add("." * (level if isinstance(level, int) else 0) + step.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            for mine, below in zip(found, _names(inner), strict=True):
                mine |= below
    return found


def _read_by(function: FunctionType, names: _Names) -> dict[str, Any]:
    """Names and values that a function reads; a name that is not bound yet is left out."""
    defaults = dict(enumerate(function.__defaults__ or ())) | (function.__kwdefaults__ or {})
    read = {f"default {key}": value for key, value in defaults.items()}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            read[f"closed {name}"] = cell.cell_contents
    space = function.__globals__
    read |= {name: space[name] for name in names.globals if name in space}
    modules = {name: _imported(name, space.get("__package__")) for name in names.imports}
    return read | {f"import {name}": module for name, module in modules.items() if module}


def _imported(name: str, package: str | None) -> ModuleType | None:
    """The user's own module that a function imports; None for others, which are not imported."""
    with contextlib.suppress(Exception):
        full = importlib.util.resolve_name(name, package)
        top = full.partition(".")[0]
        spec = importlib.util.find_spec(top)
        if spec is not None and _is_own_file(top, spec.origin):
            return importlib.import_module(full)
    return None


def _taken(read: dict[str, Any], attributes: set[str]) -> Iterator[dict[str, Any]]:
    """What code takes by name from the user's modules that it reads, and from modules in them."""
    modules = _own_modules(read)
    for module in modules:  # grows while it is read
        taken = {name: x for name, x in vars(module).items() if name in attributes}
        yield taken
        modules += [x for x in _own_modules(taken) if not any(x is m for m in modules)]


def _own_modules(named: dict[str, Any]) -> list[ModuleType]:
    values = [named[name] for name in sorted(named)]
    return [x for x in values if isinstance(x, ModuleType) and is_own(x)]


def _members(kind: type) -> dict[str, Any]:
    """Bases, methods and other attributes of a class."""
    found: dict[str, Any] = {f"base {i}": base for i, base in enumerate(kind.__bases__)}
    for name, member in vars(kind).items():
        for inner in ("__func__", "fget", "func"):
            member = getattr(member, inner, member) if _is_descriptor(member) else member
        if isinstance(member, FunctionType) or not _is_dunder(name):
            found[name] = member
    return found


def _is_descriptor(x: Any) -> bool:
    return isinstance(x, staticmethod | classmethod | property | functools.cached_property)


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _linked(module: ModuleType) -> dict[str, Any]:
    """Modules, functions and classes from elsewhere that the text of a user's module names."""
    try:
        code = compile(_file_bytes(module), "module", "exec")
    except (SyntaxError, ValueError):  # not Python
        return {}
    codes, named = [code], set()
    for one in codes:  # grows while it is read
        named |= {*one.co_names}
        codes += [x for x in one.co_consts if isinstance(x, CodeType)]
    found = {name: x for name, x in vars(module).items() if name in named}
    found = {k: x for k, x in found.items() if isinstance(x, ModuleType | FunctionType | type)}
    return {
        k: x
        for k, x in found.items()
        if is_own(x) and getattr(x, "__module__", None) != module.__name__
    }


# --- text --------------------------------------------------------------------------------------


def _source(thing: type | CodeType) -> bytes:
    """Text of a class or of a function's code; else instructions, or the name of a class."""
    with contextlib.suppress(OSError, TypeError, IndexError):
        if getattr(thing, "co_filename", "") != "<string>":  # generated code
            return textwrap.dedent(inspect.getsource(thing)).encode()
    return thing.__qualname__.encode() if isinstance(thing, type) else _instructions(thing)


def _instructions(code: CodeType) -> bytes:
    """Instructions, names and constants, without the addresses that repr of inner code shows."""
    constants = [
        _instructions(x) if isinstance(x, CodeType) else _Reader().value(x) for x in code.co_consts
    ]
    return _framed(b"code", [code.co_code, repr(code.co_names).encode(), *constants])


def _file_bytes(module: ModuleType) -> bytes:
    try:
        return Path(module.__file__ or "").read_bytes()
    except (OSError, AttributeError):
        return module.__name__.encode()


def _pickled(thing: Any) -> bytes:
    try:
        import cloudpickle

        return cloudpickle.dumps(thing, protocol=5)
    except Exception as error:
        raise ModelError(
            "code of one's own can be read, as its content enters keys",
            repr(thing),
            "define it with def or class in a file or a notebook cell",
        ) from error


# --- values ------------------------------------------------------------------------------------


def _held(x: Any) -> bytes | list | dict | frozenset | None:
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


def _state(x: Any) -> dict[str, Any]:
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
