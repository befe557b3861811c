"""Pruning: which of many records stay, by accuracy, diversity and cost.

Imports run one way: material -> greedy, pairs, signatures, seconds -> prune.
"""

from stackkit.pruning.greedy import Backward, Forward
from stackkit.pruning.material import Ordering, Pruner
from stackkit.pruning.pairs import Clusters, Kappa, Pareto
from stackkit.pruning.prune import METHODS, pareto_table, prune, pruning_table, trade_off_curve
from stackkit.pruning.seconds import WithinSeconds
from stackkit.pruning.signatures import MarginDistance, Orientation

__all__ = [
    "METHODS",
    "Backward",
    "Clusters",
    "Forward",
    "Kappa",
    "MarginDistance",
    "Ordering",
    "Orientation",
    "Pareto",
    "Pruner",
    "WithinSeconds",
    "pareto_table",
    "prune",
    "pruning_table",
    "trade_off_curve",
]
