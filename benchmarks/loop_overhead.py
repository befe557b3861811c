"""What the loop costs: cross_fit with one warm worker against a bare loop of the same fits.

Both fit the same scikit-learn estimator with the same seeds on the same prepared matrices, K folds,
and predict the scored rows and the test set. cross_fit does it in a worker, keeps the models and
measures the cost; the bare loop does nothing else. They alternate; the figure is the ratio of the
medians. Usage: python benchmarks/loop_overhead.py [--repeats 5] [--trees 300] [--rows 5000]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

import stackkit
from stackkit.crossfit import Bench
from stackkit.recipe import fit_seed


def main() -> None:
    """Alternate both loops and print each repeat, the medians and their ratio."""
    options = _options()
    frames = stackkit.make_playground(rows=options.rows)
    competition = stackkit.from_embedded(frames)
    folds, cache = stackkit.make_folds(competition), stackkit.NoCache()
    estimator = RandomForestClassifier(options.trees, min_samples_leaf=5, n_jobs=1)
    spec = stackkit.ModelSpec(
        "forest", stackkit.SklearnLearner(estimator), family="forest", recipe="trees"
    )
    stackkit.cross_fit(spec.with_seed(10**6), competition, folds, cache)  # warms worker, matrices
    views = [Bench(competition, folds, cache).recipe(spec).source.prepare(f) for f in folds.fits()]

    pairs = []
    for seed in range(options.repeats):
        ours, record = timed(
            lambda seed=seed: stackkit.cross_fit(spec.with_seed(seed), competition, folds, cache)
        )
        bare, oof = timed(lambda seed=seed: bare_loop(estimator, competition.y, folds, views, seed))
        assert np.array_equal(record.oof[:, 0], oof), "the loops must do the same work"
        pairs.append((ours, bare))
        print(f"repeat {seed}: cross_fit {ours:.2f} s, bare loop {bare:.2f} s: {ours / bare:.3f}")
    report(pairs, folds.n_splits)


def bare_loop(
    estimator: RandomForestClassifier, y: np.ndarray, folds: stackkit.Folds, views: list, seed: int
) -> np.ndarray:
    """The same fits and predictions with nothing around them; the OOF predictions (n,)."""
    oof = np.empty(len(y), dtype=np.float32)
    for fit, view in zip(folds.fits(), views, strict=True):
        model = clone(estimator).set_params(random_state=fit_seed(seed, fit.id))
        model.fit(view.fit.values, y[view.rows])
        oof[view.score_rows] = model.predict_proba(view.score.values)[:, 1]
        model.predict_proba(view.test.values)
    return oof


def timed(action: Callable[[], object]) -> tuple[float, object]:
    """Wall seconds of an action, and what it returned."""
    begun = time.perf_counter()
    result = action()
    return time.perf_counter() - begun, result


def report(pairs: list[tuple[float, float]], fits: int) -> None:
    """Medians of both loops and of the ratios."""
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"median: cross_fit {ours:.2f} s, bare loop {bare:.2f} s ({bare / fits:.2f} s a fit)")
    print(f"median ratio {ratio:.3f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--rows", type=int, default=5000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
