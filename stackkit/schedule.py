"""The planner: what each next Fit will cost, and which models the time that is left admits.

Pure functions: they see what was measured and the time left, and decide; they neither wait nor fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, median, median_low

from stackkit.sizing import SHORTEST, ExpectedCost, Size

SAFETY = 0.9  # share of the time left that is planned with
STRETCH = 1.1  # and of what one last model may need, where the time would pass unused otherwise
FURTHER = 0.7  # worth of one more model of a family, relative to the one before
SLACK = 1.5  # time kept back for a later level, relative to its expected time
LEVEL_OVERHEAD = 0.5  # seconds of a level beside its Fits


@dataclass(frozen=True)
class Measured:
    """What a finished Fit of a size took."""

    size: Size
    seconds: float
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Work:
    """A model on its way: sizes of the Fits that wait and run, costs of those that are done.

    `key` tells it from others; `running` pairs a size with the seconds since that Fit was started.
    """

    key: str
    family: str = ""
    value: float = 1.0
    cost: ExpectedCost = field(default_factory=ExpectedCost)
    waiting: tuple[Size, ...] = ()
    running: tuple[tuple[Size, float], ...] = ()
    done: tuple[Measured, ...] = ()


@dataclass(frozen=True)
class Forecast:
    """Expected wall seconds and peak MiB of one Fit; `measured`: from Fits of the same model."""

    seconds: float
    memory_mb: float
    measured: bool


@dataclass(frozen=True)
class Plan:
    """The keys of models to go on with, in the order of their starts, and why others are not."""

    order: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def machine_speed(works: Iterable[Work]) -> float:
    """How many times longer Fits take here than expected: the geometric mean over models.

    Fits whose expected time is the shortest of all say nothing of it.
    """
    ratios = [
        median(m.seconds / work.cost.at(m.size) for m in work.done)
        for work in works
        if work.done and max(work.cost.at(m.size) for m in work.done) > SHORTEST
    ]
    return math.exp(fmean(map(math.log, ratios))) if ratios else 1.0


def forecast(work: Work, size: Size, speed: float = 1.0) -> Forecast:
    """What the next Fit of a model costs: from its own Fits, else from its stated cost.

    Of two Fits the shorter counts, as a worker's first one imports libraries too.
    """
    if not work.done:
        return Forecast(work.cost.at(size) * speed, work.cost.memory_mb(size), False)
    seconds = median_low(m.seconds * work.cost.at(size) / work.cost.at(m.size) for m in work.done)
    memory = max(m.memory_mb * size.rows / m.size.rows for m in work.done)
    return Forecast(seconds, memory, True)


def remaining(work: Work, speed: float = 1.0) -> float:
    """Expected seconds of work until a model is done, on one worker."""
    waiting = sum(forecast(work, size, speed).seconds for size in work.waiting)
    running = (forecast(work, size, speed).seconds - since for size, since in work.running)
    return waiting + sum(max(0.0, seconds) for seconds in running)


def plan(works: Sequence[Work], seconds: float, workers: int) -> Plan:
    """Which models to go on with, in which order, in the time left.

    Without a limit: all, the longest Fits first, so that none is left alone at the end. With one:
    the set of greatest worth that fits, by worth for cost, where each further model of a family is
    worth less. Where nothing fits, one that nearly does; where nothing is done, the cheapest.
    """
    speed = machine_speed(works)
    open_ = [w for w in works if w.waiting or w.running]
    if math.isinf(seconds):
        longest = sorted(open_, key=lambda w: -_longest(w, speed))
        return Plan(tuple(w.key for w in longest))
    room = _Room(max(0.0, seconds) * SAFETY, workers, speed)
    finished = [w for w in works if w.done and w not in open_]
    admitted = _best_set(open_, finished, room)
    if not admitted and open_ and seconds > 0:
        admitted = _last_chance(open_, finished, replace(room, seconds=seconds * STRETCH))
    names = {w.key for w in admitted}
    left = {w.key: _why(w, seconds, room) for w in open_ if w.key not in names}
    return Plan(tuple(w.key for w in admitted), left)


def reserve(levels: Iterable[Sequence[Work]], workers: int) -> float:
    """Seconds to keep back for levels that are still to come, with slack for what is not known."""
    return sum(
        LEVEL_OVERHEAD + SLACK * sum(remaining(work) for work in level) / workers
        for level in levels
    )


@dataclass(frozen=True)
class _Room:
    """The time that may be planned with, and for how many workers."""

    seconds: float
    workers: int
    speed: float

    def needs(self, work: Work) -> float:
        """Least seconds until a model is done when it has all workers."""
        return max(remaining(work, self.speed) / self.workers, _longest(work, self.speed))


def _longest(work: Work, speed: float) -> float:
    sizes = (*work.waiting, *(size for size, _ in work.running))
    return max(forecast(work, size, speed).seconds for size in sizes)


def _best_set(open_: Sequence[Work], finished: Sequence[Work], room: _Room) -> list[Work]:
    """Of two greedy sets, by worth for cost and by worth, the one of greater worth."""
    by_density = _greedy(open_, finished, room, density=True)
    by_worth = _greedy(open_, finished, room, density=False)
    worth = [_total(chosen, finished) for chosen in (by_density, by_worth)]
    return by_density if worth[0] >= worth[1] else by_worth


def _last_chance(open_: Sequence[Work], finished: Sequence[Work], room: _Room) -> list[Work]:
    """The worthiest that nearly fits; else nothing, or the cheapest where nothing is done."""
    fitting = [work for work in open_ if _fits(work, 0.0, room)]
    if fitting:
        return [max(fitting, key=lambda work: _worth(work, finished))]
    if any(work.value > 0 for work in finished):
        return []
    worthy = [work for work in open_ if work.value > 0] or open_
    return [min(worthy, key=lambda work: remaining(work, room.speed))]


def _greedy(
    open_: Sequence[Work], finished: Sequence[Work], room: _Room, density: bool
) -> list[Work]:
    chosen: list[Work] = []
    used, left = 0.0, list(open_)
    while True:
        fitting = [w for w in left if _fits(w, used, room)]
        if not fitting:
            return chosen

        def rank(work: Work) -> float:
            worth = _worth(work, [*finished, *chosen])
            return worth / max(remaining(work, room.speed), 1e-6) if density else worth

        best = max(fitting, key=rank)
        chosen.append(best)
        left.remove(best)
        used += remaining(best, room.speed)


def _fits(work: Work, used: float, room: _Room) -> bool:
    total = used + remaining(work, room.speed)
    return total <= room.seconds * room.workers and room.needs(work) <= room.seconds


def _worth(work: Work, others: Sequence[Work]) -> float:
    kin = sum(other.family == work.family for other in others)
    return work.value * FURTHER**kin


def _total(chosen: Sequence[Work], finished: Sequence[Work]) -> float:
    return sum(_worth(w, [*finished, *chosen[:i]]) for i, w in enumerate(chosen))


def _why(work: Work, seconds: float, room: _Room) -> str:
    needed = max(1, round(room.needs(work)))
    return f"needs about {needed:,} s more; {max(0, round(seconds)):,} s were left for its level"
