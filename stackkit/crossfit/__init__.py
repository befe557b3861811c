"""The one loop of every level: a queue of Fits across all specs, in worker processes."""

from stackkit.crossfit.bench import Bench, Inputs
from stackkit.crossfit.executor import Executor, LocalPool, shared_pool
from stackkit.crossfit.loop import LevelResult, cross_fit, fit_level
from stackkit.crossfit.progress import Progress, Silent, default_progress

__all__ = [
    "Bench",
    "Executor",
    "Inputs",
    "LevelResult",
    "LocalPool",
    "Progress",
    "Silent",
    "cross_fit",
    "default_progress",
    "fit_level",
    "shared_pool",
]
