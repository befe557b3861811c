"""Reports of runs, and what may go because no run reaches it."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np

from stackkit.cache import OOFCache
from stackkit.runs import Run, latest_run, unreached


def test_the_report_is_strict_json_that_tells_the_run(done: tuple[Any, Run]) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    shop, made = done
    text = made.report.read_text(encoding="utf-8")
    report = json.loads(text, parse_constant=refuse)
    assert made.report.parent == shop.folder / "cache/shop/runs"
    assert report["records"] == {n: r.key for n, r in made.stack.records.items()}
    assert (report["chosen"], report["submission"]) == \
        (made.stack.chosen.key, made.submission.name)  # fmt: skip
    assert (report["fitted"], report["interrupted"], report["failures"]) == \
        (made.stack.fitted, False, {})  # fmt: skip
    assert report["folds"]["scheme"] == "kfold" and report["folds"]["reason"]
    assert set(report["gate"]) == {"reason", "margin", "gains", "se", "leak"}
    assert report["started"] <= report["finished"]
    assert latest_run(OOFCache(shop.folder / "cache"), "shop") == report


def keys_left(cache: OOFCache) -> set[str]:
    return {row["key"] for row in cache.table("shop")}


def test_what_ledger_and_latest_run_reach_stays(shop: Any) -> None:
    cache, out = OOFCache(shop.folder / "cache"), shop.folder / "out"
    first = shop.run()
    shop.configure("ridge", tables="[models.ridge]\npenalties = [0.5]\n")
    second = shop.run(output=shop.folder / "elsewhere")
    shop.configure("ridge", tables="[models.ridge]\npenalties = [0.1]\n")
    third = shop.run(output=shop.folder / "elsewhere")
    for path, size in unreached(cache, out, "shop"):
        assert size >= 0
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    submitted = {first.stack.chosen.key, first.stack.records["ridge"].key}
    latest = {record.key for record in third.stack.records.values()}
    assert keys_left(cache) == submitted | latest
    assert second.stack.chosen.key not in keys_left(cache)
    assert unreached(cache, out, "shop") == []
    assert np.isfinite(shop.predict(shop.test_rows())["y"]).all()
    assert shop.run(output=shop.folder / "elsewhere").stack.fitted == 0


def test_nothing_is_unreached_after_one_run_but_scratch(done: tuple[Any, Run]) -> None:
    shop, _ = done
    found = unreached(OOFCache(shop.folder / "cache"), shop.folder / "out")
    assert {path.parent.name for path, _ in found} <= {".scratch"}
    assert unreached(OOFCache(shop.folder / "cache"), shop.folder / "out", "another") == []
