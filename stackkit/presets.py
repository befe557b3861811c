"""Presets: which models stand on which, by profile."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from stackkit.errors import ConfigError, nearest
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.level2.selection import HillClimb
from stackkit.level2.subset import OnSubset
from stackkit.spec import ModelSpec

BASE = "base"
PRIOR = "prior"
INCUMBENT = "simplex"
LAST = "simplex_all"  # weights over everything before it
BEHIND = "postprocess"  # the family of steps behind one blend


@dataclass(frozen=True)
class Placed:
    """A model above level 0 in a stack.

    Attributes
    ----------
    name : in the stack.
    model : the meta-model or blend that it is.
    on : what it stands on: "base" for all base models, or names of models placed before it.
    """

    name: str
    model: str
    on: tuple[str, ...] = (BASE,)


@dataclass(frozen=True)
class Preset:
    """The models of a profile.

    Attributes
    ----------
    base : names of base models.
    above : the models above them, each after those that it stands on.
    fidelity : share of the base models' production fidelity.
    """

    base: tuple[str, ...]
    above: tuple[Placed, ...]
    fidelity: float = 1.0


def on_base(*models: str) -> tuple[Placed, ...]:
    """Models that stand on all base models under their own names."""
    return tuple(Placed(name, name) for name in models)


def restacked(meta: ModelSpec) -> ModelSpec:
    """A meta-model on the base models that hill climbing chooses inside each Fit."""
    learner = OnSubset(meta.learner, HillClimb())
    return dataclasses.replace(meta, name=f"restack_{meta.name}", learner=learner, fidelity=None)


RESTACKED = ("ridge_meta", "lightgbm_meta", "extra_trees_meta", "fwls")
HIGHER = METAS | BLENDS | {(s := restacked(METAS[name])).name: s for name in RESTACKED}

QUICK = ("ridge", "extra_trees", "lightgbm", "lightgbm_xt", "xgboost", "catboost", "mlp")
STANDARD = (
    "ridge", "lasso", "elastic_net", "lda", "naive_bayes", "knn", "svm", "gp", "rf", "extra_trees",
    "hist_gb", "xgboost", "lightgbm", "lightgbm_xt", "catboost", "mlp",
    "ridge_balanced", "lightgbm_balanced",
)  # fmt: skip
FURTHER = (
    "extra_trees_few", "xgboost_deep", "lightgbm_slow", "lightgbm_xt_large", "catboost_deep",
    "mlp_wide",
)  # fmt: skip

PLAIN = ("mean", "rank_mean", "best_single", INCUMBENT)
FEW_METAS = ("ridge_meta", "nnls_meta", "lightgbm_meta", "fwls")
DYNAMIC = ("des_kl", "des_knora_u", "des_inverse_loss", "des_local_nnls")
FURTHER_DYNAMIC = ("meta_des", "des_inverse_loss_features", "des_knora_u_features")
NETS = ("negative_correlation", "neural_ensembler")


def levels(metas: tuple[str, ...], further: tuple[str, ...] = ()) -> tuple[Placed, ...]:
    """Meta-models, the plain blends, the three families of blenders, and weights over all."""
    blends = ("greedy", *further, *DYNAMIC, *NETS)
    last = Placed(LAST, "simplex", (BASE, *metas, INCUMBENT, *blends))
    return (*on_base(*metas, *PLAIN, *blends), last)


RESTACK = (
    *on_base(*(f"restack_{name}" for name in RESTACKED)),
    Placed("restack", "hill_climb", tuple(f"restack_{name}" for name in RESTACKED)),
)
PRESETS = {
    "quick": Preset(QUICK, on_base(*PLAIN), fidelity=0.3),
    "standard": Preset(STANDARD, levels(FEW_METAS)),
    "best": Preset(
        (*STANDARD, *FURTHER),
        (*levels(tuple(METAS), ("median", "simplex_sparse", *FURTHER_DYNAMIC)), *RESTACK),
    ),
}


def get_preset(name: str) -> Preset:
    """The preset of a profile; ConfigError names the nearest one."""
    if name not in PRESETS:
        raise ConfigError("unknown profile", repr(name), nearest(name, PRESETS))
    return PRESETS[name]


def higher_model(name: str) -> ModelSpec:
    """A meta-model or blend; ConfigError names the nearest one."""
    if name not in HIGHER:
        raise ConfigError("unknown meta-model or blend", repr(name), nearest(name, HIGHER))
    return HIGHER[name]
