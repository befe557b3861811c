"""Nodes: which models of a preset take a competition, and which stand on which."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.errors import ConfigError
from stackkit.level0 import SklearnLearner, get_model, model_names, own_models
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.level2.subset import OnSubset
from stackkit.nodes import (
    Node,
    candidate_nodes,
    left_out_models,
    level_of,
    stack_nodes,
    without,
)
from stackkit.presets import (
    FEW_METAS,
    FURTHER,
    HIGHER,
    LAST,
    PRESETS,
    PRIOR,
    QUICK,
    STANDARD,
    get_preset,
)
from stackkit.sizing import Limits
from stackkit.spec import ModelSpec

N = 40


def competition(metric: str = "rmse", **models: Any) -> Competition:
    train = pd.DataFrame({"x": np.arange(N), "y": np.arange(N) % 2})
    return Competition.from_frames(train, target="y", metric=metric, models=models)


def nodes(profile: str = "standard", metric: str = "rmse", **models: Any) -> dict[str, Node]:
    made = stack_nodes(competition(metric, **models), get_preset(profile))
    return {node.spec.name: node for node in made}


@pytest.fixture
def mine() -> Iterator[ModelSpec]:
    """A registered model of one's own."""
    from sklearn.tree import DecisionTreeRegressor

    spec = ModelSpec("mine", SklearnLearner(DecisionTreeRegressor()), family="tree")
    with own_models([spec]):
        yield spec


def test_standard_has_three_levels_with_the_prior_first() -> None:
    found = nodes()
    base = tuple(n for n in STANDARD if "regression" in get_model(n).tasks)
    assert len(base) == 14 and len({get_model(n).family for n in base}) >= 6
    assert tuple(found)[: len(base) + 1] == ("prior", *base)
    assert found["prior"].parents == found["ridge"].parents == ()
    above = [node for node in found.values() if node.parents]
    assert {node.spec.name for node in above} >= {"ridge_meta", "mean", "best_single", "simplex"}
    assert all(node.parents == base for node in above if node.spec.name != LAST)
    assert above[-1].spec.name == LAST and above[-1].spec.learner == BLENDS["simplex"].learner


@pytest.mark.parametrize("profile", ["standard", "best"])
@pytest.mark.parametrize("metric", ["rmse", "logloss", "auc"])
def test_all_families_of_blenders_are_fitted_and_the_last_blend_weighs_them(
    profile: str, metric: str
) -> None:
    found = nodes(profile, metric)
    last = found[LAST].parents
    families = {found[name].spec.family for name in last}
    assert families >= {"dynamic", "negative_correlation", "weights"}
    metas = {name for name in FEW_METAS if name in found}
    assert metas and {"ridge", "catboost", "neural_ensembler", *metas} <= set(last)


def test_restacking_goes_from_a_subset_over_metas_to_hill_climbing() -> None:
    found = nodes("best")
    restack = found["restack"]
    assert restack.spec.learner == BLENDS["hill_climb"].learner
    assert len(restack.parents) == 4
    for name in restack.parents:
        learner, meta = found[name].spec.learner, name.removeprefix("restack_")
        assert isinstance(learner, OnSubset) and learner.inner.learner == METAS[meta].learner
        assert found[name].parents == found["mean"].parents


def test_candidates_are_every_model_above_level_0_and_the_profiles_own() -> None:
    made = competition("auc")
    base = [node for node in stack_nodes(made, get_preset("best")) if not node.parents]
    found = {n.spec.name: n for n in candidate_nodes(made, get_preset("best"), base)}
    wanted = {n for n, spec in HIGHER.items() if "binary" in spec.tasks}
    assert set(found) == {n.spec.name for n in base} | wanted | {LAST, "restack"}
    assert found["temperature"].parents == ("simplex",)
    pool = tuple(n.spec.name for n in base if n.spec.name != PRIOR)
    assert found["knn_meta"].parents == found["des_ola"].parents == pool


def test_standard_holds_every_built_in_model_and_best_the_further_ones_too() -> None:
    first = {name for name in model_names() if name not in FURTHER}
    assert set(STANDARD) | {PRIOR} == first
    assert set(get_preset("best").base) == set(STANDARD) | set(FURTHER)
    assert len(set(QUICK)) >= 6 and set(QUICK) < set(STANDARD)


def test_balanced_models_join_where_a_class_is_rare() -> None:
    balanced = {"ridge_balanced", "lightgbm_balanced"}
    assert not balanced & set(nodes(metric="auc"))
    train = pd.DataFrame({"x": np.arange(100), "y": np.arange(100) % 20 == 0})
    rare = Competition.from_frames(train, target="y", metric="auc")
    made = {node.spec.name for node in stack_nodes(rare, get_preset("standard"))}
    assert balanced < made


def test_rank_mean_joins_where_the_metric_reads_ranks() -> None:
    assert "rank_mean" in nodes(metric="auc")
    assert "rank_mean" not in nodes(metric="logloss")
    assert "rank_mean" not in nodes(metric="rmse")


def test_quick_scales_fidelity_down_and_parameters_win() -> None:
    full, quick = nodes()["extra_trees"].spec, nodes("quick")["extra_trees"].spec
    assert quick.learner.n_estimators == round(0.3 * full.learner.n_estimators)
    own = nodes("quick", extra_trees={"n_estimators": 7})["extra_trees"].spec
    assert own.learner.n_estimators == 7


def test_include_and_exclude_choose_base_models_and_parents_follow() -> None:
    only = nodes(include=["ridge", "prior"])
    assert only["mean"].parents == ("ridge", "prior")
    assert list(only).count("prior") == 1
    assert nodes(include=["ridge", "ridge"])["mean"].parents == ("ridge",)
    left = set(nodes()["mean"].parents) - set(nodes(exclude=["mlp", "rf"])["mean"].parents)
    assert left == {"mlp", "rf"}


def test_own_models_join_and_can_be_excluded(mine: ModelSpec) -> None:
    assert nodes()["mean"].parents[-2:] == ("mlp", "mine")
    assert "mine" not in nodes(exclude=["mine"])
    assert nodes(include=["mine"])["mean"].parents == ("mine",)


def test_own_models_of_a_blends_name_are_refused(mine: ModelSpec) -> None:
    twin = ModelSpec("simplex", mine.learner, family="tree")
    with own_models([twin]), pytest.raises(ConfigError, match="names of their own") as caught:
        nodes()
    assert "simplex" in caught.value.got


@pytest.mark.parametrize(
    ("models", "hint"),
    [
        ({"include": ["rigde"]}, "ridge"),
        ({"exclude": ["lightgmb"]}, "lightgbm"),
        ({"mpl": {"epochs": 3}}, "mlp"),
        ({"rf": {"n_estimator": 3}}, "n_estimators"),
    ],
)
def test_misspelt_models_and_parameters_are_named(models: dict, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        nodes(**models)
    assert hint in caught.value.hint


def test_models_that_do_not_take_the_competition_are_left_out(mine: ModelSpec) -> None:
    small = ModelSpec("small", mine.learner, family="tree", limits=Limits(rows=N - 1))
    binary = ModelSpec("binary", mine.learner, family="tree", tasks=("binary",))
    with own_models([small, binary]):
        assert not {"small", "binary"} & set(nodes())
    with pytest.raises(ConfigError, match="a stack has a base model"):
        nodes(include=["ridge"], exclude=["ridge"])


def test_the_seed_moves_every_model_from_its_own() -> None:
    plain = stack_nodes(competition(), get_preset("quick"))
    moved = stack_nodes(competition(), get_preset("quick"), seed=3)
    assert [n.spec.seed + 3 for n in plain] == [n.spec.seed for n in moved]


def test_profiles_that_are_not_there_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown profile") as caught:
        get_preset("quik")
    assert "quick" in caught.value.hint


def test_levels_stand_on_earlier_ones_only() -> None:
    levels = level_of(stack_nodes(competition(), PRESETS["standard"]))
    assert len(levels) == 3 and len(levels[0]) == 15 and len(levels[2]) == 1
    seen: set[str] = set()
    for level in levels:
        for node in level:
            assert set(node.parents) <= seen
        seen |= {node.spec.name for node in level}


def test_models_keep_their_defaults_where_nothing_is_set() -> None:
    assert nodes()["ridge"].spec == get_model("ridge")


def test_an_included_model_that_does_not_take_the_competition_is_refused(mine: ModelSpec) -> None:
    small = ModelSpec("small", mine.learner, family="tree", limits=Limits(rows=N - 1))
    binary = ModelSpec("binary", mine.learner, family="tree", tasks=("binary",))
    with own_models([small, binary]):
        with pytest.raises(ConfigError, match="take the competition") as caught:
            nodes(include=["ridge", "small", "binary"])
        assert "binary" not in nodes(include=["ridge", "binary"], exclude=["binary"])
    limit = f"small: {N} rows above its limit of {N - 1}"
    assert caught.value.got == f"{limit}; binary: takes binary, not regression"


def test_what_is_left_out_has_a_reason(mine: ModelSpec) -> None:
    small = ModelSpec("small", mine.learner, family="tree", limits=Limits(rows=N - 1))
    with own_models([small]):
        found = left_out_models(competition(), get_preset("quick"))
    assert set(found) == {"small", "rank_mean"}
    assert "above its limit" in found["small"] and "regression" in found["rank_mean"]
    found = left_out_models(competition("logloss"), get_preset("quick"))
    assert found == {"rank_mean": "makes ranks, and logloss reads more than the order"}
    assert left_out_models(competition("auc"), get_preset("quick")) == {}


def test_nodes_without_some_names_stand_on_the_others() -> None:
    spec = get_model("ridge")
    named = {n: dataclasses.replace(spec, name=n) for n in "abcd"}
    nodes = [
        Node(named["a"]),
        Node(named["b"]),
        Node(named["c"], ("a",)),
        Node(named["d"], ("a", "b")),
    ]
    left = [(n.spec.name, n.parents) for n in without(nodes, {"a"})]
    assert left == [("b", ()), ("d", ("b",))]


@pytest.mark.parametrize(
    ("key", "name", "kind", "profiles"),
    [
        ("include", "ridge_meta", "a meta-model", "--profile standard or best"),
        ("exclude", "simplex", "a blend", "--profile quick or standard or best"),
        ("include", "simplex_all", "a blend", "--profile standard or best"),
    ],
)
def test_models_of_higher_levels_are_known_as_such(
    key: str, name: str, kind: str, profiles: str
) -> None:
    with pytest.raises(ConfigError, match="names base models") as caught:
        nodes(**{key: [name]})
    assert caught.value.got == f"{name!r}, {kind}"
    assert caught.value.hint.endswith(profiles)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("simlex", "'simplex'? That is a blend"), ("ridge_mta", "'ridge_meta'? That is a meta-model"),
     ("lightgmb", "did you mean 'lightgbm'?")],
)  # fmt: skip
def test_the_nearest_name_may_be_of_any_level(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="unknown model") as caught:
        nodes(include=[name])
    assert hint in caught.value.hint
    assert ("names base models" in caught.value.hint) == ("That is" in hint)
