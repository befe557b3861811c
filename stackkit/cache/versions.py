"""Versions of the libraries that predictions depend on: recorded, never part of a key."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib import metadata

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm", "xgboost", "catboost", "torch")


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Python's, stackkit's and each library's version, where it is installed."""
    versions = {"python": platform.python_version()}
    for name in ("stackkit", *LIBRARIES):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def changed_versions(recorded: dict[str, str]) -> list[str]:
    """Libraries whose major or minor version differs from the recorded one."""
    now = library_versions()
    return [n for n, v in recorded.items() if n in now and _minor(v) != _minor(now[n])]


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split("+")[0].split(".")[:2])
