"""Diversity of pairs: (m, m) tables from what m models say, are right about, or err by.

Kuncheva and Whitaker, "Measures of diversity in classifier ensembles and their relationship with
the ensemble accuracy" (Machine Learning, 2003) has the definitions. Of a pair, a is the share of
rows on which both are right, b and c those on which one alone is, d where both are wrong. Where a
ratio is 0 / 0, two that never differ are alike (1), and others unrelated (0).

Data format: `right` (m, n) bool, `labels` (m, n) ints, `errors` (m, k) and `stack` (m, n, c) float.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stackkit.diversity.answers import Answers

MOST_PAIRS = 200_000  # of rows that Kendall's tau compares


def q_statistic(right: np.ndarray) -> np.ndarray:
    """Yule's Q (1900), (ad − bc) / (ad + bc): 0 independent, 1 alike, −1 right in turn."""
    a, b, c, d = _shares(right)
    return _ratio(a * d - b * c, a * d + b * c, b + c == 0)


def correctness_correlation(right: np.ndarray) -> np.ndarray:
    """Correlation of being right, (ad − bc) / √((a+b)(c+d)(a+c)(b+d)); its sign is that of Q."""
    a, b, c, d = _shares(right)
    under = np.sqrt((a + b) * (c + d) * ((a + c) * (b + d)))
    return _ratio(a * d - b * c, under, b + c == 0)


def disagreement(right: np.ndarray) -> np.ndarray:
    """The share of rows on which one of the two alone is right, b + c (Skalak, 1996)."""
    _, b, c, _ = _shares(right)
    return b + c


def double_fault(right: np.ndarray) -> np.ndarray:
    """The share of rows on which both are wrong, d (Giacinto and Roli, 2001); lower is better."""
    return _shares(right)[3]


def kappa(labels: np.ndarray) -> np.ndarray:
    """Cohen's kappa (1960) of the labels: agreement beyond what the shares of labels would give.

    (Θ1 − Θ2) / (1 − Θ2) of Margineantu and Dietterich (1997): 1 alike, 0 by chance.
    """
    each = [labels == label for label in np.unique(labels)]
    same = sum(_together(one) for one in each)
    shares = np.stack([one.mean(axis=1) for one in each])
    chance = shares.T @ shares
    return _ratio(same - chance, 1 - chance, same > 1 - 1e-12)


def error_correlation(errors: np.ndarray) -> np.ndarray:
    """Pearson correlation of errors; 0 where those of one do not vary."""
    centred = errors - errors.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1))
    unit = centred / np.where(length > 0, length, 1.0)[:, None]
    table = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(table, 1.0)
    return table


def kendall(stack: np.ndarray) -> np.ndarray:
    """Kendall's tau-b (1945) of the order in which two put the rows, a mean over columns.

    On all pairs of rows, at most 200,000 drawn with a fixed seed: to a standard error of .002. 0
    where one gives all rows the same.
    """
    m, n, c = stack.shape
    one, other = _row_pairs(n)
    table = np.zeros((m, m))
    for k in range(c):
        signs = np.stack([np.sign(p[one] - p[other]).astype(np.float32) for p in stack[:, :, k]])
        untied = np.sqrt((signs**2).sum(axis=1, dtype=np.float64))
        length = np.outer(untied, untied)
        table += signs @ signs.T / np.where(length > 0, length, 1.0)
    table /= c
    np.fill_diagonal(table, 1.0)
    return table


def _row_pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two rows each: all pairs, or many of them."""
    if n * (n - 1) // 2 <= MOST_PAIRS:
        one, other = np.triu_indices(n, 1)
        return one, other
    rng = np.random.default_rng(0)
    first = rng.integers(n, size=MOST_PAIRS)
    return first, (first + rng.integers(1, n, size=MOST_PAIRS)) % n


def _shares(right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """a, b, c, d of each pair, (m, m) each."""
    a, n = _together(right), right.shape[1]
    one = np.diagonal(a)
    b, c = one[:, None] - a, one[None, :] - a
    exact = [np.rint(share * n) / n for share in (a, b, c, 1 - a - b - c)]
    return exact[0], exact[1], exact[2], exact[3]


def _together(flags: np.ndarray) -> np.ndarray:
    """(m, m) share of rows on which two flags are both set."""
    flags = flags.astype(np.float64)
    return flags @ flags.T / flags.shape[1]


def _ratio(over: np.ndarray, under: np.ndarray, alike: np.ndarray) -> np.ndarray:
    defined = under > 1e-12
    return np.where(defined, over / np.where(defined, under, 1.0), np.where(alike, 1.0, 0.0))


MEASURES: dict[str, Callable[[Answers], np.ndarray]] = {
    "q": lambda answers: q_statistic(answers.right),
    "correlation": lambda answers: correctness_correlation(answers.right),
    "disagreement": lambda answers: disagreement(answers.right),
    "double_fault": lambda answers: double_fault(answers.right),
    "kappa": lambda answers: kappa(answers.labels),
    "errors": lambda answers: error_correlation(answers.errors),
    "kendall": lambda answers: kendall(answers.stack),
}
