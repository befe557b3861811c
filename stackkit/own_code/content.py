"""Content: functions, classes and values as bytes that say what they are and stand on."""

from __future__ import annotations

import contextlib
import inspect
import textwrap
from types import CodeType, FunctionType, ModuleType
from typing import Any

from stackkit.errors import ModelError
from stackkit.own_code.names import (
    file_bytes,
    linked_in,
    members_of,
    names_of,
    read_by,
    taken_by,
)
from stackkit.own_code.origin import is_own
from stackkit.own_code.values import PLAIN, held_by, state_of


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
    known = held_by(thing) is not None or state_of(thing) or is_own(type(thing))
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
        parts = [kind, self._collected(held_by(x)), self._collected(state_of(x))]
        self.path = self.path[:-1]
        return _framed(b"value", parts)

    def code(self, x: Any) -> bytes:
        """A function, class or module of the user's with all that it reads."""
        if id(x) in self.seen:
            return b"seen %d" % self.seen[id(x)][0]
        self.seen[id(x)] = len(self.seen), x  # kept, so that no other gets its id
        if isinstance(x, ModuleType):
            return _framed(b"module", [file_bytes(x), self._collected(linked_in(x))])
        if isinstance(x, type):
            return _framed(b"class", [_source(x), self._collected(members_of(x))])
        names = names_of(x.__code__)
        read = read_by(x, names)
        taken = [self._collected(t) for t in taken_by(read, names.attributes)]
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
