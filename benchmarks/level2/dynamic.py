"""Dynamic selection against DESlib: seconds at 50,000 × 50,000 rows, and agreement of labels.

python benchmarks/level2/dynamic.py RIVAL_PYTHON [--rows 50000] [--models 20] [--columns 20]
                                    [--threads 2] [--repeats 3]

RIVAL_PYTHON is the interpreter of an environment with deslib 0.3.7, scikit-learn 1.5, numpy < 2.1.
Both sides read the same arrays, one after the other: the rival's classifiers look their predictions
up. Seconds of a rival are fit and predict_proba; ours are the neighbour search, each method's fit
and its blend of every query (DESlib skips queries on which all members agree).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from stackkit.level2.dynamic.method import Method, Reference, Region
from stackkit.level2.dynamic.methods import METHODS
from stackkit.level2.dynamic.search import Index

K = 7  # neighbours, DESlib's default
WIDE = 50  # neighbours of the probabilistic methods where labels are compared
RACE = ("knora_e", "knora_u", "meta_des", "des_knn")
SOFT = ("a_priori",)  # DESlib reads probabilities there
CLASSIFICATION = [m for m in METHODS.values() if "binary" in m.tasks]


def main() -> None:
    """Both tables, as Markdown."""
    options = _options()
    sizes = (options.rows, options.models, options.columns)
    shape = "{:,} reference rows and queries, {} models, {} columns"
    print(f"{shape.format(*sizes)}, k = {K}; seconds of wall / processor time\n")
    print("| repeat | ours, all 15 | DESlib, three | ratio | ours, DES-KNN | DESlib | ratio |")
    print("|---|---|---|---|---|---|---|")
    data = made(*sizes, seed=0)
    for repeat in range(options.repeats):
        with threadpool_limits(1):  # as in every Fit; a search spreads its blocks itself
            mine = race(data, options.threads)
        theirs = rival(options.rival, data, "race")["seconds"]
        whole, three = total(mine, mine), total(theirs, RACE[:3])
        alone, knn = total(mine, ("neighbours", "des_knn")), total(theirs, RACE[3:])
        cells = (shown(whole), shown(three), shown(three / whole), shown(alone), shown(knn))
        print(f"| {repeat + 1} | {' | '.join(cells)} | {shown(knn / alone)} |", flush=True)
    for side, seconds in (("ours", mine), ("DESlib", theirs)):
        print(f"\n{side}:", ", ".join(f"{name} {shown(s)}" for name, s in seconds.items()))
    print("\n| labels, 3,000 × 3,000 rows | equal | equal where the pool disagrees |")
    print("|---|---|---|")
    for name, (every, open_) in agreement(options.rival, made(3000, *sizes[1:], seed=1)).items():
        print(f"| {name} | {every:.2%} | {open_:.2%} |")


def total(seconds: dict[str, Any], names: Iterable[str]) -> np.ndarray:
    """Wall and processor seconds (2,) of some steps."""
    return np.sum([seconds[name] for name in names], axis=0)


def shown(pair: Any) -> str:
    """Wall and processor seconds, or their ratios."""
    return f"{pair[0]:.1f} / {pair[1]:.1f}"


def made(rows: int, models: int, columns: int, seed: int) -> dict[str, np.ndarray]:
    """Reference and queries: features x (n, d), y (n,), probabilities p (m, n) of class 1.

    Each model is good on one side of a plane of its own and mediocre beyond it.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2 * rows, columns))
    signal = 2 * x[:, 0] * x[:, 1] + x[:, 2] - x[:, 3] + 0.5 * rng.normal(size=2 * rows)
    y = (signal + rng.logistic(size=2 * rows) > 0).astype(np.int64)
    side = x @ rng.normal(size=(columns, models)) > 0
    noise = np.where(side, 0.7, 2.5) * rng.normal(size=side.shape)
    p = 1 / (1 + np.exp(-(signal[:, None] + noise).T))
    first, second = slice(rows), slice(rows, None)
    return {"x": x[first], "y": y[first], "p": p[:, first], "xq": x[second], "yq": y[second],
            "pq": p[:, second]}  # fmt: skip


def reference_of(data: dict[str, np.ndarray], soft: bool = False) -> Reference:
    """The reference, in hard competence unless `soft`."""
    known = classes(data["p"])
    right = (known.argmax(axis=2) == data["y"]).astype(float)
    true = np.where(data["y"] == 1, data["p"], 1 - data["p"])
    return Reference(data["y"], known, true if soft else right)


def classes(p: np.ndarray) -> np.ndarray:
    """(m, n, 2) of probabilities (m, n) of class 1."""
    return np.stack([1 - p, p], axis=2)


def race(data: dict[str, np.ndarray], threads: int) -> dict[str, tuple[float, float]]:
    """Seconds of the shared neighbours, the reference rows' own, and each method with its blend."""
    reference, asked, seconds = reference_of(data), classes(data["pq"]), {}
    with timed(seconds, "neighbours"):
        index = Index.of(data["x"])
        region = index.nearest(data["xq"], K, threads)
    with timed(seconds, "own neighbours"):
        own = index.own(K, threads)
    for method in CLASSIFICATION:
        with timed(seconds, method.name):
            np.einsum("qm,mqc->qc", method.fit(reference, own, 0).weights(region, asked), asked)
    return seconds


@contextmanager
def timed(seconds: dict[str, tuple[float, float]], name: str) -> Iterator[None]:
    """Write the wall and processor seconds of a step down."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    seconds[name] = time.perf_counter() - wall, time.process_time() - processor


def agreement(rival_python: str, data: dict[str, np.ndarray]) -> dict[str, tuple[float, float]]:
    """Share of queries, and of those with disagreement, whose label is DESlib's."""
    asked, index = classes(data["pq"]), Index.of(data["x"])
    theirs = rival(rival_python, data, "labels")["labels"]
    votes = asked.argmax(axis=2).T
    open_ = (votes != votes[:, :1]).any(axis=1)
    pairs = [(m, m.name, m.name in SOFT) for m in CLASSIFICATION]
    found = {}
    for method, name, soft in [*pairs, (METHODS["mla"], "a_posteriori", True)]:
        method, k = as_theirs(method, data)
        region, own = index.nearest(data["xq"], k), index.own(k)
        mine = labels(method, reference_of(data, soft), own, region, asked)
        title = f"{method.name} in soft competence, against {name}" if soft else name
        equal = mine == np.array(theirs[name])
        found[title] = (equal.mean(), equal[open_].mean())
    return found


def as_theirs(method: Method, data: dict[str, np.ndarray]) -> tuple[Method, int]:
    """A method with the parameters that DESlib's has here, and its neighbours."""
    if method.name in ("des_kl", "des_rrc"):
        return replace(method, width=1.0), WIDE
    if method.name == "meta_des":
        return replace(method, consensus=1.1, rows=len(data["y"])), K
    if method.name == "des_mi":  # theirs counts rows, ours in means of the classes
        return replace(method, alpha=0.001 * len(data["y"]) / 2), K
    return (replace(method, margin=0.0) if hasattr(method, "margin") else method), K


def labels(
    method: Method, reference: Reference, own: Region, region: Region, asked: np.ndarray
) -> np.ndarray:
    """Weighted votes of the selected members, all where nobody is: as DESlib's hard voting."""
    weights = method.fit(reference, own, 0).weights(region, asked)
    weights = np.where(weights.any(axis=1, keepdims=True), weights, 1 / len(asked))
    for_one = (weights * asked.argmax(axis=2).T).sum(axis=1) / weights.sum(axis=1)
    return (np.round(for_one, 9) > 0.5).astype(int)


def rival(python: str, data: dict[str, np.ndarray], task: str) -> dict:
    """What DESlib finds: its seconds or its labels."""
    with tempfile.TemporaryDirectory() as folder:
        for name, array in data.items():
            np.save(Path(folder) / f"{name}.npy", array)
        script = Path(__file__).with_name("dynamic_rival.py")
        done = subprocess.run([python, str(script), folder, task], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rival")
    for name, value in (("rows", 50_000), ("models", 20), ("columns", 20), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
