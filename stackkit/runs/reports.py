"""runs/<id>.json: what a run did and why it chose what it chose; what later verbs read of it."""

from __future__ import annotations

import datetime
import json
import math
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackkit.cache import OOFCache
from stackkit.cache.atomic import write_file
from stackkit.metrics import Decision
from stackkit.runs.setup import Setup
from stackkit.stack import Stack
from stackkit.submission import Ledger


def now() -> str:
    """The time, as ids of runs begin."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def write_report(
    setup: Setup, stack: Stack, submission: Path | None, labels: Decision | None, started: str
) -> Path:
    """Write the report of a run; its path."""
    decision = stack.decision
    table: dict[str, Any] = {
        "started": started,
        "finished": now(),
        "competition": setup.competition.name,
        "shelf": setup.bench.shelf.folder.name,
        "profile": setup.profile,
        "seed": setup.seed,
        "folds": {"scheme": setup.bench.folds.scheme, "reason": setup.bench.folds.reason},
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
    id = f"{started.replace(':', '').replace('+0000', 'z')}-{uuid.uuid4().hex[:6]}"
    path = setup.bench.cache.runs(setup.competition.name) / f"{id}.json"
    write_file(path, (json.dumps(table, indent=1) + "\n").encode())
    return path


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them: None where one is not finite."""
    return {name: n if math.isfinite(n) else None for name, n in numbers.items()}


def latest_run(cache: OOFCache, name: str, shelf: str | None = None) -> dict[str, Any] | None:
    """The report of a competition's latest run (on one shelf), None without one."""
    for path in sorted((cache.root / name / "runs").glob("*.json"), reverse=True):
        report = json.loads(path.read_text(encoding="utf-8"))
        if shelf in (None, report["shelf"]):
            return report
    return None


def unreached(
    cache: OOFCache, submissions: str | Path, name: str | None = None
) -> list[tuple[Path, int]]:
    """Folders that neither the ledger nor a competition's latest run reaches, with their bytes."""
    kept = Ledger(Path(submissions)).keys()
    for folder in cache.root.glob(name or "*"):
        report = latest_run(cache, folder.name)
        kept |= set(report["records"].values()) if report else set()
    return [item for shelf in cache.shelves(name) for item in shelf.unreached(kept)]
