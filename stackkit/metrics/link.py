"""Named spaces in which predictions are averaged or stacked, and the way back.

Data format: arrays are (n, c); `logit` of c > 1 columns treats a row as one distribution. forward
and inverse return float64. `get_space(name).fit(rows)` gives a space that is ready for use; only
`rank` learns something from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError, nearest

Array = NDArray[Any]
LOGIT_CLIP = 1e-6


@dataclass(frozen=True)
class Space:
    """A map of predictions that needs no fitting, and its inverse."""

    name: str
    forward: Callable[[Array], Array]
    inverse: Callable[[Array], Array]

    def fit(self, values: Array) -> Space:
        """Nothing to learn: the space itself."""
        return self


@dataclass(frozen=True)
class RankSpace:
    """Ranks among fit rows: `fit` gives the space that maps."""

    name: str = "rank"

    def fit(self, values: Array) -> FittedRankSpace:
        """Remember the columns of (n, c) `values`; each is ranked on its own."""
        values = np.asarray(values)
        if values.ndim != 2 or len(values) == 0:
            raise MetricError("ranks are fitted on rows of shape (n, c)", f"shape {values.shape}")
        if not np.isfinite(values).all():
            raise MetricError("ranks are fitted on finite rows", "NaN or infinity", "mask the rows")
        dtype = np.result_type(values, np.float32)
        ordered = np.sort(values.astype(dtype), axis=0)
        ordered.flags.writeable = False
        return FittedRankSpace(ordered)


@dataclass(frozen=True, eq=False)
class FittedRankSpace:
    """Mid-rank distribution function of the fit rows: F(x) = P(X < x) + P(X = x) / 2.

    It looks at no other row that is mapped with x, so one row gives what it gives in a batch.
    """

    ordered: Array
    name: str = field(default="rank")

    def forward(self, values: Array) -> Array:
        """Ranks in [0, 1] of (m, c) values among the fit rows."""
        values = self._columns(values).astype(self.ordered.dtype, copy=False)
        return np.stack([_mid_ranks(self.ordered[:, j], x) for j, x in enumerate(values.T)], axis=1)

    def inverse(self, ranks: Array) -> Array:
        """Values of the fit rows at these ranks, straight lines between them."""
        ranks = self._columns(ranks)
        return np.stack([_quantiles(self.ordered[:, j], r) for j, r in enumerate(ranks.T)], axis=1)

    def _columns(self, values: Array) -> Array:
        values = np.asarray(values)
        if values.ndim != 2 or values.shape[1] != self.ordered.shape[1]:
            rule = f"ranks were fitted on {self.ordered.shape[1]} columns"
            raise MetricError(rule, f"shape {values.shape}")
        return values


def get_space(name: str) -> Space | RankSpace:
    """identity, logit, log1p or rank."""
    if name not in SPACES:
        raise MetricError("a space must be known", repr(name), nearest(str(name), SPACES))
    return SPACES[name]


def mean_in_space(
    arrays: Iterable[Array],
    space: Space | str,
    output: str,
    *,
    skip_missing: bool = False,
) -> Array:
    """Mean of k (n, c) arrays over k, taken in `identity` or `log1p` space; float32.

    Parameters
    ----------
    arrays : any iterable: one array at a time is held beside the float64 sum.
    output : "proba" renormalises rows of c > 1 columns; "value" leaves them. A row of zeros
        becomes even.
    skip_missing : average each row over the arrays that have it; NaN only where none has. Without
        it NaN in one array is NaN in the mean.
    """
    space = get_space(space) if isinstance(space, str) else space
    if space.name not in ("identity", "log1p"):
        raise MetricError("means are taken in identity or log1p space", space.name)
    mean = space.inverse(_mean(map(space.forward, arrays), skip_missing))
    if output == "proba" and mean.shape[1] > 1:
        total = mean.sum(axis=1, keepdims=True)
        even = np.full_like(mean, 1 / mean.shape[1])
        mean = np.divide(mean, total, out=even, where=total != 0)
    return np.ascontiguousarray(mean, dtype=np.float32)


def _mean(arrays: Iterable[Array], skip_missing: bool) -> Array:
    total, count = None, 0
    for array in arrays:
        if array.ndim != 2 or (total is not None and array.shape != total.shape):
            wanted = "(n, c)" if total is None else total.shape
            raise MetricError(f"arrays of a mean have shape {wanted}", f"shape {array.shape}")
        seen = ~np.isnan(array).any(axis=1, keepdims=True) if skip_missing else 1
        array = np.where(seen, array, 0.0) if skip_missing else array
        total = array.astype(np.float64) if total is None else np.add(total, array, out=total)
        count = count + seen
    if total is None:
        raise MetricError("a mean needs at least one array", "none")
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=np.asarray(count) > 0)


def _as_float64(values: Array) -> Array:
    return np.asarray(values, dtype=np.float64)


def _logit(p: Array) -> Array:
    """log(p / (1 - p)) of one column; centred log-ratio log p - mean log p of several."""
    p = np.clip(_as_float64(p), LOGIT_CLIP, 1 - LOGIT_CLIP)
    if p.shape[-1] == 1:
        return np.log(p) - np.log1p(-p)
    logs = np.log(p)
    return logs - logs.mean(axis=-1, keepdims=True)


def _unlogit(z: Array) -> Array:
    """1 / (1 + exp(-z)) of one column; softmax of several."""
    z = _as_float64(z)
    if z.shape[-1] == 1:
        return np.exp(-np.logaddexp(0.0, -z))
    odds = np.exp(z - z.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def _log1p(values: Array) -> Array:
    """log(1 + x) for x of at least 0; what is below counts as 0, as RMSLE scores it."""
    return np.log1p(np.maximum(_as_float64(values), 0.0))


def _expm1(values: Array) -> Array:
    return np.expm1(_as_float64(values))


def _mid_ranks(ordered: Array, x: Array) -> Array:
    below = np.searchsorted(ordered, x, side="left")
    return (below + np.searchsorted(ordered, x, side="right")) / (2 * len(ordered))


def _quantiles(ordered: Array, ranks: Array) -> Array:
    distinct = np.unique(ordered)
    return np.interp(ranks, _mid_ranks(ordered, distinct), distinct)


SPACES: dict[str, Space | RankSpace] = {
    "identity": Space("identity", _as_float64, _as_float64),
    "logit": Space("logit", _logit, _unlogit),
    "log1p": Space("log1p", _log1p, _expm1),
    "rank": RankSpace(),
}
