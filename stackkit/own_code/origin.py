"""Whose a function, class or module is: the user's, or an installed package's or stackkit's."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import ModuleType

INSTALLED = {"site-packages", "dist-packages"}


def is_own(thing: object) -> bool:
    """Whether a function, class or module is the user's, not an installed package's or stackkit's.

    Installed is what lies in Python's own folders or in one named site-packages.
    """
    name = getattr(thing, "__name__" if isinstance(thing, ModuleType) else "__module__", None)
    name = name if isinstance(name, str) else "builtins"
    top = name.partition(".")[0]
    files = [getattr(sys.modules.get(n), "__file__", None) for n in (name, top)]
    return is_own_file(top, next(filter(None, files), None))


def is_own_file(top: str, file: str | None) -> bool:
    if top == "stackkit" or top in sys.builtin_module_names:
        return False
    paths = sysconfig.get_paths()
    folders = [Path(paths[k]) for k in ("purelib", "platlib", "stdlib")]
    path = Path(file or "")
    return INSTALLED.isdisjoint(path.parts) and not any(f in path.parents for f in folders)
