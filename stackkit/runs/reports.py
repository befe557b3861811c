"""runs/<id>.json: what a run did and why it chose what it chose; what later verbs read of it."""

from __future__ import annotations

import datetime
import json
import logging
import math
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from stackkit.cache import OOFCache
from stackkit.cache.atomic import write_file
from stackkit.metrics import Decision
from stackkit.recipe import key_of
from stackkit.runs.setup import Setup
from stackkit.stack import Stack
from stackkit.submission import Ledger

log = logging.getLogger("stackkit")


def now() -> str:
    """The time, as ids of runs begin."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class RunReport:
    """The file of one run. It is there from the first decision on, with `finished` null.

    Parameters
    ----------
    setup : what the run works on.
    started : when it began, as `now` says it.
    time_limit : seconds, None without a limit.
    """

    setup: Setup
    started: str = field(default_factory=now)
    time_limit: float | None = None
    left_out: dict[str, str] = field(default_factory=dict)

    @cached_property
    def path(self) -> Path:
        """Where it lies."""
        stamp = self.started.replace(":", "").replace("+0000", "z")
        runs = self.setup.bench.cache.runs(self.setup.competition.name)
        return runs / f"{stamp}-{uuid.uuid4().hex[:6]}.json"

    def decide(self, left_out: Mapping[str, str]) -> None:
        """Write which models the time does not admit, before anything builds on that."""
        self.left_out.update(left_out)
        self._write({"finished": None})

    def finish(self, stack: Stack, submission: Path | None, labels: Decision | None) -> Path:
        """Write what the run did and why it chose what it chose; the path."""
        decision = stack.decision
        self._write(
            {
                "finished": now(),
                "records": {name: record.key for name, record in stack.records.items()},
                "failures": stack.failures,
                "fitted": stack.fitted,
                "interrupted": stack.interrupted,
                "chosen": stack.chosen.key,
                "decision": None if labels is None else labels.to_dict(),
                "gate": {
                    "reason": decision.reason,
                    "margin": decision.margin,
                    "gains": _finite(decision.gains),
                    "se": _finite(decision.se),
                    "leak": decision.leak,
                },
                "submission": None if submission is None else submission.name,
            }
        )
        return self.path

    def _write(self, further: Mapping[str, Any]) -> None:
        table = {**self.head, "left_out": self.left_out, **further}
        write_file(self.path, (json.dumps(table, indent=1) + "\n").encode())

    @property
    def head(self) -> dict[str, Any]:
        """What a run is of."""
        setup = self.setup
        folds = setup.bench.folds
        return {
            "started": self.started,
            "competition": setup.competition.name,
            "shelf": setup.bench.shelf.folder.name,
            "profile": setup.profile,
            "seed": setup.seed,
            "time_limit": self.time_limit,
            "stack": _stack_digest(setup),
            "folds": {"scheme": folds.scheme, "reason": folds.reason},
        }


def _stack_digest(setup: Setup) -> str:
    """What tells stacks apart: their models, parameters and seeds."""
    specs = [node.spec for node in setup.nodes]
    told = [[s.name, s.learner.kind, s.learner.version, s.parameters, s.seed] for s in specs]
    return key_of({"models": told})[:16]


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them: None where one is not finite."""
    return {name: n if math.isfinite(n) else None for name, n in numbers.items()}


def latest_run(cache: OOFCache, name: str, shelf: str | None = None) -> dict[str, Any] | None:
    """The report of a competition's latest finished run (on one shelf), None without one."""
    reports = _reports(cache, name)
    return next((r for r in reports if r["finished"] and shelf in (None, r["shelf"])), None)


def decisions_to_follow(report: RunReport) -> dict[str, str]:
    """What the latest run of the same kind left out, if it was broken off: a resumed run does so.

    Of the same kind: on the same data and folds, with the same models, profile, seed and limit.
    """
    setup, head = report.setup, report.head
    same = ("shelf", "profile", "seed", "time_limit", "stack")
    for other in _reports(setup.bench.cache, setup.competition.name):
        if all(other.get(key) == head[key] for key in same):
            return {} if other["finished"] else other["left_out"]
    return {}


def _reports(cache: OOFCache, name: str) -> Iterator[dict[str, Any]]:
    """The reports of a competition's runs, the latest first; what is none is passed over."""
    for path in sorted((cache.root / name / "runs").glob("*.json"), reverse=True):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            report = None
        if isinstance(report, dict) and report.keys() >= {"shelf", "finished"}:
            yield report
        else:
            log.warning("%s is no report of a run: passed over", path)


def unreached(
    cache: OOFCache, submissions: str | Path, name: str | None = None
) -> list[tuple[Path, int]]:
    """Folders that neither the ledger nor a competition's latest run reaches, with their bytes."""
    kept = Ledger(Path(submissions)).keys()
    for folder in cache.root.glob(name or "*"):
        report = latest_run(cache, folder.name)
        kept |= set(report["records"].values()) if report else set()
    return [item for shelf in cache.shelves(name) for item in shelf.unreached(kept)]
