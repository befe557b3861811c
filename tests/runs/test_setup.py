"""set_up and plan: what a run works on, and what is cached of it."""

from __future__ import annotations

from typing import Any

from stackkit.runs import cached_records, plan, set_up


def test_every_registered_model_joins_the_preset(shop: Any) -> None:
    shop.own()
    shop.configure()
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    text = text.replace('include = ["ridge"]', 'exclude = ["rf", "lightgbm", "mlp"]')
    (shop.folder / "competition.toml").write_text(text, encoding="utf-8")
    assert {"ridge", "plain"} <= set(plan(shop.folder, **shop.places)["name"])


def test_the_seed_moves_models_and_not_folds(shop: Any) -> None:
    plain, moved = (set_up(shop.folder, seed=seed, **shop.places) for seed in (0, 1))
    assert plain.bench.folds == moved.bench.folds
    keys = [[s.bench.key(n.spec) for n in s.nodes if not n.parents] for s in (plain, moved)]
    assert not set(keys[0]) & set(keys[1])


def test_cached_records_are_scored_by_the_metric_of_now(shop: Any) -> None:
    shop.run()
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    (shop.folder / "competition.toml").write_text(text.replace('"rmse"', '"mae"'), "utf-8")
    records = cached_records(set_up(shop.folder, **shop.places))
    assert {record.scores["metric"] for record in records} == {"mae"}
    assert len(records) == 5
