"""Text: hashed n-grams of words and characters, weighted by rarity, as a few singular vectors.

Latent semantic analysis (Deerwester et al., 1990) of hashed counts: no vocabulary is kept, so that
the size of what is fitted does not grow with the texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stackkit.features.encoder import Encoder
from stackkit.features.target import Target
from stackkit.features.target_encoding import many_levels

WIDTH = 2**12  # hashed columns of each kind of n-gram
SAMPLE = 20_000  # rows that singular vectors are estimated from
SHORT, FEW = 60, 100_000  # mean length and distinct texts up to which characters are read too
LONGEST = 2000  # characters read of a text
REPEATED = 0.1  # share of rows with a text of another row from which texts are also levels


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
class TextVectors(Encoder):
    """Texts in the coordinates of `basis` (columns, k); NaN where missing.

    `characters`: whether n-grams of characters are read beside words; `rarity`: a fitted
    TfidfTransformer.
    """

    column: str
    characters: bool
    rarity: Any
    basis: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}:text{j}" for j in range(self.basis.shape[1]))

    def transform(self, values: pd.Series) -> np.ndarray:
        rows, texts = pd.factorize(values)
        if not len(texts):
            return np.full((len(values), self.basis.shape[1]), np.nan)
        made = self.rarity.transform(ngrams(texts, self.characters)) @ self.basis
        made = made.astype(np.float64)[rows]
        made[rows < 0] = np.nan
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


def text_vectors(column: str, values: pd.Series, size: int, seed: int) -> list[Encoder]:
    """At most `size` columns for texts (n,); none where all say the same."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.utils.extmath import randomized_svd

    present = values.dropna()
    characters = present.str.len().mean() <= SHORT and present.nunique() <= FEW
    sample = present.iloc[:: max(1, len(present) // SAMPLE)]
    size = min(size, sample.nunique() - 1)
    if size < 1:
        return []
    counts = ngrams(sample, bool(characters))
    rarity = TfidfTransformer(sublinear_tf=True).fit(counts)
    _, length, basis = randomized_svd(rarity.transform(counts), size, random_state=seed)
    told = length > 1e-5 * max(length[0], 1e-9)
    basis = np.ascontiguousarray(basis[told].T, dtype=np.float32)
    return [TextVectors(column, bool(characters), rarity, basis)] if told.any() else []


def text_columns(column: str, values: pd.Series, target: Target | None, size: int) -> list[Encoder]:
    """Vectors and sizes of a text column, and where texts recur their counts and target means."""
    if values.nunique() < 2:
        return []
    seed = 0 if target is None else target.seed
    made = [TextSizes(column), *text_vectors(column, values, size, seed)]
    shared = values.notna() & values.duplicated(keep=False)
    return [*made, *many_levels(column, values, target)] if shared.mean() >= REPEATED else made
