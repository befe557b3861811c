"""The content of a user's function or class, for cache keys: what it says and what it stands on."""

from __future__ import annotations

import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from stackkit.errors import ModelError

PLAIN = int | float | complex | str | bytes | None


def is_own(thing: object) -> bool:
    """Whether a function or class is the user's, not an installed package's or stackkit's."""
    top = (getattr(thing, "__module__", None) or "builtins").partition(".")[0]
    if top == "stackkit" or top in sys.builtin_module_names:
        return False
    file = Path(getattr(sys.modules.get(top), "__file__", None) or "")
    paths = sysconfig.get_paths()
    return not any(Path(paths[k]) in file.parents for k in ("purelib", "platlib", "stdlib"))


def content(thing: Any) -> bytes:
    """Source of a function or class, else its code, else a pickle.

    With it go the plain constants that it reads (globals, closed-over values, defaults), and the
    content of the user's own functions and classes that it names or inherits from, so that a
    changed helper counts. ModelError where there is nothing to read.
    """
    found, parts = [thing], []
    for part in found:  # grows while it is read
        parts.append(_own_bytes(part))
        names = sorted(_names_read(part).items())
        parts += [f"{name}={x!r}".encode() for name, x in names if isinstance(x, PLAIN)]
        below = [x for _, x in names if inspect.isfunction(x) or isinstance(x, type)]
        found += [x for x in _unique(below) if is_own(x) and x not in found]
    return b"\n".join(parts)


def _unique(things: list[Any]) -> list[Any]:
    return list(dict.fromkeys(things))


def _own_bytes(thing: Any) -> bytes:
    try:
        return textwrap.dedent(inspect.getsource(thing)).encode()
    except (OSError, TypeError):
        return _without_source(thing)


def _names_read(thing: Any) -> dict[str, Any]:
    """Names and values that a function reads; those of all methods and the bases of a class."""
    if isinstance(thing, type):
        read = {f"base {i}": base for i, base in enumerate(thing.__bases__)}
        for method in _methods(thing):
            read |= _names_read(method)
        return read
    if not inspect.isfunction(thing):
        return {}
    defaults = dict(enumerate(thing.__defaults__ or ())) | (thing.__kwdefaults__ or {})
    read = {f"default {key}": value for key, value in defaults.items()}
    try:
        closed = inspect.getclosurevars(thing)
    except ValueError:  # a name that is not bound yet
        return read
    return read | closed.globals | closed.nonlocals


def _methods(kind: type) -> Iterator[Callable[..., Any]]:
    for member in vars(kind).values():
        for name in ("__func__", "fget", "func"):
            member = getattr(member, name, member)
        if inspect.isfunction(member):
            yield member


def _without_source(thing: Any) -> bytes:
    if isinstance(thing, type):
        codes = [m.__code__ for m in _methods(thing)]
        if codes:
            return b"\n".join(map(_code_bytes, codes))
    code = getattr(thing, "__code__", None)
    if code is not None:
        return _code_bytes(code)
    try:
        import cloudpickle

        return cloudpickle.dumps(thing, protocol=5)
    except Exception as error:
        raise ModelError(
            "code of one's own can be read, as its content enters keys",
            repr(thing),
            "define it with def or class in a file or a notebook cell",
        ) from error


def _code_bytes(code: CodeType) -> bytes:
    """Instructions, names and constants, without the addresses that repr of inner code shows."""
    constants = [
        _code_bytes(x) if isinstance(x, CodeType) else repr(x).encode() for x in code.co_consts
    ]
    return b"\n".join([code.co_code, repr(code.co_names).encode(), *constants])
