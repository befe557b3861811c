"""Text columns against dense loops, and against leaking the target."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from stackkit.features.target import Target
from stackkit.features.text import (
    PENALTY,
    WIDTH,
    TextScores,
    TextSizes,
    TextVectors,
    ngrams,
    text_columns,
)

WORDS = ["old", "new", "red", "blue", "car", "house", "boat", "tree"]
RNG = np.random.default_rng(4)
N = 160
TEXTS = pd.Series(
    [" ".join([*RNG.choice(WORDS, RNG.integers(1, 5)), f"no{i}"]) for i in range(N)], dtype=object
).where(np.arange(N) % 17 > 0)
Y = np.array([isinstance(t, str) and "red" in t for t in TEXTS]) * 2.0 + RNG.normal(0, 0.3, N)
TARGET = Target(Y, "regression", seed=1)
ENCODERS = text_columns("t", TEXTS, TARGET, 5)


def of(kind: type) -> object:
    return next(e for e in ENCODERS if isinstance(e, kind))


def dense_rows(texts: pd.Series, fitted_on: pd.Series) -> np.ndarray:
    """tf-idf rows of length 1, from counts, by loops."""
    counts, known = ngrams(texts, True).toarray(), ngrams(fitted_on, True).toarray()
    rarity = [math.log((1 + len(known)) / (1 + (c > 0).sum())) + 1 for c in known.T]
    rows = np.array([[(1 + math.log(v)) * r if v else 0.0 for v, r in zip(row, rarity, strict=True)]
                     for row in counts])  # fmt: skip
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


PRESENT = TEXTS.dropna()
ROWS = dense_rows(PRESENT, PRESENT)


def test_words_pairs_and_characters_are_counted() -> None:
    one = ngrams(["ab cd ab"], False)
    assert one.shape == (1, WIDTH)
    assert sorted(one.data) == [1, 1, 1, 2]  # cd, "ab cd", "cd ab", ab
    characters = ngrams(["ab"], True)[:, WIDTH:]
    assert characters.sum() == 3 + 2 + 1  # " a", "ab", "b ", " ab", "ab ", " ab "


def test_sizes_equal_a_loop() -> None:
    made = of(TextSizes).transform(TEXTS)
    for text, row in zip(TEXTS, made, strict=True):
        expected = [math.nan] * 2 if pd.isna(text) else [len(text), len(text.split())]
        np.testing.assert_allclose(row, np.log1p(expected))


def test_vectors_are_the_first_singular_ones() -> None:
    made = of(TextVectors).transform(PRESENT)
    left, length, _ = np.linalg.svd(ROWS, full_matrices=False)
    assert made.shape == (len(PRESENT), 5)
    for j in range(2):
        reference = left[:, j] * length[j]
        sign = np.sign(reference @ made[:, j])
        np.testing.assert_allclose(made[:, j], sign * reference, atol=0.02)


def ridge(rows: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Dense ridge regression with a free intercept, in its dual form."""
    mean, height = rows.mean(axis=0), y.mean()
    gram = (rows - mean) @ (rows - mean).T
    return (new - mean) @ (rows - mean).T @ np.linalg.solve(
        gram + PENALTY * np.eye(len(y)), y - height
    ) + height


def test_scores_are_those_of_ridge_regressions_on_all_and_on_other_folds() -> None:
    encoder, known = of(TextScores), TEXTS.notna().to_numpy()
    y, folds = TARGET.scores()[known, 0], TARGET.inner_folds()[known]
    made = encoder.transform(PRESENT)[:, 0]
    np.testing.assert_allclose(made, ridge(ROWS, y, ROWS), atol=2e-3)
    own = encoder.own(TEXTS, TARGET)[known, 0]
    for fold in range(5):
        inside, others = folds == fold, folds != fold
        expected = ridge(ROWS[others], y[others], ROWS[inside])
        np.testing.assert_allclose(own[inside], expected, atol=2e-3)


def test_rows_of_weight_zero_are_not_there_and_others_count_by_their_weight() -> None:
    weight, folds = np.arange(N) % 3 * 1.0, np.arange(N) // 2 % 3
    target = Target(Y, "regression", 1, folds, weight)
    made = next(e for e in text_columns("t", TEXTS, target, 0) if isinstance(e, TextScores))
    known, many = TEXTS.notna().to_numpy(), target.weights()
    y = target.scores()[known, 0]
    inside = np.repeat(np.arange(known.sum()), weight[known].astype(int))  # weight 2: twice
    unit = many[weight == 1][0]
    root = np.sqrt(unit)  # a penalty of 1 where a row of weight 1 counts `unit`

    def slow(rows: np.ndarray) -> np.ndarray:
        mean, height = ROWS[rows].mean(axis=0), y[rows].mean()
        a, b = root * (ROWS[rows] - mean), root * (y[rows] - height)
        dual = np.linalg.solve(a @ a.T + PENALTY * np.eye(len(rows)), b)
        return (ROWS - mean) @ (a.T @ dual) + height

    np.testing.assert_allclose(made.transform(PRESENT)[:, 0], slow(inside), atol=2e-3)
    own, fold = made.own(TEXTS, target)[known, 0], folds[known]
    for k in range(3):
        expected = slow(inside[fold[inside] != k])[fold == k]
        np.testing.assert_allclose(own[fold == k], expected, atol=2e-3)


def test_missing_is_missing_and_a_text_of_unknown_words_is_not() -> None:
    for encoder in ENCODERS:
        made = encoder.transform(pd.Series(["zzz qqq", None, ""], dtype=object))
        assert np.isnan(made[1]).all() and np.isfinite(made[[0, 2]]).all()
        assert np.isnan(encoder.transform(pd.Series([None], dtype=object))).all()


def test_scores_find_the_word_and_not_the_noise() -> None:
    scores = of(TextScores).own(TEXTS, TARGET)[TEXTS.notna(), 0]
    assert np.corrcoef(scores, Y[TEXTS.notna()])[0, 1] > 0.8
    noise = Target(np.random.default_rng(0).integers(0, 2, N), "binary")
    encoder = next(e for e in text_columns("t", TEXTS, noise, 0) if isinstance(e, TextScores))
    known = TEXTS.notna().to_numpy()

    def correlation(made: np.ndarray) -> float:
        return float(np.corrcoef(made[known, 0], noise.y[known])[0, 1])

    assert correlation(encoder.own(TEXTS, noise)) < 0.25
    assert correlation(encoder.transform(TEXTS)) > 0.8


@pytest.mark.parametrize("classes", [2, 4])
def test_each_class_has_a_score(classes: int) -> None:
    task = "binary" if classes == 2 else "multiclass"
    made = text_columns("t", TEXTS, Target(np.arange(N) % classes, task), 0)
    scores = next(e for e in made if isinstance(e, TextScores))
    assert len(scores.names) == (1 if classes == 2 else 4)
    assert not any(isinstance(e, TextVectors) for e in made)


def test_texts_that_recur_are_levels_too() -> None:
    tickets = pd.Series([f"ticket {i // 3}" if i < 60 else f"single {i}" for i in range(N)])
    names = {n for e in text_columns("t", tickets, TARGET, 2) for n in e.names}
    assert {"t:count", "t:target"} <= names
    assert not any(n in ("t:count", "t:target") for e in ENCODERS for n in e.names)


def test_texts_without_a_word_or_without_difference_are_taken() -> None:
    assert text_columns("t", pd.Series(["same", "same", None]), None, 4) == []
    marks = pd.Series(["!", "?", "!!", "??"] * 5)
    for encoder in text_columns("t", marks, Target(np.arange(20.0), "regression"), 4):
        assert np.isfinite(encoder.transform(marks)).all()
