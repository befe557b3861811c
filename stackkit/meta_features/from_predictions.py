"""Groups of meta-features that are made of the members' predictions alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.errors import ModelError
from stackkit.meta_features.rows import Rows, full, links
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.target_space import TargetSpace


@dataclass(frozen=True)
class Probabilities:
    """Each member's probabilities; values as fitted (standardised, in the objective's space)."""

    space: TargetSpace | None

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`p.<member>`, `p.<member>.<class>`: columns (n,) by name."""
        members = pool.matrix().astype(np.float64)
        return _named("p", pool, members if self.space is None else self.space.forward(members))


@dataclass(frozen=True)
class Logits:
    """Each member's logits (centred log-ratios of several classes); nothing for values."""

    space: TargetSpace | None

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`logit.<member>`: columns (n,) by name."""
        return _named("logit", pool, links(pool, None)) if self.space is None else {}


@dataclass(frozen=True)
class Ranks:
    """Each prediction's mid-rank among those of the fit rows, in [0, 1]."""

    spaces: tuple

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`rank.<member>`: columns (n,) by name; one row ranks as it does within a batch."""
        pairs = zip(self.spaces, pool.matrix(), strict=True)
        return _named("rank", pool, np.stack([space.forward(p) for space, p in pairs]))


@dataclass(frozen=True)
class Confidence:
    """How sure the mean of the members is: top probability, its lead, entropy over log C.

    Of values, how far the mean lies from that of the target, in its standard deviations.
    """

    space: TargetSpace | None

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """Columns (n,) by name."""
        mean = full(pool, self.space).mean(axis=0)
        if self.space is not None:
            return {"confidence.extremity": np.abs(mean[:, 0])}
        second, top = np.partition(mean, -2, axis=1)[:, -2:].T
        logs = np.log(np.maximum(mean, 1e-15))
        entropy = -(mean * logs).sum(axis=1) / np.log(mean.shape[1])
        return {
            "confidence.top": top,
            "confidence.margin": top - second,
            "confidence.entropy": entropy,
        }


@dataclass(frozen=True)
class Spread:
    """How far the members are from each other.

    Standard deviation across members (root mean square over classes) and disagreement of pairs
    (share with different classes on top, or mean absolute difference of values).
    """

    space: TargetSpace | None

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """Columns (n,) by name."""
        p = full(pool, self.space)
        away = p - p.mean(axis=0)
        return {
            "spread.deviation": np.sqrt((away**2).mean(axis=(0, 2))),
            "spread.disagreement": _disagreement(p),
        }


@dataclass(frozen=True)
class Distances:
    """Each member's distance from the mean of all (root mean square over classes)."""

    space: TargetSpace | None

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`distance.<member>`: columns (n,) by name."""
        p = full(pool, self.space)
        far = np.sqrt(((p - p.mean(axis=0)) ** 2).mean(axis=2))
        return _named("distance", pool, far[..., None])


@dataclass(frozen=True)
class Families:
    """The mean of each family's members: logits, or values as fitted."""

    space: TargetSpace | None

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`family.<name>`, `family.<name>.<class>`: columns (n,) by name."""
        if pool.families is None:
            rule = "meta-features 'families' read which members are of one family"
            hint = 'Pool(..., families=("trees", "linear", ...)), a name for each member'
            raise ModelError(rule, "a pool without families", hint)
        z, made = links(pool, self.space), {}
        for family in sorted(set(pool.families)):
            own = [i for i, other in enumerate(pool.families) if other == family]
            made |= _columns(f"family.{family}", z[own].mean(axis=0))
        return made


def fit_probabilities(rows: Rows) -> Probabilities:
    """Nothing to learn but the space."""
    return Probabilities(rows.space)


def fit_logits(rows: Rows) -> Logits:
    """Nothing to learn."""
    return Logits(rows.space)


def fit_ranks(rows: Rows) -> Ranks:
    """Remember the sorted predictions of the rows."""
    return Ranks(tuple(get_space("rank").fit(p) for p in rows.pool.matrix()))


def fit_confidence(rows: Rows) -> Confidence:
    """Nothing to learn but the space."""
    return Confidence(rows.space)


def fit_spread(rows: Rows) -> Spread:
    """Nothing to learn but the space."""
    return Spread(rows.space)


def fit_distances(rows: Rows) -> Distances:
    """Nothing to learn but the space."""
    return Distances(rows.space)


def fit_families(rows: Rows) -> Families:
    """Nothing to learn but the space."""
    return Families(rows.space)


def _disagreement(p: np.ndarray) -> np.ndarray:
    """(n,) mean over pairs of members of p (m, n, C); 0 for one member."""
    m, _, width = p.shape
    pairs = max(m * (m - 1) / 2, 1)
    if width == 1:
        ordered = np.sort(p[..., 0], axis=0)
        return (2 * np.arange(m) - m + 1) @ ordered / pairs
    tops = p.argmax(axis=2)
    votes = np.stack([(tops == k).sum(axis=0) for k in range(width)])
    alike = (votes * (votes - 1) / 2).sum(axis=0)
    return (m * (m - 1) / 2 - alike) / pairs


def _named(prefix: str, pool: Pool, columns: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of (m, n, c) by names of members."""
    made: dict[str, np.ndarray] = {}
    for name, member in zip(pool.names, columns, strict=True):
        made |= _columns(f"{prefix}.{name}", member)
    return made


def _columns(name: str, block: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of (n, c), numbered where there are several."""
    if block.shape[1] == 1:
        return {name: block[:, 0]}
    return {f"{name}.{k}": column for k, column in enumerate(block.T)}
