"""Greedy selection against AutoGluon's EnsembleSelection: seconds, scores and paths.

python benchmarks/level2/greedy.py RIVAL_PYTHON [--models 50] [--rows 100000] [--steps 100]

RIVAL_PYTHON is the interpreter of an environment with autogluon.core 1.6. Both sides read the same
float32 arrays, in turn; only the search is timed, in seconds of processor time, which other work on
the machine disturbs less. Run it with OMP_NUM_THREADS=1. "Same steps" are those before the first
difference of the paths, "gap" what our choice there scores above theirs: they choose at random
among scores that are equal to six decimals.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stackkit.level2.selection.candidates import Candidates
from stackkit.level2.selection.choose import scorer_for
from stackkit.level2.selection.forward import forward
from stackkit.metrics import get_metric
from stackkit.spec import Objective

CASES = {"auc": "binary", "logloss": "binary", "rmse": "regression"}
RIVAL = """
import json, sys, time
import numpy as np
from autogluon.core.metrics import log_loss, roc_auc, root_mean_squared_error
from autogluon.core.models.greedy_ensemble.ensemble_selection import EnsembleSelection
folder, name, task, steps = sys.argv[1:]
metric = {"auc": roc_auc, "logloss": log_loss, "rmse": root_mean_squared_error}[name]
members, y = list(np.load(folder + "/members.npy")), np.load(folder + "/y.npy")
search = EnsembleSelection(int(steps), task, metric)
search.use_best = False
start = time.process_time()
search.fit(members, y)
seconds = time.process_time() - start
order = [int(j) for j in search.indices_]
print(json.dumps({"seconds": seconds, "order": order}))
"""


def made(task: str, models: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlated members of unlike quality (m, n) float32, and the truth (n,)."""
    rng = np.random.default_rng(0)
    signal, shared = rng.normal(size=(2, rows))
    noise = rng.uniform(0.4, 1.2, size=models)
    views = [signal + 0.6 * shared + s * rng.normal(size=rows) for s in noise]
    if task == "regression":
        return np.array(views, np.float32), signal
    y = (signal + rng.normal(size=rows) > 0.8).astype(int)
    return np.array([1 / (1 + np.exp(0.8 - v)) for v in views], np.float32), y


def ours(members: np.ndarray, y: np.ndarray, name: str, task: str, steps: int) -> dict:
    """Seconds, path and signed scores."""
    metric = get_metric(name)
    goal = Objective(task, "identity", metric.surrogate_for(task), ("a", "b"), metric)
    start = time.process_time()
    rows = Candidates(tuple(m[:, None] for m in members), y, None, goal)
    path = forward(scorer_for(rows), steps)
    return {"seconds": time.process_time() - start, "path": path}


def theirs(python: str, folder: str, name: str, task: str, steps: int) -> dict:
    """The same of the rival, in its own process."""
    command = [python, "-W", "ignore", "-c", RIVAL, folder, name, task, str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def means(members: np.ndarray, order: list[int]) -> Iterator[np.ndarray]:
    """The mean (n, 1) of the members so far, in float64, after each step."""
    total = np.zeros(members.shape[1])
    for k, j in enumerate(order, start=1):
        total += members[j]
        yield (total / k)[:, None]


def compare(name: str, members: np.ndarray, y: np.ndarray, mine: list, rival: list) -> str:
    """One line of the table."""
    ratios = [r["seconds"] / m["seconds"] for r, m in zip(rival, mine, strict=True)]
    seconds = [np.median([run["seconds"] for run in runs]) for runs in (rival, mine)]
    orders, metric = (rival[0]["order"], mine[0]["path"].order), get_metric(name)
    scores = [[metric.score(y, p) for p in means(members, order)] for order in orders]
    best = [max(some, key=lambda score: metric.sign * score) for some in scores]
    same = np.equal(*orders)
    first = len(same) if same.all() else int(np.argmin(same))
    gap = 0.0 if same.all() else metric.sign * (scores[1][first] - scores[0][first])
    timed = f"{seconds[0]:.2f} | {seconds[1]:.3f} | **{np.median(ratios):.1f}**"
    return f"| {name} | {timed} | {best[0]:.7f} | {best[1]:.7f} | {first} | {gap:+.1e} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rival")
    parser.add_argument("--models", type=int, default=50)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print("| metric | rival, s | stackkit, s | ratio | rival's score | ours | same steps | gap |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name, task in CASES.items():
        members, y = made(task, given.models, given.rows)
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "members.npy", members)
            np.save(Path(folder) / "y.npy", y)
            mine, rival = [], []
            for _ in range(given.repeats):
                mine.append(ours(members, y, name, task, given.steps))
                rival.append(theirs(given.rival, folder, name, task, given.steps))
        print(compare(name, members, y, mine, rival), flush=True)


if __name__ == "__main__":
    main()
