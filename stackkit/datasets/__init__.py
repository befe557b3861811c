"""Competitions from files, and data sets that are embedded or generated."""

from stackkit.datasets.embedded import EMBEDDED, load_embedded
from stackkit.datasets.experts import make_experts
from stackkit.datasets.frames import Frames
from stackkit.datasets.load import find_config, from_embedded, load_competition
from stackkit.datasets.playground import make_playground

__all__ = [
    "EMBEDDED",
    "Frames",
    "find_config",
    "from_embedded",
    "load_competition",
    "load_embedded",
    "make_experts",
    "make_playground",
]
