"""Ridge and logistic regression whose penalty is chosen inside the rows that they are fitted on.

Shared by base models and meta-models; scikit-learn computes. The intercept is free. Row weights are
scaled to mean 1, so that a penalty means the same whatever their unit.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

INNER_FOLDS = 5
CHEAP = 30_000_000  # rows · columns · classes up to which a logistic penalty is chosen
ITERATIONS = 300
LEAST_FREE = 1e-6  # share of a row that its own fit leaves free, at least


def fit_ridge(
    X: np.ndarray, y: np.ndarray, alphas: Sequence[float], weight: np.ndarray | None = None
) -> Any:
    """Ridge regression of y (n,) on X (n, d) with the alpha of least leave-one-out error.

    Its error is exact and costs no refit (Golub, Heath and Wahba, 1979).
    """
    from sklearn.linear_model import RidgeCV

    X = np.asarray(X, dtype=np.float64)
    return RidgeCV(alphas=list(alphas)).fit(X, y, sample_weight=_mean_one(weight))


def left_out_residuals(
    model: Any, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """(n,) y less what `fit_ridge` would predict for each row without it, at the same alpha.

    Each residual over one less its row's leverage (Golub, Heath and Wahba, 1979).
    """
    X = np.asarray(X, dtype=np.float64)
    share = np.full(len(y), 1.0) if weight is None else weight / weight.mean()
    centred = (X - np.average(X, axis=0, weights=share)) * np.sqrt(share)[:, None]
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    leverage = share / len(y) + u**2 @ (s**2 / (s**2 + model.alpha_))
    return (y - model.predict(X)) / np.maximum(1 - leverage, LEAST_FREE)


def fit_logistic(
    X: np.ndarray,
    y: np.ndarray,
    strengths: Sequence[float],
    weight: np.ndarray | None = None,
    seed: int = 0,
) -> Any:
    """L2 logistic regression of codes y (n,) on X (n, d), multinomial for several classes.

    Of `strengths` (inverse penalties C, small ones shrink) inner folds take the one of least
    log-loss. Where classes are too rare for folds it is the smallest, where folds would be dear
    the middle one.
    """
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
    from sklearn.model_selection import StratifiedKFold

    X = np.asarray(X, dtype=np.float64)
    ordered, counts = sorted(strengths), np.bincount(y)
    splits = min(INNER_FOLDS, int(counts[counts > 0].min()))
    if len(ordered) == 1 or splits < 2 or X.size * len(counts) > CHEAP:
        strength = ordered[0] if splits < 2 else ordered[len(ordered) // 2]
        model = LogisticRegression(C=strength, max_iter=ITERATIONS)
        with quiet():
            return model.fit(X, y, _mean_one(weight))
    model = LogisticRegressionCV(
        Cs=ordered,
        l1_ratios=(0,),
        cv=StratifiedKFold(splits, shuffle=True, random_state=seed),
        scoring="neg_log_loss",
        max_iter=ITERATIONS,
        use_legacy_attributes=False,
    )
    with quiet():
        return model.fit(X, y, sample_weight=_mean_one(weight))


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings of what is meant here: a stopped optimisation, many classes in few rows."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


def _mean_one(weight: np.ndarray | None) -> np.ndarray | None:
    return None if weight is None else weight / weight.mean()
