"""What a Fit costs."""

from __future__ import annotations

import time

import numpy as np
import pytest

from stackkit.cost import (
    MemorySampler,
    PhaseClock,
    fit_peak_mb,
    fit_seconds,
    record_peak_mb,
    record_seconds,
)


def hold(megabytes: int) -> dict:
    """A worker's report of a phase that holds some memory and gives it back."""
    clock = PhaseClock()
    with clock.phase("fit"):
        block = np.ones(megabytes * 2**17)
        time.sleep(0.4)
        del block
    return clock.report()


def report(**walls: float) -> dict:
    phases = {
        n: {"wall": w, "cpu": w, "start": 1, "end": 2, "peak_mb": w} for n, w in walls.items()
    }
    return {"baseline_mb": 100.0, **phases}


def test_phases_are_timed():
    clock = PhaseClock()
    with clock.phase("fit"):
        time.sleep(0.05)
    with clock.phase("predict"):
        sum(range(1000))
    cost = clock.report()
    assert cost["fit"]["wall"] >= 0.05 > cost["fit"]["cpu"]
    assert cost["fit"]["start"] <= cost["fit"]["end"] <= cost["predict"]["start"]
    assert fit_seconds(cost) == pytest.approx(cost["fit"]["wall"] + cost["predict"]["wall"])


def test_the_peak_of_a_worker_is_seen_from_outside(pool):
    def work(megabytes):
        import os

        return os.getpid(), hold(megabytes)

    with MemorySampler(interval=0.02) as sampler:
        pid, cost = pool.submit(work, 120).result(timeout=60)
    assert cost["fit"]["peak_mb"] < 60
    whole = sampler.complete(cost, pid)
    assert 90 < whole["fit"]["peak_mb"] < 400
    assert cost["fit"]["peak_mb"] < 60


def test_without_samples_the_report_stands():
    cost = report(fit=3.0)
    assert MemorySampler().complete(cost, pid=1) == cost


def test_only_samples_within_a_phase_count():
    sampler = MemorySampler()
    sampler._samples[7].extend([(0.5, 900.0), (1.5, 130.0), (1.6, 120.0), (2.5, 800.0)])
    assert sampler.complete(report(fit=3.0), pid=7)["fit"]["peak_mb"] == 30.0
    assert sampler.peak(7, 3, 4) is None


def test_sums_over_phases_and_fits():
    cost = {"fits": {"r0f0": report(prepare=1.0, fit=2.0), "r0f1": report(fit=4.0)}}
    assert record_seconds(cost) == 7.0
    assert record_peak_mb(cost) == 4.0
    assert fit_peak_mb({"baseline_mb": 1.0}) == fit_seconds({}) == 0.0
    assert record_seconds({}) == record_peak_mb({}) == 0.0
