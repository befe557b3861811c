"""Time limits: how they are written, and from when they count."""

from __future__ import annotations

import math
import time

import pytest

from stackkit.budget import Budget, parse_seconds
from stackkit.errors import BudgetError


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1.5h", 5400),
        ("45", 45),
        (45, 45),
        (0.5, 0.5),
        (" 2 M ", 120),
        ("1h30m", 5400),
        ("1h5m10s", 3910),
    ],
)
def test_spans(span, seconds):
    assert parse_seconds(span) == seconds


@pytest.mark.parametrize(
    "span", ["", "ten", "-3s", "0", 0, -1, "3d", "1e3", math.inf, True, "m", "5m1h", "1.5h3m", "s"]
)
def test_other_spans_are_refused(span):
    with pytest.raises(BudgetError, match="span of time above 0"):
        parse_seconds(span)


def test_without_a_limit_it_never_ends():
    assert not Budget().limited
    assert Budget.from_now(None).end == math.inf


def test_a_limit_of_the_process_counts_from_its_start():
    before = time.monotonic()
    assert Budget.from_now("10s").begun >= before
    of_process = Budget.of_process("10s")
    assert of_process.seconds == 10
    assert of_process.begun < before
