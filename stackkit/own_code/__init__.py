"""The content of a user's function or class, for cache keys."""

from stackkit.own_code.content import content
from stackkit.own_code.origin import is_own

__all__ = ["content", "is_own"]
