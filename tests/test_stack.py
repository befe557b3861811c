"""A stack: its plan, its records, and what becomes of models that fail."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.crossfit.bench import Bench
from stackkit.crossfit.executor import shared_pool
from stackkit.crossfit.progress import Silent
from stackkit.errors import ModelError
from stackkit.folds import Folds, make_folds
from stackkit.level0 import SklearnLearner, get_model
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.nodes import Node
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec
from stackkit.stack import Stack, fit_stack, plan_nodes

N = 90


def frame(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    y = x[:, 0] + 0.3 * x[:, 1] + rng.normal(scale=0.3, size=rows)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y})


def bench(root: Path, metric: str = "rmse", folds: Folds | None = None) -> Bench:
    train, test = frame(N, 0), frame(20, 1).drop(columns="y")
    made = Competition.from_frames(train, test, target="y", metric=metric, folds={"n_splits": 3})
    return Bench(made, folds or make_folds(made), OOFCache(root))


def broken(name: str = "broken", **fields: Any) -> ModelSpec:
    """A model whose every fit fails: more neighbours than rows."""
    from sklearn.neighbors import KNeighborsRegressor

    learner = SklearnLearner(KNeighborsRegressor(10_000))
    return ModelSpec(name, learner, family="knn", recipe="linear", **fields)


def ridge(name: str = "ridge", penalty: float | None = None) -> ModelSpec:
    spec = dataclasses.replace(get_model("ridge"), name=name)
    return spec if penalty is None else spec.with_parameters({"penalties": (penalty,)})


PRIOR = Node(get_model("prior"))


def small(*base: ModelSpec) -> list[Node]:
    """Base models below a meta-model, two blends and one blend over all."""
    names = tuple(spec.name for spec in base)
    top = dataclasses.replace(BLENDS["simplex"], name="simplex_all")
    return [PRIOR, *map(Node, base), Node(METAS["ridge_meta"], names),
            Node(BLENDS["mean"], names), Node(BLENDS["simplex"], names),
            Node(top, (*names, "ridge_meta"))]  # fmt: skip


def fit(nodes: list[Node], where: Bench, progress: Any = None) -> Stack:
    return fit_stack(nodes, where, shared_pool(2), progress)


def lines(where: Bench) -> list[str]:
    """The models that were fitted, one entry a Fit."""
    log = where.shelf.fit_log
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    return [line.split()[1] for line in text.splitlines()]


def test_the_plan_shows_what_would_be_fitted_and_fits_nothing(tmp_path: Path) -> None:
    where, nodes = bench(tmp_path), small(ridge(), ridge("flat", 1.0))
    plan = plan_nodes(nodes, where)
    assert list(plan.columns) == ["name", "role", "reads", "cached", "fits", "key8", "note"]
    assert plan["name"].tolist() == [n.spec.name for n in nodes]
    assert plan.set_index("name")["fits"].to_dict() == {
        "prior": 3, "ridge": 3, "flat": 3, "ridge_meta": 3, "mean": 4, "simplex": 4,
        "simplex_all": 4,
    }  # fmt: skip
    assert plan.set_index("name")["reads"]["simplex_all"] == "ridge, flat, ridge_meta"
    assert not plan["cached"].any()
    assert lines(where) == []


def test_the_plan_is_what_then_happens(tmp_path: Path) -> None:
    where, nodes = bench(tmp_path), small(ridge(), ridge("flat", 1.0))
    plan = plan_nodes(nodes, where).set_index("name")
    stack = fit(nodes, where)
    assert stack.fitted == plan["fits"].sum() == len(lines(where))
    assert {n: r.key[:8] for n, r in stack.records.items()} == plan["key8"].to_dict()
    after = plan_nodes(nodes, where)
    assert after["cached"].all() and not after["fits"].any()
    again = fit(nodes, where)
    assert (again.fitted, len(lines(where))) == (0, plan["fits"].sum())
    assert list(again.records) == list(stack.records)


def test_a_changed_model_is_refitted_with_what_stands_on_it_and_nothing_else(
    tmp_path: Path,
) -> None:
    where = bench(tmp_path)
    fit(small(ridge(), ridge("flat", 1.0)), where)
    before = len(lines(where))
    fit(small(ridge(), ridge("flat", 0.5)), where)
    new = lines(where)[before:]
    assert set(new) == {"flat", "ridge_meta", "mean", "simplex", "simplex_all"}
    assert {name: new.count(name) for name in set(new)} == {
        "flat": 3, "ridge_meta": 3, "mean": 4, "simplex": 4, "simplex_all": 4,
    }  # fmt: skip


def test_a_finished_fit_is_not_planned_again(tmp_path: Path) -> None:
    where, spec = bench(tmp_path), ridge()
    recipe = where.recipe(spec)
    where.shelf.partial(recipe.key).save("r0f1", {"oof": np.zeros(3)}, {})
    assert plan_nodes([Node(spec)], where)["fits"].tolist() == [2]


def test_other_versions_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = bench(tmp_path)
    monkeypatch.setattr("stackkit.cache.versions.library_versions", lambda: {"numpy": "0.1.2"})
    monkeypatch.setattr("stackkit.cache.shelf.library_versions", lambda: {"numpy": "0.2.0"})
    fit([Node(ridge())], where)
    note = plan_nodes([Node(ridge())], where)["note"][0]
    assert "other versions of numpy" in note


def test_without_evidence_the_level_0_weights_are_chosen(tmp_path: Path) -> None:
    stack = fit(small(ridge(), ridge("flat", 1.0)), bench(tmp_path))
    assert stack.chosen.name == "simplex"
    assert set(stack.decision.gains) == {"prior", "ridge_meta", "mean", "simplex_all"}
    assert stack.decision.gains["prior"] < 0
    assert stack.decision.leak["ridge_meta"] is None


def test_a_model_that_fails_is_left_out_and_said_so(tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []

    class Listening(Silent):
        def model_failed(self, name: str, reason: str) -> None:
            said.append((name, reason))

    where = bench(tmp_path)
    stack = fit(small(ridge(), broken()), where, Listening())
    assert "broken" not in stack.records
    assert list(stack.failures) == ["broken"] == [name for name, _ in said]
    assert "neighbors" in stack.failures["broken"]
    assert stack.records["mean"].parents == (stack.records["ridge"].key,)
    assert stack.chosen.name == "simplex"


def test_where_a_level_fails_what_stands_on_it_alone_is_left_out(tmp_path: Path) -> None:
    meta = dataclasses.replace(broken("meta"), recipe=None, role="meta")
    top = dataclasses.replace(BLENDS["simplex"], name="all")
    nodes = [PRIOR, Node(ridge()), Node(meta, ("ridge",)), Node(BLENDS["mean"], ("meta",)),
             Node(BLENDS["simplex"], ("ridge",)), Node(top, ("ridge", "meta"))]  # fmt: skip
    stack = fit(nodes, bench(tmp_path))
    assert list(stack.records) == ["prior", "ridge", "simplex"]
    assert list(stack.failures) == ["meta"]


def test_where_every_base_model_fails_it_is_an_error(tmp_path: Path) -> None:
    nodes = small(broken(), broken("worse", seed=1))
    with pytest.raises(ModelError, match="at least one base model") as caught:
        fit(nodes, bench(tmp_path))
    assert "broken" in caught.value.got and "worse" in caught.value.got


def test_one_validation_split_leaves_the_best_base_model(tmp_path: Path) -> None:
    """With one scored fold nothing above level 0 has rows to fit on."""
    single = Folds(np.where(np.arange(N) < 60, -1, 0).astype(np.int16)[None])
    nodes = small(ridge(), ridge("flat", 100.0))
    stack = fit(nodes, bench(tmp_path, folds=single))
    assert set(stack.records) == {"prior", "ridge", "flat"}
    assert stack.chosen.name == "ridge"
    assert "rows to fit on" in stack.failures["simplex"]


def test_another_metric_reuses_the_fits_and_shows_its_own_scores(tmp_path: Path) -> None:
    nodes = [PRIOR, Node(ridge()), Node(BLENDS["simplex"], ("ridge",))]
    first, second = bench(tmp_path), bench(tmp_path, metric="r2")
    fit(nodes, first)
    before = len(lines(first))
    stack = fit(nodes, second)
    assert len(lines(second)) == before
    record = stack.records["ridge"]
    assert record.scores["metric"] == "r2"
    y = second.competition.y
    expected = 1 - np.mean((record.oof[:, 0] - y) ** 2) / np.var(y)
    assert record.cv == pytest.approx(expected, rel=1e-6)
    assert math.isfinite(stack.decision.gains["prior"])


def test_a_metric_of_another_objective_fits_anew(tmp_path: Path) -> None:
    keys = {bench(tmp_path, metric=m).key(ridge()) for m in ("rmse", "mae", "pinball@0.9")}
    assert len(keys) == 3
    assert bench(tmp_path, metric="r2").key(ridge()) in keys


class Interrupting(Silent):
    """Presses Ctrl-C once, when `name` is complete."""

    def __init__(self, name: str) -> None:
        self.name, self.pressed = name, False

    def model_done(self, record: Any, cached: bool) -> None:
        if record.name == self.name and not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt


def test_an_interrupt_goes_on_with_what_is_finished(tmp_path: Path) -> None:
    from sklearn.linear_model import Lasso

    late = ModelSpec(
        "late", SklearnLearner(Lasso()), "linear", recipe="linear", cost=ExpectedCost(1e-6)
    )
    first = dataclasses.replace(ridge(), cost=ExpectedCost(100.0))
    where = bench(tmp_path)
    pressing = Interrupting("ridge")
    stack = fit(small(first, late), where, pressing)
    assert pressing.pressed and stack.interrupted
    assert {"ridge", "simplex", "mean"} <= set(stack.records)
    assert "late" not in stack.records
    assert stack.chosen.name == "simplex"
    whole = fit(small(first, late), where)
    assert not whole.interrupted and "late" in whole.records


def test_an_interrupt_before_anything_is_finished_leaves_nothing_to_submit(
    tmp_path: Path,
) -> None:
    class AtOnce(Silent):
        def fit_done(self, name: str, fit_id: str, score: float | None) -> None:
            raise KeyboardInterrupt

    stack = fit([Node(ridge())], bench(tmp_path), AtOnce())
    assert stack.interrupted and not stack.records
    with pytest.raises(ModelError, match="record to submit"):
        _ = stack.chosen
