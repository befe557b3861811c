"""The frozen description and data of one competition."""

from stackkit.competition.competition import Competition
from stackkit.competition.schema import Schema

__all__ = ["Competition", "Schema"]
