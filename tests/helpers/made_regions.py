"""References, regions and KNORA-U for the tests of dynamic selection."""

from __future__ import annotations

import numpy as np

from stackkit.level2.dynamic.method import Reference, Region


def made(seed: int, classes: int = 3, hard: bool = False, weighted: bool = False) -> tuple:
    """A reference of 120 rows, 7 members, regions of 9 rows for 40 queries."""
    rng = np.random.default_rng(seed)
    n, m, q, k = 120, 7, 40, 9
    y = rng.choice(classes, n, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    p = rng.dirichlet(np.ones(classes), (m, n)) + 0.4 * np.eye(classes)[y]
    p /= p.sum(axis=2, keepdims=True)
    right = p.argmax(axis=2) == y
    competence = right.astype(float) if hard else p[:, np.arange(n), y]
    weight = rng.uniform(0.2, 2, n) if weighted else None
    region = Region(
        np.stack([rng.choice(n, k, replace=False) for _ in range(q)]),
        np.sort(rng.exponential(size=(q, k)), axis=1),
    )
    return Reference(y, p, competence, weight), region, rng.dirichlet(np.ones(classes), (m, q))


def knora_u(reference: Reference, region: Region) -> np.ndarray:
    """Each member has a vote for each row of the region that it gets right (Ko et al. 2008)."""
    votes = (reference.competence[:, region.rows] > 0.5).sum(axis=2).T
    return votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
