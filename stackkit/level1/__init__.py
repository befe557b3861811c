"""Level 1: meta-models on base predictions."""

from stackkit.level1.discriminant import Discriminant
from stackkit.level1.elastic_net import ElasticNet
from stackkit.level1.fwls import FWLS, FeatureFWLS
from stackkit.level1.linear import LinearMeta
from stackkit.level1.neighbors import Neighbors
from stackkit.level1.neural import MLPMeta
from stackkit.level1.nonnegative import NonNegative
from stackkit.level1.trees import ExtraTreesMeta, LightGBMFeatureMeta, LightGBMMeta
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

METAS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("ridge_meta", LinearMeta(), family="linear", recipe=None, role="meta",
                  cost=ExpectedCost(0.4, rows=0.6, outputs=0.5)),
        ModelSpec("elastic_net_meta", ElasticNet(), family="linear", recipe=None, role="meta",
                  cost=ExpectedCost(1.0, rows=1.0, outputs=0.7)),
        ModelSpec("nnls_meta", NonNegative(), family="weights", recipe=None, role="meta",
                  cost=ExpectedCost(0.1, rows=1.0, outputs=1.0)),
        ModelSpec("lda_meta", Discriminant(), family="discriminant", recipe=None, role="meta",
                  tasks=("binary", "multiclass"), cost=ExpectedCost(0.1, rows=1.0, outputs=1.0)),
        ModelSpec("lightgbm_meta", LightGBMMeta(), family="boosting", recipe=None, role="meta",
                  fidelity="rounds", cost=ExpectedCost(0.5, rows=0.9, outputs=0.9)),
        ModelSpec("lightgbm_meta_features", LightGBMFeatureMeta(), family="boosting",
                  recipe="trees", role="meta", fidelity="rounds",
                  cost=ExpectedCost(0.8, rows=0.9, outputs=0.9)),
        ModelSpec("extra_trees_meta", ExtraTreesMeta(), family="forest", recipe=None, role="meta",
                  fidelity="n_estimators", cost=ExpectedCost(1.5, rows=1.1, outputs=0.5)),
        ModelSpec("mlp_meta", MLPMeta(), family="neural", recipe=None, role="meta",
                  fidelity="epochs", cost=ExpectedCost(2.0, rows=0.6, outputs=0.3)),
        ModelSpec("knn_meta", Neighbors(), family="neighbors", recipe=None, role="meta",
                  cost=ExpectedCost(1.0, rows=1.4, outputs=0.7)),
        ModelSpec("fwls", FWLS(), family="linear", recipe=None, role="meta",
                  cost=ExpectedCost(1.5, rows=1.0, columns=2.0, outputs=1.0)),
        ModelSpec("fwls_features", FeatureFWLS(), family="linear", recipe="linear", role="meta",
                  cost=ExpectedCost(3.0, rows=1.2, columns=2.0, outputs=1.0)),
    )
}  # fmt: skip

__all__ = [
    "FWLS",
    "METAS",
    "Discriminant",
    "ElasticNet",
    "ExtraTreesMeta",
    "FeatureFWLS",
    "LightGBMFeatureMeta",
    "LightGBMMeta",
    "LinearMeta",
    "MLPMeta",
    "Neighbors",
    "NonNegative",
]
