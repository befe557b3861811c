"""The methods of dynamic selection, by name."""

from __future__ import annotations

from stackkit.level2.dynamic.behaviour import Knop, Mcb
from stackkit.level2.dynamic.ensembles import DesKnn, DesMi
from stackkit.level2.dynamic.knora import KnoraE, KnoraU
from stackkit.level2.dynamic.local_accuracy import APosteriori, APriori, DesP, Lca, Mla, Ola
from stackkit.level2.dynamic.local_regression import (
    BetterThanMean,
    InverseLoss,
    LocalBest,
    LocalNnls,
)
from stackkit.level2.dynamic.meta_des import MetaDes
from stackkit.level2.dynamic.method import Method
from stackkit.level2.dynamic.probabilistic import DesKl, DesRrc

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Ola(), Lca(), Mla(), Mcb(), APriori(), APosteriori(),
        KnoraE(), KnoraU(), Knop(), DesP(), DesKnn(), DesKl(), DesMi(), DesRrc(), MetaDes(),
        LocalBest(), InverseLoss(), BetterThanMean(), LocalNnls(),
    )
}  # fmt: skip
