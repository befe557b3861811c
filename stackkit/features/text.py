"""Text: hashed n-grams of words and characters, weighted by rarity, as a few numbers.

Latent semantic analysis (Deerwester et al., 1990) of hashed counts, and what a ridge regression on
them says of the target. No vocabulary is kept, so that the size of what is fitted does not grow
with the texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from stackkit.features.encoder import Encoder
from stackkit.features.target import Target
from stackkit.features.target_encoding import many_levels

WIDTH = 2**12  # hashed columns of each kind of n-gram
SAMPLE = 20_000  # rows that singular vectors and weights are estimated from
SHORT, FEW = 60, 100_000  # mean length and distinct texts up to which characters are read too
CHUNK = 20_000  # texts that are counted at a time
LONGEST = 2000  # characters read of a text
REPEATED = 0.1  # share of rows with a text of another row from which texts are also levels
PENALTY = 1.0  # of the ridge regression, where rows have length 1


@dataclass(frozen=True)
class TextSizes(Encoder):
    """log(1 + characters) and log(1 + words); NaN where missing."""

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.column}:length", f"{self.column}:words")

    def transform(self, values: pd.Series) -> np.ndarray:
        made = [(len(v), len(v.split())) if isinstance(v, str) else (np.nan,) * 2 for v in values]
        return np.log1p(np.array(made, dtype=np.float64).reshape(-1, 2))


@dataclass(frozen=True)
class Grams:
    """Texts as sparse rows of length 1.

    `characters`: whether n-grams of characters are read beside words; `rarity`: a fitted
    TfidfTransformer.
    """

    characters: bool
    rarity: Any

    def rows(self, texts: Any) -> Any:
        """Texts (n,) as a sparse matrix (n, columns), row by row."""
        return self.rarity.transform(ngrams(texts, self.characters))

    def times(self, texts: Any, weights: np.ndarray) -> np.ndarray:
        """Those rows and a last column of ones times weights (columns + 1, k), a part at a time."""
        parts = [texts[i : i + CHUNK] for i in range(0, len(texts), CHUNK)]
        made = [self.rows(part) @ weights[:-1] + weights[-1] for part in parts]
        return np.vstack([np.empty((0, weights.shape[1])), *made])


@dataclass(frozen=True)
class TextVectors(Encoder):
    """Texts in the coordinates of `basis` (columns + 1, k), the last row 0; NaN where missing."""

    column: str
    grams: Grams
    basis: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}:text{j}" for j in range(self.basis.shape[1]))

    def transform(self, values: pd.Series) -> np.ndarray:
        return _by_text(values, self.grams, self.basis)


@dataclass(frozen=True)
class TextScores(Encoder):
    """What texts say of each column of the target's scores; NaN where missing.

    `weights` (columns + 1, k) are those of a ridge regression, the last row its intercept. Rows of
    the fit are scored by weights of the other inner folds.
    """

    column: str
    suffixes: tuple[str, ...]
    grams: Grams
    weights: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}:score{suffix}" for suffix in self.suffixes)

    def transform(self, values: pd.Series) -> np.ndarray:
        return _by_text(values, self.grams, self.weights)

    def own(self, values: pd.Series, target: Target | None) -> np.ndarray:
        """Cross-fitted scores of the fit rows (n, k); without a target those of `transform`."""
        if target is None:
            return self.transform(values)
        known = values.notna().to_numpy()
        texts, y, folds = values[known], target.scores()[known], target.inner_folds()[known]
        chosen, weight = _sample(len(y)), target.weights()[known]
        rows = self.grams.rows(texts.iloc[chosen])
        scored = np.zeros(y.shape)
        for fold in np.unique(folds):
            others, inside = folds[chosen] != fold, np.flatnonzero(folds == fold)
            used = chosen[others]
            weights = ridge_weights(rows[others], y[used], weight[used])
            scored[inside] = self.grams.times(texts.iloc[inside], weights)
        made = np.full((len(values), y.shape[1]), np.nan)
        made[known] = scored
        return made


def ngrams(texts: Any, characters: bool) -> Any:
    """Hashed counts (n, columns), sparse: words and pairs, of characters two to four in a word."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    plain = {"n_features": WIDTH, "norm": None, "alternate_sign": False, "dtype": np.float32}
    kinds = [{"ngram_range": (1, 2), "token_pattern": r"\w+"}]
    if characters:
        kinds.append({"ngram_range": (2, 4), "analyzer": "char_wb"})
    cut = [text[:LONGEST] for text in texts]
    parts = [HashingVectorizer(**plain, **kind).transform(cut) for kind in kinds]
    return hstack(parts, format="csr", dtype=np.float32)


def text_columns(column: str, values: pd.Series, target: Target | None, size: int) -> list[Encoder]:
    """Sizes, at most `size` vectors and the scores of a text column.

    Where texts recur, also their counts and target means; nothing where all are the same.
    """
    if values.nunique() < 2:
        return []
    present = values.dropna()
    sample = present.iloc[_sample(len(present))]
    grams, rows = _grams(present, sample)
    made: list[Encoder] = [TextSizes(column)]
    basis = _basis(rows, min(size, sample.nunique() - 1), 0 if target is None else target.seed)
    made += [TextVectors(column, grams, basis)] if basis.size else []
    if target is not None:
        used = np.flatnonzero(values.notna())[_sample(len(present))]
        weights = ridge_weights(rows, target.scores()[used], target.weights()[used])
        made.append(TextScores(column, target.suffixes(), grams, weights))
    shared = values.notna() & values.duplicated(keep=False)
    return [*made, *many_levels(column, values, target)] if shared.mean() >= REPEATED else made


def _sample(n: int) -> np.ndarray:
    """At most about SAMPLE of n positions, evenly spaced."""
    return np.arange(0, n, max(1, n // SAMPLE))


def _grams(present: pd.Series, sample: pd.Series) -> tuple[Grams, Any]:
    """What n-grams of these texts are, and the rows of a sample."""
    from sklearn.feature_extraction.text import TfidfTransformer

    characters = bool(present.str.len().mean() <= SHORT and present.nunique() <= FEW)
    counts = ngrams(sample, characters)
    rarity = TfidfTransformer(sublinear_tf=True).fit(counts)
    return Grams(characters, rarity), rarity.transform(counts)


def _basis(rows: Any, size: int, seed: int) -> np.ndarray:
    """The first right singular vectors and a row of 0 (columns + 1, at most size).

    They are the same under any number of threads.
    """
    from sklearn.utils.extmath import randomized_svd

    if size < 1:
        return np.empty((rows.shape[1] + 1, 0), np.float32)
    with threadpool_limits(1):
        _, length, basis = randomized_svd(rows, size, random_state=seed)
    told = length > 1e-5 * max(length[0], 1e-9)
    return np.vstack([basis[told].T, np.zeros(told.sum())]).astype(np.float32)


def ridge_weights(rows: Any, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weights (columns + 1, k) of a ridge regression of y (n, k), 0 without a row.

    `weight` (n,) are those of the rows; a row of weight 0 is not there.
    """
    from sklearn.linear_model import Ridge

    there = weight > 0
    if not there.any():
        return np.zeros((rows.shape[1] + 1, y.shape[1]))
    rows, model = rows[there].astype(np.float64), Ridge(alpha=PENALTY, solver="sparse_cg")
    with threadpool_limits(1):
        model.fit(rows, y[there], sample_weight=weight[there])
    weights = np.reshape(model.coef_, (y.shape[1], -1)).T
    return np.vstack([weights, np.ravel(model.intercept_)]).astype(np.float32)


def _by_text(values: pd.Series, grams: Grams, weights: np.ndarray) -> np.ndarray:
    """Each distinct text once, times weights (columns + 1, k): (n, k), NaN where missing."""
    rows, texts = pd.factorize(values)
    made = grams.times(texts if len(texts) else [""], weights).astype(np.float64)[rows]
    made[rows < 0] = np.nan
    return made
