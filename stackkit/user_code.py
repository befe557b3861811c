"""Code that users bring: a file that is imported, or a class; it enters keys by content."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import cloudpickle

from stackkit.errors import ConfigError, StackkitError
from stackkit.own_code import content, is_own
from stackkit.own_code.place import described, place
from stackkit.recipe import content_digest


def load_user_module(path: Path) -> ModuleType:
    """Run a user's file as a module of its own; it travels to workers by value.

    The bytes are compiled as they are: a cached bytecode file could be older than the text.
    """
    if path.suffix != ".py":
        raise ConfigError(
            "code of one's own is a Python file", path.name, "a name that ends with .py"
        )
    name = f"stackkit_user_{path.stem}_{content_digest(str(path.resolve()).encode())[:8]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        if isinstance(error, StackkitError):
            got = f"{'' if error.got is None else error.got}{place(error, str(path))}".strip()
            raise type(error)(error.rule, got or None, error.hint) from error
        raise ConfigError(
            f"{path.name} can be imported",
            described(error, str(path)),
            "run it with python to see where it fails",
        ) from error
    cloudpickle.register_pickle_by_value(module)
    return module


def code_digest(kind: type) -> str:
    """The digest of a user's class or function, "" for those of packages and of stackkit."""
    return content_digest(content(kind)) if is_own(kind) else ""
