"""What code reads: globals, closed-over values, defaults, bases, members, modules."""

from __future__ import annotations

import contextlib
import dis
import functools
import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from stackkit.own_code.origin import is_own, is_own_file


class Names(NamedTuple):
    globals: set[str]
    attributes: set[str]
    imports: set[str]


def names_of(code: CodeType) -> Names:
    """Names that a piece of code and the code inside it read."""
    found = Names(set(), set(), set())
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
            for mine, below in zip(found, names_of(inner), strict=True):
                mine |= below
    return found


def read_by(function: FunctionType, names: Names) -> dict[str, Any]:
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
        if spec is not None and is_own_file(top, spec.origin):
            return importlib.import_module(full)
    return None


def taken_by(read: dict[str, Any], attributes: set[str]) -> Iterator[dict[str, Any]]:
    """What code takes by name from the user's modules that it reads, and from modules in them."""
    modules = _own_modules(read)
    for module in modules:  # grows while it is read
        taken = {name: x for name, x in vars(module).items() if name in attributes}
        yield taken
        modules += [x for x in _own_modules(taken) if not any(x is m for m in modules)]


def _own_modules(named: dict[str, Any]) -> list[ModuleType]:
    values = [named[name] for name in sorted(named)]
    return [x for x in values if isinstance(x, ModuleType) and is_own(x)]


def members_of(kind: type) -> dict[str, Any]:
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


def linked_in(module: ModuleType) -> dict[str, Any]:
    """Modules, functions and classes from elsewhere that the text of a user's module names."""
    try:
        code = compile(file_bytes(module), "module", "exec")
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


def file_bytes(module: ModuleType) -> bytes:
    try:
        return Path(module.__file__ or "").read_bytes()
    except (OSError, AttributeError):
        return module.__name__.encode()
