"""The time limit of a run."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field

from stackkit.errors import BudgetError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"(\d+(?:\.\d+)?)\s*([smh]?)"
_SPAN = re.compile(rf"{_PART}|(?:\d+h)?(?:\d+m)?(?:\d+s)?")


def parse_seconds(span: str | float, what: str = "a time limit") -> float:
    """Seconds of "90s", "10m", "1.5h", "1h30m" or a number; BudgetError for anything else."""
    text = str(span).strip().lower()
    parts = re.findall(_PART, text) if _SPAN.fullmatch(text) else []
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if isinstance(span, bool) or not 0 < seconds < math.inf:
        hint = 'seconds, minutes or hours: "90s", "10m", "1.5h"'
        raise BudgetError(f"{what} is a span of time above 0", repr(span), hint)
    return seconds


@dataclass(frozen=True)
class Budget:
    """`seconds` from `begun` (time.monotonic) on; without a limit infinitely many."""

    seconds: float = math.inf
    begun: float = field(default_factory=time.monotonic)

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return math.isfinite(self.seconds)

    @property
    def end(self) -> float:
        """When it is over (time.monotonic)."""
        return self.begun + self.seconds

    @classmethod
    def of_process(cls, limit: str | float | None) -> Budget:
        """A limit that counts from the start of this process; None: no limit."""
        import psutil

        age = time.time() - psutil.Process().create_time()
        seconds = math.inf if limit is None else parse_seconds(limit)
        return cls(seconds, time.monotonic() - age)

    @classmethod
    def from_now(cls, limit: str | float | None) -> Budget:
        """A limit that counts from now; None: no limit."""
        return cls(math.inf if limit is None else parse_seconds(limit))
