"""Selection at the size of a winning Playground stack: seconds and memory from mapped files.

python benchmarks/level2/climbing.py FOLDER [--models 150] [--rows 600000] [--metric auc]

FOLDER gets one .npy a model (kept for the next time). Peak memory counts what is private to the
process: pages of mapped files that the system may drop at will are stated apart.
"""

from __future__ import annotations

import argparse
import threading
import time
from pathlib import Path

import numpy as np

from stackkit.level2.blend import Weigher
from stackkit.level2.selection import Greedy, HillClimb
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.spec import Objective

LEARNERS = {
    "greedy, one bag, all rows": Greedy(),
    "greedy, ten bags of 100,000 rows": Greedy(bags=10, start=5, max_rows=100_000),
    "hill climbing": HillClimb(),
}


class Memory:
    """Samples the private (anonymous) resident memory of this process, in MiB."""

    def __enter__(self) -> Memory:
        self.peak = self.start = _private_mb()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.02):
            self.peak = max(self.peak, _private_mb())


def _private_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def mapped(folder: Path, models: int, rows: int) -> tuple[Pool, np.ndarray]:
    """A pool of mapped members, made where the files are not there, and the truth (n,)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    signal, shared = rng.normal(size=(2, rows))
    y = (signal + rng.normal(size=rows) > 0.8).astype(np.int64)
    for i in range(models):
        path = folder / f"{rows}-{i:03d}.npy"
        if not path.exists():
            own = np.random.default_rng(i + 1)
            view = signal + 0.6 * shared + own.uniform(0.4, 1.2) * own.normal(size=rows)
            np.save(path, np.float32(1 / (1 + np.exp(0.8 - view)))[:, None])
    files = [np.load(folder / f"{rows}-{i:03d}.npy", mmap_mode="r") for i in range(models)]
    return Pool(tuple(f"m{i:03d}" for i in range(models)), tuple(files)), y


def measure(name: str, learner: Weigher, pool: Pool, y: np.ndarray, goal: Objective) -> str:
    """One line of the table."""
    with Memory() as memory:
        start = time.perf_counter()
        fitted = learner.build(goal, 0).fit(pool, y)
        seconds = time.perf_counter() - start
    score, used = goal.metric.score(y, fitted.predict(pool)), np.count_nonzero(fitted.weights_)
    grown = memory.peak - memory.start
    return f"| {name} | {seconds:.1f} | {grown:.0f} | {used} | {score:.6f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=int, default=150)
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--metric", default="auc")
    given = parser.parse_args()
    metric = get_metric(given.metric)
    goal = Objective("binary", "identity", "logloss", ("a", "b"), metric)
    pool, y = mapped(given.folder, given.models, given.rows)
    size = sum(a.nbytes for a in pool.arrays) / 2**20
    print(f"{metric.name}, {given.models} x {given.rows:,} rows, {size:.0f} MiB of float32\n")
    print(
        "| search | seconds | peak above start, MiB | models used | score |\n|---|---|---|---|---|"
    )
    for name, learner in LEARNERS.items():
        print(measure(name, learner, pool, y, goal), flush=True)


if __name__ == "__main__":
    main()
