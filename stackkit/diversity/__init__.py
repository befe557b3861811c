"""Diversity: how alike records are, pair by pair and as a pool, and what that is worth.

Imports run one way: answers -> pairwise, pool -> tables; ambiguity -> decomposition.
"""

from stackkit.diversity.ambiguity import Ambiguity, BiasVarianceDiversity, decompose
from stackkit.diversity.answers import (
    Answers,
    answers_of,
    check_comparable,
    common_rows,
    thinned,
)
from stackkit.diversity.decomposition import ambiguity, bias_variance_diversity, loss_view
from stackkit.diversity.pairwise import MEASURES
from stackkit.diversity.pool import POOL_MEASURES
from stackkit.diversity.tables import (
    disagreement,
    error_correlation,
    kappa_errors,
    likeness_order,
    likeness_tree,
    pair_gains,
    pairwise_diversity,
    pool_diversity,
)

__all__ = [
    "MEASURES",
    "POOL_MEASURES",
    "Ambiguity",
    "Answers",
    "BiasVarianceDiversity",
    "ambiguity",
    "answers_of",
    "bias_variance_diversity",
    "check_comparable",
    "common_rows",
    "decompose",
    "disagreement",
    "error_correlation",
    "kappa_errors",
    "likeness_order",
    "likeness_tree",
    "loss_view",
    "pair_gains",
    "pairwise_diversity",
    "pool_diversity",
    "thinned",
]
