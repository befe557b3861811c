"""Greedy forward selection with replacement: the path of members, one at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.level2.selection.scorer import Blend, Scorer

TIE = 1e-12  # relative difference of scores below which they are equal


@dataclass(frozen=True)
class Path:
    """Members in the order they were added and the score after each addition."""

    order: tuple[int, ...]
    scores: tuple[float, ...]

    @property
    def length(self) -> int:
        """Of the prefix of the best score, the shortest of equal ones."""
        return int(np.argmax(self.scores)) + 1

    def weights(self, members: int) -> np.ndarray:
        """(m,): how often each member is in that prefix, divided by its length."""
        counts = np.bincount(self.order[: self.length], minlength=members)
        return counts / self.length


def forward(scorer: Scorer, steps: int, start: int = 1, look_ahead: int = 0) -> Path:
    """At most `steps` additions, each the best there is (Caruana et al., 2004).

    Parameters
    ----------
    scorer : of the members.
    steps : members in the sum at the end, counted as often as they occur.
    start : sorted initialisation: the sum begins with the best members, as many of at most `start`
        as score best together; 1 begins with the best one.
    look_ahead : in pools of at most so many members, where no addition improves on the best score
        so far, all pairs are tried once, and the best is added if it improves on it.
    """
    total, tried = _begin(scorer, min(start, steps)), -np.inf
    while len(total.order) < steps and scorer.members > 1:
        following, best = total.plus(total.next()), max(total.scores)
        stalls = following.scores[-1] <= best + tolerance(best)
        room = scorer.members <= look_ahead and len(total.order) + 2 <= steps
        if stalls and room and best > tried:
            tried = best
            following = _plus_pair(total, best + tolerance(best)) or following
        total = following
    return Path(total.order, total.scores)


def rescored(path: Path, scorer: Scorer) -> Path:
    """The same additions with the scores that another scorer gives them."""
    total = _Sum(scorer)
    for j in path.order:
        total = total.plus(j)
    return Path(total.order, total.scores)


def preferred(scores: np.ndarray, used: tuple[int, ...]) -> int:
    """The best of scores (m,); of equal ones one that is used already, then the first."""
    best = scores.max()
    tied = np.flatnonzero(scores >= best - tolerance(best))
    known = tied[np.isin(tied, used)]
    return int(known[0] if len(known) else tied[0])


def tolerance(score: float) -> float:
    """The difference from a score below which another is its equal."""
    return TIE * max(1.0, abs(score)) if np.isfinite(score) else 0.0


@dataclass(frozen=True)
class _Sum:
    """The mean of the members added so far."""

    scorer: Scorer
    order: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    blend: Blend = None

    def plus(self, member: int) -> _Sum:
        """One member more."""
        blend = self._with(member)
        scores = (*self.scores, self.scorer.score(blend))
        return _Sum(self.scorer, (*self.order, member), scores, blend)

    def next(self) -> int:
        """The best member to add."""
        start = self.scorer.nothing() if self.blend is None else self.blend
        scores = self.scorer.scores(start, *_shares(len(self.order)))
        return preferred(scores, self.order)

    def best_second(self, member: int, floor: float) -> tuple[float, int]:
        """The score and number of what is best added after a member."""
        scores = self.scorer.scores(self._with(member), *_shares(len(self.order) + 1), floor)
        return float(scores.max()), int(scores.argmax())

    def _with(self, member: int) -> Blend:
        start = self.scorer.nothing() if self.blend is None else self.blend
        return self.scorer.moved(start, member, *_shares(len(self.order)))


def _shares(k: int) -> tuple[float, float]:
    """What a sum of k members keeps, and what the next one adds."""
    return k / (k + 1), 1 / (k + 1)


def _begin(scorer: Scorer, start: int) -> _Sum:
    """The best single member, or the best of the means of the best 1, 2, ... `start`."""
    empty = _Sum(scorer)
    if start <= 1 or scorer.members == 1:
        return empty.plus(empty.next())
    singles = [empty.plus(j).scores[0] for j in range(scorer.members)]
    sums = [empty]
    for j in np.argsort(-np.array(singles), kind="stable")[:start]:
        sums.append(sums[-1].plus(int(j)))
    return max(sums[1:], key=lambda found: found.scores[-1])


def _plus_pair(total: _Sum, floor: float) -> _Sum | None:
    """Two members more, the best two, or None where no two score above `floor`."""
    best, pair = floor, None
    for i in range(total.scorer.members):
        score, j = total.best_second(i, best)
        if score > best:
            best, pair = score, (i, j)
    return None if pair is None else total.plus(pair[0]).plus(pair[1])
