"""Diversity of a whole pool: one number from where m models are right.

Data format: `right` (m, n) bool. Definitions as in Kuncheva and Whitaker (2003), where l is the
number of models that are right about a row. One model alone has no diversity.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def entropy(right: np.ndarray) -> float:
    """Mean over rows of min(l, m − l) / (m − ⌈m/2⌉): 0 none differ, 1 half against half."""
    m = len(right)
    votes = right.sum(axis=0)
    return float(np.minimum(votes, m - votes).mean() / max(m - -(-m // 2), 1))


def kohavi_wolpert(right: np.ndarray) -> float:
    """Mean over rows of l (m − l) / m² (Kohavi and Wolpert, 1996): the variance of being right.

    (m − 1) / 2m times the mean disagreement of pairs.
    """
    m = len(right)
    votes = right.sum(axis=0)
    return float((votes * (m - votes)).mean() / m**2)


def interrater(right: np.ndarray) -> float:
    """Agreement of m raters beyond chance (Fleiss, 1981): 1 alike, 0 independent, or below.

    1 − mean(l (m − l)) / (m (m − 1) p (1 − p)), p the mean accuracy; 1 where p is 0 or 1.
    """
    m, p = len(right), float(right.mean())
    chance = (m - 1) * m * p * (1 - p)
    return 1 - kohavi_wolpert(right) * m**2 / chance if chance > 0 else 1.0


def difficulty(right: np.ndarray) -> float:
    """The variance over rows of l / m (Hansen and Salamon, 1990); lower is more diverse."""
    return float(right.mean(axis=0).var())


def generalised_diversity(right: np.ndarray) -> float:
    """1 − p(2) / p(1) of Partridge and Krzanowski (1997): 0 all fail together, 1 one at a time.

    p(1) is the chance that a random model fails on a random row, p(2) that two do. 0 if none fails.
    """
    m = len(right)
    failed = m - right.sum(axis=0)
    one, two = np.mean(failed / m), np.mean(failed * (failed - 1) / (m * max(m - 1, 1)))
    return float(1 - two / one) if one > 0 and m > 1 else 0.0


def coincident_failure_diversity(right: np.ndarray) -> float:
    """Mean of (m − failed) / (m − 1) over the rows on which some model fails; 0 if none fails.

    Partridge and Krzanowski (1997): 1 where every failure is that of one model alone.
    """
    m = len(right)
    failed = m - right.sum(axis=0)
    failed = failed[failed > 0]
    return float(np.mean((m - failed) / (m - 1))) if failed.size and m > 1 else 0.0


POOL_MEASURES: dict[str, Callable[[np.ndarray], float]] = {
    "entropy": entropy,
    "kohavi_wolpert": kohavi_wolpert,
    "interrater": interrater,
    "difficulty": difficulty,
    "generalised_diversity": generalised_diversity,
    "coincident_failure_diversity": coincident_failure_diversity,
}
