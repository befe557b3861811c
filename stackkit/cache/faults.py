"""Named points of a store at which a crash can be rehearsed."""

from __future__ import annotations

from collections.abc import Callable

STORE_POINTS = ("tmp-created", "arrays-written", "recipe-written", "synced", "renamed")
FIT_POINTS = ("fit-written", "fit-renamed")

_observer: Callable[[str], None] | None = None


def on_fault_point(observer: Callable[[str], None] | None) -> None:
    """Call `observer` with the name of each point reached from now on; None: no longer."""
    global _observer
    _observer = observer


def reach(point: str) -> None:
    """Say that a point was reached."""
    if _observer is not None:
        _observer(point)
