"""Parameters of learners that cannot be are refused where they are declared."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.level1.fwls import FWLS
from stackkit.level1.linear import LinearMeta
from stackkit.level1.trees import LightGBMMeta
from stackkit.level2.dynamic.learner import DynamicSelection
from stackkit.level2.means import PowerMean, TrimmedMean
from stackkit.level2.neural.ensembler import NeuralEnsembler
from stackkit.level2.neural.negative_correlation import NegativeCorrelation
from stackkit.level2.plain import TopMean, TrimmedPoolMean
from stackkit.level2.selection import Greedy, HillClimb
from stackkit.level2.weights import Simplex
from stackkit.level2.weights.metric import Evolved, MetricWeights
from stackkit.meta_features import MetaFeatures

NAN = float("nan")
WRONG = [
    (Simplex, "max_models", (0, 2.5, True, "2")),
    (Simplex, "min_weight", (-1, 1.5, NAN, None)),
    (Simplex, "pulls", ((), (-1,), (NAN,), 0.1, ("1",))),
    (Simplex, "inner_folds", (1, 2.0)),
    (Simplex, "family_cap", (1.5, -1, 0, NAN)),
    (Simplex, "lower", (-0.1, 1.1)),
    (Simplex, "upper", (0, 1.1)),
    (Simplex, "bounds", ({"ridge": (0.2, 0.5)}, "ridge", (("ridge", 0.2),), ("ridge", 0.2, 0.5))),
    (MetricWeights, "rows", (0,)),
    (Evolved, "folds", (1,)),
    (DynamicSelection, "shrink", ((), (2.0,), 0.5)),
    (DynamicSelection, "gate", (-1, NAN)),
    (DynamicSelection, "neighbours", (0, -3, 7.5)),
    (DynamicSelection, "reference_rows", (0,)),
    (DynamicSelection, "method", ("knora", 3)),
    (DynamicSelection, "space", ("feature",)),
    (DynamicSelection, "competence", ("softer",)),
    (Greedy, "steps", (0, 1.5)),
    (Greedy, "look_ahead", (-1,)),
    (Greedy, "bags", (0,)),
    (Greedy, "bag_rows", (0.0, 1.5)),
    (HillClimb, "steps", (0,)),
    (HillClimb, "gain", (-1,)),
    (HillClimb, "grid", ((), (0.0,), (1.0,), (1.5,))),
    (HillClimb, "max_rows", (0,)),
    (NeuralEnsembler, "nets", (0, 1.5)),
    (NeuralEnsembler, "rates", ((), (2.0,))),
    (NegativeCorrelation, "hidden", ((), (0,), 16)),
    (NegativeCorrelation, "inner_folds", (1,)),
    (NegativeCorrelation, "learning_rate", (0, -1)),
    (TopMean, "sizes", ((), (0,))),
    (TrimmedPoolMean, "share", (1.5,)),
    (TrimmedMean, "cut", (0.6,)),
    (PowerMean, "power", (NAN,)),
    (FWLS, "groups", ("confidence", ("confidense",), None)),
    (FWLS, "strongest", (0,)),
    (FWLS, "neighbours", (-4,)),
    (LightGBMMeta, "groups", ("spread",)),
    (LightGBMMeta, "strongest", (1.5,)),
]
CASES = [(learner, name, value) for learner, name, values in WRONG for value in values]


@pytest.mark.parametrize(("learner", "name", "value"), CASES)
def test_what_cannot_be_is_refused_by_name(learner, name: str, value) -> None:
    with pytest.raises(ModelError, match=name.removesuffix("s")) as caught:
        learner(**{name: value})
    assert caught.value.got is not None
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "changes",
    [{"strongest": 0}, {"neighbours": -4}, {"groups": "confidence"}, {"groups": ("spred",)}],
)
def test_meta_features_that_cannot_be_are_refused(changes) -> None:
    with pytest.raises(ModelError, match=next(iter(changes)).removesuffix("s")):
        MetaFeatures(**{"groups": ("spread",), **changes})


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(ModelError, match=re.escape("did you mean 'knora_u'?")):
        DynamicSelection(method="knora-u")
    with pytest.raises(ModelError, match=re.escape("did you mean 'features'?")):
        DynamicSelection(space="feature")


def test_numbers_of_numpy_and_lists_are_numbers() -> None:
    Simplex(pulls=[0.1, np.float64(1)], max_models=np.int64(2), family_cap=1, min_weight=0)
    DynamicSelection(neighbours=np.int32(3), shrink=[0, 1])
    LinearMeta()
