"""Pruning by pairs: clusters of like members, kappa, and the front of good and different ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stackkit.diversity import MEASURES, likeness_tree
from stackkit.pruning.material import Material, Ordering, check_share


@dataclass(frozen=True)
class Clusters:
    """The best of each cluster of members whose errors correlate, then the others.

    Clusters are cut from the tree of average linkage (Giacinto, Roli and Fumera, "Design of
    effective multiple classifier systems by clustering of classifiers", 2000), by a number of
    clusters if one is settled.

    Parameters
    ----------
    correlation : clusters at least this alike on average are one.
    """

    correlation: float = 0.97

    def __post_init__(self) -> None:
        check_share("correlation", self.correlation)

    def order(self, material: Material, keep: int | None) -> Ordering:
        """All members: the best of each cluster first, the better one earlier."""
        cluster = self._clusters(material, keep)
        best: dict[int, int] = {}
        for j in material.ranked:
            best.setdefault(int(cluster[j]), j)
        first = list(best.values())
        rest = [j for j in material.ranked if j not in first]
        return Ordering((*first, *rest), len(first))

    def _clusters(self, material: Material, keep: int | None) -> np.ndarray:
        """(m,) the cluster of each member."""
        from scipy.cluster.hierarchy import cut_tree, fcluster

        if len(material.records) == 1:
            return np.zeros(1, dtype=np.int64)
        tree = likeness_tree(material.correlation)
        if keep is not None:
            return cut_tree(tree, n_clusters=keep)[:, 0]
        return fcluster(tree, 1 - self.correlation + 1e-12, "distance")


@dataclass(frozen=True)
class Kappa:
    """Pairs that agree least beyond chance, until there are enough members.

    Margineantu and Dietterich, "Pruning adaptive boosting" (1997), take pairs by kappa alone. By
    that a record of noise, which agrees with none beyond chance, is taken first: leave such ones
    out before, or weigh errors too (a trade-off of 0.5, say).

    Parameters
    ----------
    trade_off : t of (1 − t) · mean share wrong of the pair + t · kappa, by which pairs are sorted;
        1 is theirs, 0 takes the most accurate.
    """

    trade_off: float = 1.0

    def __post_init__(self) -> None:
        check_share("trade_off", self.trade_off)

    def order(self, material: Material, keep: int | None) -> Ordering:
        """All members: of each pair, the better one first."""
        rank = np.argsort(material.ranked)
        wrong = 1 - material.answers.right.mean(axis=1)
        alike = MEASURES["kappa"](material.answers)

        def cost(pair: tuple[int, int]) -> tuple[float, int]:
            i, j = pair
            traded = (1 - self.trade_off) * (wrong[i] + wrong[j]) / 2 + self.trade_off * alike[i, j]
            return round(traded, 12), int(rank[i] + rank[j])

        pairs = sorted(combinations(material.ranked, 2), key=cost)
        order = dict.fromkeys(j for pair in pairs for j in pair)
        return Ordering(tuple(order) or (0,))


@dataclass(frozen=True)
class Pareto:
    """The members that no other beats both in loss and in difference, then the others.

    Difference is 1 less the mean correlation of errors with the other members.

    Parameters
    ----------
    trade_off : t of (1 − t) · accuracy + t · difference, each from 0 (worst) to 1 (best of the
        pool), by which the front, and the others, are sorted.
    """

    trade_off: float = 0.5

    def __post_init__(self) -> None:
        check_share("trade_off", self.trade_off)

    def order(self, material: Material, keep: int | None) -> Ordering:
        """All members, the front first."""
        accuracy, apart = -material.losses, difference(material)
        worth = (1 - self.trade_off) * _scaled(accuracy) + self.trade_off * _scaled(apart)
        front = on_front(accuracy, apart)
        order = sorted(material.ranked, key=lambda j: (not front[j], -round(worth[j], 12)))
        return Ordering(tuple(order), int(front.sum()))


def difference(material: Material) -> np.ndarray:
    """(m,) 1 less the mean correlation of each member's errors with the others'; 0 of one alone."""
    m = len(material.records)
    return 1 - (material.correlation.sum(axis=1) - 1) / (m - 1) if m > 1 else np.zeros(1)


def on_front(accuracy: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """(m,) bool: no other point is at least as good in both and better in one."""
    both = np.stack([accuracy, apart], axis=1)
    at_least = (both[:, None] >= both[None]).all(axis=2)
    better = (both[:, None] > both[None]).any(axis=2)
    return ~(at_least & better).any(axis=0)


def _scaled(values: np.ndarray) -> np.ndarray:
    spread = np.ptp(values)
    return (values - values.min()) / spread if spread > 0 else np.zeros(len(values))
