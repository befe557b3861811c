"""What a Fit costs: wall and CPU seconds by phase, and peak memory sampled from outside."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

PHASES = ("prepare", "fit", "predict")
INTERVAL = 0.1
SAMPLES = 100_000


@dataclass
class PhaseClock:
    """Times the phases of one Fit inside its worker.

    `report()` gives, a phase: wall and CPU seconds, its interval on the wall clock (for the
    sampler) and the resident memory at its end in MiB above the worker's baseline.
    """

    baseline: float = field(default_factory=lambda: resident_mb())
    phases: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time the body as phase `name`."""
        start, wall, cpu = time.time(), time.perf_counter(), time.process_time()
        yield
        self.phases[name] = {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "start": start,
            "end": time.time(),
            "peak_mb": max(0.0, resident_mb() - self.baseline),
        }

    def report(self) -> dict[str, Any]:
        """The phases and the baseline, as JSON values."""
        return {"baseline_mb": self.baseline, **self.phases}


def resident_mb() -> float:
    """This process's resident memory in MiB."""
    return psutil.Process().memory_info().rss / 2**20


class MemorySampler:
    """A thread that samples the resident memory of this process's children.

    It asks memory-profiler for one sample a process and interval, from outside, so that a worker in
    the middle of a long call is seen too.
    """

    def __init__(self, interval: float = INTERVAL) -> None:
        self.interval = interval
        self._samples: dict[int, deque[tuple[float, float]]] = defaultdict(
            lambda: deque(maxlen=SAMPLES)
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-sampler", daemon=True)

    def __enter__(self) -> MemorySampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        from memory_profiler import memory_usage

        while not self._stop.wait(self.interval):
            for child in multiprocessing.active_children():
                with contextlib.suppress(psutil.Error, IndexError):
                    megabytes = memory_usage(child.pid, interval=0, max_usage=True)
                    self._samples[child.pid].append((time.time(), megabytes))

    def peak(self, pid: int, start: float, end: float) -> float | None:
        """The highest sample of a process between two times, in MiB; None without one."""
        inside = [mb for when, mb in list(self._samples[pid]) if start <= when <= end]
        return max(inside, default=None)

    def complete(self, cost: Mapping[str, Any], pid: int) -> dict[str, Any]:
        """A worker's report with the sampled peaks above its baseline."""
        whole = dict(cost)
        for name in PHASES:
            if name in whole:
                phase = whole[name] = dict(whole[name])
                peak = self.peak(pid, phase["start"], phase["end"])
                if peak is not None:
                    phase["peak_mb"] = max(phase["peak_mb"], peak - whole["baseline_mb"])
        return whole


def fit_seconds(cost: Mapping[str, Any]) -> float:
    """Wall seconds of one Fit over all phases."""
    return sum(cost[p]["wall"] for p in PHASES if p in cost)


def fit_peak_mb(cost: Mapping[str, Any]) -> float:
    """Peak memory of one Fit in MiB above the worker's baseline."""
    return max((cost[p]["peak_mb"] for p in PHASES if p in cost), default=0.0)


def record_seconds(cost: Mapping[str, Any]) -> float:
    """Wall seconds of all Fits of a record."""
    return sum(fit_seconds(fit) for fit in cost.get("fits", {}).values())


def record_peak_mb(cost: Mapping[str, Any]) -> float:
    """The highest peak of a record's Fits in MiB."""
    return max((fit_peak_mb(fit) for fit in cost.get("fits", {}).values()), default=0.0)
