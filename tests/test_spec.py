"""What specs and learners declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from stackkit.errors import ConfigError
from stackkit.level0 import get_model
from stackkit.sizing import Limits
from stackkit.spec import BaseLearner, ModelSpec, Objective


@dataclass(frozen=True)
class Mine(BaseLearner):
    size: int = 3


@dataclass(frozen=True)
class Named(Mine):
    kind: ClassVar[str] = "named"


def test_a_learner_is_called_after_its_class_unless_it_says() -> None:
    assert (Mine.kind, Named.kind) == ("Mine", "named")
    assert Mine(4) == Mine(size=4, threads=1)


def test_threads_are_declared_but_no_parameter() -> None:
    assert ModelSpec("mine", Mine(5, threads=2), family="own").parameters == {"size": 5}


def test_a_parameter_that_the_learner_lacks_names_the_nearest() -> None:
    spec = ModelSpec("mine", Mine(), family="own")
    assert spec.with_parameters({"size": 9}).learner.size == 9
    with pytest.raises(ConfigError, match="did you mean 'size'"):
        spec.with_parameters({"sise": 9})


def test_fidelity_scales_one_parameter_and_never_to_nothing() -> None:
    spec = ModelSpec("mine", Mine(10), family="own", fidelity="size")
    assert [spec.with_fidelity(s).learner.size for s in (1, 0.5, 0.01)] == [10, 5, 1]
    assert get_model("ridge").with_fidelity(0.5) == get_model("ridge")


def test_limits_say_what_is_exceeded() -> None:
    limits = Limits(rows=100)
    assert limits.exceeded(100, 10**6) is None
    assert limits.exceeded(2000, 1) == "2,000 rows above its limit of 100"


def test_names_can_be_folders() -> None:
    with pytest.raises(ConfigError, match="a model name matches"):
        ModelSpec("My Model", Mine(), family="own")


def test_plain_parameters_have_their_type() -> None:
    spec = ModelSpec("mine", Mine(), family="own")
    for wrong in ("many", 2.5, True, None):
        with pytest.raises(ConfigError, match="size of mine is of type int"):
            spec.with_parameters({"size": wrong})
    assert get_model("mlp").with_parameters({"learning_rate": 1}).learner.learning_rate == 1


def test_an_objective_says_what_values_estimate() -> None:
    levels = {"squared": None, "absolute": 0.5, "quantile:0.9": 0.9}
    for surrogate, level in levels.items():
        objective = Objective("regression", "identity", surrogate)
        assert objective.quantile == level
        assert objective.content["surrogate"] == surrogate
    assert Objective("binary", "identity", "absolute", ("0", "1")).quantile is None
