"""Seconds and memory of simplex weights and of CMA-ES on large pools of binary members.

Members share the signal and part of their noise, as the models of one competition do. Each case is
run in a process of its own, whose peak memory above what it held before the members is measured;
those of "mapped" and "cma" are mapped from .npy files, whose pages are not counted.
Usage: python benchmarks/level2/simplex.py [--scale 0.1] [--threads 2] [--cases memory mapped]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from stackkit.level2.weights import Evolved, Simplex
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.spec import Objective

LOGLOSS = Objective("binary", "identity", "logloss", ("0", "1"))
AUC = Objective("binary", "identity", "logloss", ("0", "1"), get_metric("auc"))
CASES = {  # members, rows, limit in seconds
    "memory": (100, 1_000_000, 20),
    "mapped": (150, 600_000, 180),
    "cma": (150, 600_000, 600),
}


def main() -> None:
    """Print a line a case, and the load of the machine beside it."""
    options = _options()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    columns = ("case", "members", "rows", "s", "cpu s", "limit", "peak")
    print("".join(f"{name:>10}" for name in columns) + "  score; peak in float32 matrices")
    spawn = multiprocessing.get_context("spawn")
    for case in options.cases:
        with tempfile.TemporaryDirectory() as folder:
            child = spawn.Process(target=limited, args=(case, options, folder))
            child.start()
            child.join()


def limited(case: str, options: argparse.Namespace, folder: str) -> None:
    """One case on a number of threads, as a worker runs it."""
    with threadpool_limits(options.threads):
        run(case, options.scale, folder)


def run(case: str, scale: float, folder: str) -> None:
    """One case in this process."""
    members, rows, limit = CASES[case]
    rows = int(rows * scale)
    pool, y = made(members, rows, None if case == "memory" else Path(folder))
    learner, goal = (Evolved(), AUC) if case == "cma" else (Simplex(), LOGLOSS)
    learner.build(goal, 0).fit(pool.take(np.arange(500)), y[:500])  # imports, thread pools
    begun = time.process_time()
    peak, seconds, fitted = watched(lambda: learner.build(goal, 0).fit(pool, y))
    busy = time.process_time() - begun
    matrix = 4 * members * rows
    p = fitted.predict(pool)
    score = (
        f"{get_metric('logloss').score(y, p):.6f} log-loss, {get_metric('auc').score(y, p):.6f} AUC"
    )
    held = matrix if case == "memory" else 0
    used = f"{np.count_nonzero(fitted.weights_)} used"
    cells = (case, str(members), f"{rows:,}", f"{seconds:.1f}", f"{busy:.1f}", str(limit))
    line = "".join(f"{cell:>10}" for cell in (*cells, f"{(peak + held) / matrix:.2f}"))
    print(f"{line}  {score}, {used}; load {os.getloadavg()[0]:.1f}", flush=True)


def made(members: int, rows: int, folder: Path | None) -> tuple[Pool, np.ndarray]:
    """A pool of binary members and its targets; members are mapped from files in `folder`."""
    rng = np.random.default_rng(0)
    signal, shared = rng.normal(size=(2, rows)).astype(np.float32)
    y = (rng.random(rows) < 1 / (1 + np.exp(-1.5 * signal))).astype(np.int64)
    family = 0.6 * rng.normal(size=(6, rows)).astype(np.float32)
    arrays = []
    for i in range(members):
        own = rng.uniform(0.3, 1.2) * rng.standard_normal(rows, dtype=np.float32)
        logit = rng.uniform(0.8, 1.8) * (signal + 0.5 * shared + family[i % 6] + own)
        arrays.append(_kept((1 / (1 + np.exp(-logit)))[:, None].astype(np.float32), folder, i))
    return Pool(tuple(f"m{i:03d}" for i in range(members)), tuple(arrays)), y


def _kept(array: np.ndarray, folder: Path | None, i: int) -> np.ndarray:
    if folder is None:
        return array
    np.save(folder / f"{i}.npy", array)
    return np.load(folder / f"{i}.npy", mmap_mode="r")


def watched(action: Callable[[], object]) -> tuple[int, float, object]:
    """Peak anonymous memory in bytes above that before, wall seconds, and the result."""
    before, seen, done = anonymous(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            seen[0] = max(seen[0], anonymous() - before)

    thread = threading.Thread(target=watch)
    thread.start()
    begun = time.perf_counter()
    result = action()
    seconds = time.perf_counter() - begun
    done.set()
    thread.join()
    return seen[0], seconds, result


def anonymous() -> int:
    """Resident bytes of this process that are not pages of files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows")
    parser.add_argument("--threads", type=int, default=1, help="of BLAS; 1 as in a worker")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
