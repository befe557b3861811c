"""What weights must obey: their sum, bounds of members, caps of families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np

from stackkit.errors import ModelError, nearest, shown
from stackkit.predictions import Pool

SLACK = 1e-9  # by which rules may be broken in rounding

Bounds = tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class Rules:
    """Constraints in the words of the user; weights are at least 0 and sum to 1 in any case.

    Parameters
    ----------
    lower, upper : bounds of every weight. `lower` is at most 1/m; `upper` is read as at least 1/m,
        so that small pools may have all of the weight.
    bounds : (member, lower, upper) for single members, by name.
    family_cap : the most that members of one family have together; at least 1 / families. A member
        whose family is not known is one of its own. None: no cap.
    """

    lower: float = 0.0
    upper: float = 1.0
    bounds: Bounds = ()
    family_cap: float | None = None

    def feasible(self, pool: Pool) -> Feasible:
        """The weights that obey, for the members of a pool; ModelError where there are none."""
        m = len(pool.names)
        if self.lower * m > 1 + SLACK:
            rule = f"a lower bound of every weight is at most 1/{m} for {m} members"
            raise ModelError(rule, self.lower, f"such as {0.5 / m:.2g}")
        lower, upper = np.full(m, self.lower), np.full(m, max(self.upper, 1 / m))
        for name, low, high in self.bounds:
            if name not in pool.names:
                raise ModelError("bounds name members", repr(name), nearest(name, pool.names))
            lower[pool.names.index(name)], upper[pool.names.index(name)] = low, high
        groups = np.zeros((0, m))
        if self.family_cap is not None:
            groups = _indicators(pool.families or ("",) * m)
        cap = max(self.family_cap or 1.0, 1 / max(len(groups), 1))
        return _checked(Feasible(lower, upper, groups, np.full(len(groups), cap)))


@dataclass(frozen=True)
class Feasible:
    """lower <= w <= upper, sum w = 1, groups @ w <= caps.

    Attributes
    ----------
    lower, upper : (m,). groups : (g, m) of 0 and 1. caps : (g,).
    """

    lower: np.ndarray
    upper: np.ndarray
    groups: np.ndarray
    caps: np.ndarray

    @classmethod
    def simplex(cls, members: int) -> Feasible:
        """w >= 0, sum w = 1."""
        return cls(np.zeros(members), np.ones(members), np.zeros((0, members)), np.zeros(0))

    @property
    def members(self) -> int:
        """How many."""
        return len(self.lower)

    @cached_property
    def rows(self) -> np.ndarray:
        """(1 + g, m): the left sides of the sum and of the caps."""
        return np.vstack([np.ones(self.members), self.groups])

    @cached_property
    def right(self) -> np.ndarray:
        """(1 + g,): their right sides."""
        return np.r_[1.0, self.caps]

    def supported(self, support: np.ndarray, least: float) -> Feasible:
        """The same with 0 outside `support` (m,) bool, and at least `least` inside it."""
        lower = np.where(support, np.maximum(self.lower, least), 0.0)
        return _checked(Feasible(lower, np.where(support, self.upper, 0.0), self.groups, self.caps))

    def check_few(self, models: int | None) -> None:
        """ModelError where the rules need more members than `models` (None: any number)."""
        least = self.fewest(np.ones(self.members, dtype=bool))
        if models is not None and least > models:
            hint = f"max_models={least}, or wider bounds"
            raise ModelError(f"bounds need at least {least} members", f"max_models={models}", hint)

    def fewest(self, support: np.ndarray) -> int:
        """The least number of members inside `support` (m,) bool whose weights can sum to 1.

        Members with a lower bound are in. Each family adds its largest bounds first, up to its cap,
        so what a member adds never grows and the largest additions are the best. More than there
        are where the support does not suffice.
        """
        forced = support & (self.lower > 0)
        free = support & ~forced
        room, added = 1.0, []
        for members, cap in self._capped():
            inside = min(self.upper[members & forced].sum(), cap)
            largest = np.sort(self.upper[members & free])[::-1]
            added.append(np.diff(np.minimum(inside + np.cumsum(largest), cap), prepend=inside))
            room -= inside
        total = np.cumsum(np.sort(np.concatenate(added))[::-1])
        more = 0 if room <= SLACK else 1 + int(np.sum(total < room - SLACK))
        return int(forced.sum()) + more

    def _capped(self) -> list[tuple[np.ndarray, float]]:
        """Members (m,) bool of each family with its cap, and those of none."""
        families = [group > 0 for group in self.groups]
        alone = ~self.groups.any(axis=0)
        return [*zip(families, self.caps.tolist(), strict=True), (alone, np.inf)]

    def violation(self, w: np.ndarray) -> float:
        """The largest amount by which weights (m,) break a rule."""
        over = self.groups @ w - self.caps
        return float(max(np.r_[self.lower - w, w - self.upper, over, abs(w.sum() - 1)]))


def _indicators(families: Sequence[str]) -> np.ndarray:
    """(g, m): which members are of each family; an unknown one is one member's own."""
    named = [family or f"\0{i}" for i, family in enumerate(families)]
    return (np.unique(named)[:, None] == np.array(named)).astype(float)


def check_bounds(bounds: Bounds) -> None:
    """ModelError unless bounds are triples of a name and two numbers."""
    several = isinstance(bounds, Sequence) and not isinstance(bounds, str)
    if not several or not all(_is_bound(bound) for bound in bounds):
        hint = '(("ridge", 0.2, 0.5),)'
        raise ModelError("bounds are a tuple of (member, lower, upper)", shown(bounds), hint)


def _is_bound(bound: object) -> bool:
    if not isinstance(bound, Sequence) or isinstance(bound, str) or len(bound) != 3:
        return False
    name, *limits = bound
    return isinstance(name, str) and all(isinstance(limit, Real) for limit in limits)


def _checked(found: Feasible) -> Feasible:
    inside, least = found.groups @ found.upper, found.groups @ found.lower
    alone = found.upper[~found.groups.any(axis=0)].sum()
    most = np.minimum(inside, found.caps).sum() + alone
    rule, hint = "bounds and caps leave weights that sum to 1", "wider bounds or a larger cap"
    wrong = (found.lower > found.upper) | (found.lower < 0) | (found.upper > 1)
    if wrong.any():
        i = int(wrong.argmax())
        got = f"{found.lower[i]:g} to {found.upper[i]:g} for member {i}"
        raise ModelError("bounds have 0 <= lower <= upper <= 1", got)
    if found.lower.sum() > 1 + SLACK or most < 1 - SLACK or (least > found.caps + SLACK).any():
        raise ModelError(rule, f"sums from {found.lower.sum():.3g} to {most:.3g}", hint)
    return found
