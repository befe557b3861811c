"""Code that users bring: imported from a file, or read off a class; it enters keys by content."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import cloudpickle

from stackkit.errors import ConfigError, StackkitError
from stackkit.recipe import content_digest


def load_user_module(path: Path) -> ModuleType:
    """Import a user's file under a name of its own; it travels to workers by value."""
    if path.suffix != ".py":
        raise ConfigError(
            "code of one's own is a Python file", path.name, "a name that ends with .py"
        )
    name = f"stackkit_user_{path.stem}_{content_digest(str(path.resolve()).encode())[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except StackkitError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{path.name} can be imported",
            f"{type(error).__name__}: {error}",
            "run it with python to see where it fails",
        ) from error
    cloudpickle.register_pickle_by_value(module)
    return module
