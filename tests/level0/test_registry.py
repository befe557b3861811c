"""The registry of base models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackkit.errors import ConfigError
from stackkit.features.recipes import recipe_names
from stackkit.level0.baseline import Prior
from stackkit.level0.registry import get_model, model_names, own_models, register
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.spec import ModelSpec


def test_every_model_goes_by_its_name_and_reads_a_known_recipe() -> None:
    for name in model_names():
        spec = get_model(name)
        assert spec.name == name
        assert spec.recipe in recipe_names()


def test_models_of_ones_own_are_found_while_registered() -> None:
    mine = ModelSpec("mine", Prior(), family="mine")
    with own_models([mine]):
        assert get_model("mine") is mine
        assert model_names()[-1] == "mine"
    assert "mine" not in model_names()


def test_only_base_models_are_registered() -> None:
    for spec in (
        replace(BLENDS["simplex"], name="my_simplex"),
        replace(METAS["lightgbm_meta_features"], name="my_meta"),
        ModelSpec("nothing_to_read", Prior(), family="mine", recipe=None),
    ):
        with pytest.raises(ConfigError, match=r"got .*role .*source=records"):
            register(spec)
        assert spec.name not in model_names()


def test_built_in_names_are_taken_and_unknown_ones_name_the_nearest() -> None:
    with pytest.raises(ConfigError, match="another name"):
        register(ModelSpec("ridge", Prior(), family="mine"))
    with pytest.raises(ConfigError, match="'lightgbm'"):
        get_model("lightgmb")
