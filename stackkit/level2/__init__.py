"""Level 2: blenders of base models and meta-models."""

from stackkit.level2.plain import BestSingle, Mean
from stackkit.level2.ranks import RankMean
from stackkit.level2.simplex import Simplex
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

BLENDS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("mean", Mean(), family="mean", recipe=None, role="blend",
                  cost=ExpectedCost(0.005)),
        ModelSpec("rank_mean", RankMean(), family="mean", recipe=None, role="blend",
                  tasks=("binary", "multiclass"), needs_ranks=True,
                  cost=ExpectedCost(0.05)),
        ModelSpec("best_single", BestSingle(), family="selection", recipe=None, role="blend",
                  cost=ExpectedCost(0.01)),
        ModelSpec("simplex", Simplex(), family="weights", recipe=None, role="blend",
                  cost=ExpectedCost(0.07, rows=0.7)),
    )
}  # fmt: skip

__all__ = ["BLENDS", "BestSingle", "Mean", "RankMean", "Simplex"]
