"""A run with a time limit: it ends in time, with a submission, and a resumed one decides alike.

That it ends in time is what is promised, so here, and only here, time is asserted.
"""

from __future__ import annotations

import json
import time

import pytest

from stackkit.cache import OOFCache
from stackkit.errors import BudgetError
from stackkit.runs import latest_run

SLOW = """
import time
from stackkit import ExpectedCost

@dataclass(frozen=True)
class Slow(Plain):
    def build(self, objective, seed):
        time.sleep(self.lift)
        return super().build(objective, seed)

flat = {"rows": 0.0, "columns": 0.0}
register(ModelSpec("slow", Slow(100.0), family="slow", cost=ExpectedCost(100.0, **flat)))
register(ModelSpec("liar", Slow(120.0), family="liar", cost=ExpectedCost(0.1, **flat)))
"""


@pytest.fixture
def slow_shop(shop):
    shop.own(end=SLOW)
    shop.configure("plain", "slow")
    return shop


def reports(shop):
    paths = sorted((shop.folder / "cache" / "shop" / "runs").glob("*.json"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


def rewrite(shop, report):
    (path,) = (shop.folder / "cache" / "shop" / "runs").glob("*.json")
    path.write_text(json.dumps(report), "utf-8")


def broken(*_, **__):
    raise RuntimeError("the power is off")


def test_a_run_ends_in_time_with_a_submission_and_says_what_it_left_out(slow_shop):
    begun = time.monotonic()
    made = slow_shop.run(time_limit="45s")
    assert time.monotonic() - begun < 49.5
    assert made.submission.exists()
    assert "slow" in made.stack.left_out and "plain" in made.stack.records
    (report,) = reports(slow_shop)
    assert report["time_limit"] == 45
    assert report["left_out"] == made.stack.left_out
    assert {"plain", "mean"} <= set(report["records"])
    assert "slow" not in slow_shop.lines()


def test_a_model_that_takes_longer_than_it_says_does_not_hold_the_run_up(slow_shop):
    slow_shop.configure("plain", "liar")
    begun = time.monotonic()
    made = slow_shop.run(time_limit="45s")
    assert time.monotonic() - begun < 49.5
    assert made.submission.exists()
    assert "liar" in made.stack.left_out and "plain" in made.stack.records


def test_a_limit_too_short_for_any_model_says_so_and_leaves_nothing(slow_shop):
    slow_shop.configure("slow")
    with pytest.raises(BudgetError, match="at least one base model is done within 8 s") as caught:
        slow_shop.run(time_limit=8)
    assert "--time-limit" in caught.value.hint
    assert not list((slow_shop.folder / "out").glob("*.csv"))


def test_a_resumed_run_follows_what_the_broken_off_one_decided(slow_shop, monkeypatch):
    monkeypatch.setattr("stackkit.runs.running.submit", broken)
    with pytest.raises(RuntimeError):
        slow_shop.run(time_limit="45s")
    (report,) = reports(slow_shop)
    assert report["finished"] is None and "slow" in report["left_out"]
    monkeypatch.undo()
    report["left_out"]["best_single"] = "by hand"
    rewrite(slow_shop, report)
    resumed = slow_shop.run(time_limit="45s")
    assert resumed.stack.left_out.items() >= report["left_out"].items()
    assert "best_single" not in resumed.stack.records
    again = slow_shop.run(time_limit="45s")
    assert "best_single" in again.stack.records


def test_another_stack_does_not_follow(slow_shop, monkeypatch):
    monkeypatch.setattr("stackkit.runs.running.submit", broken)
    with pytest.raises(RuntimeError):
        slow_shop.run(time_limit="45s")
    monkeypatch.undo()
    quick = (slow_shop.folder / "models.py").read_text().replace("Slow(100.0)", "Slow(0.0)")
    quick = quick.replace("ExpectedCost(100.0", "ExpectedCost(0.1")
    (slow_shop.folder / "models.py").write_text(quick)
    assert "slow" in slow_shop.run(time_limit="45s").stack.records


def test_a_run_that_was_broken_off_is_not_the_latest(slow_shop, monkeypatch):
    monkeypatch.setattr("stackkit.runs.running.submit", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        slow_shop.run(time_limit="45s")
    assert latest_run(OOFCache(slow_shop.folder / "cache"), "shop") is None
