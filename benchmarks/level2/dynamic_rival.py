"""DESlib's side of dynamic.py, run by its interpreter: python dynamic_rival.py FOLDER TASK.

Its classifiers look their predictions up by the number of the row, which stands in a last column so
small that distances do not feel it.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from deslib.dcs import LCA, MCB, MLA, OLA, APosteriori, APriori
from deslib.des import DESKL, DESKNN, DESMI, DESP, KNOP, KNORAE, KNORAU, METADES, RRC

UNIT = 1e-9  # of the column of row numbers
K, WIDE = 7, 50
RACE = {"knora_e": KNORAE, "knora_u": KNORAU, "meta_des": METADES, "des_knn": DESKNN}
BEST = {"selection_method": "all"}
LABELS = {
    "ola": (OLA, BEST), "lca": (LCA, BEST), "mla": (MLA, BEST), "mcb": (MCB, BEST),
    "a_priori": (APriori, BEST), "a_posteriori": (APosteriori, BEST),
    "knora_e": (KNORAE, {}), "knora_u": (KNORAU, {}), "knop": (KNOP, {}), "des_p": (DESP, {}),
    "des_knn": (DESKNN, {}), "des_mi": (DESMI, {"alpha": 0.001}),
    "des_kl": (DESKL, {"k": WIDE, "mode": "hybrid"}),
    "des_rrc": (RRC, {"k": WIDE, "mode": "hybrid"}),
    "meta_des": (METADES, {"mode": "hybrid"}),
}  # fmt: skip


class Known:
    """A classifier whose predictions are known: p (rows,) of class 1."""

    classes_ = np.array([0, 1])

    def __init__(self, p):
        self.p = p

    def fit(self, x, y):
        """Nothing to learn."""
        return self

    def predict_proba(self, x):
        one = self.p[np.round(x[:, -1] / UNIT).astype(int)]
        return np.stack([1 - one, one], axis=1)

    def predict(self, x):
        return self.predict_proba(x).argmax(axis=1)


def main():
    warnings.simplefilter("ignore")
    folder, task = Path(sys.argv[1]), sys.argv[2]
    names = ("x", "y", "p", "xq", "pq")
    x, y, p, xq, pq = (np.load(folder / f"{name}.npy") for name in names)
    numbers = np.arange(len(x) + len(xq))[:, None] * UNIT
    x, xq = np.hstack([x, numbers[: len(x)]]), np.hstack([xq, numbers[len(x) :]])
    pool = [Known(np.concatenate(pair)) for pair in zip(p, pq, strict=True)]
    print(json.dumps({"race": race, "labels": labels}[task](pool, x, y, xq)))


def race(pool, x, y, xq):
    """Seconds of fit and predict_proba."""
    seconds = {}
    for name, kind in RACE.items():
        wall, processor = time.perf_counter(), time.process_time()
        kind(pool, k=K, n_jobs=-1).fit(x, y).predict_proba(xq)
        seconds[name] = time.perf_counter() - wall, time.process_time() - processor
    return {"seconds": seconds}


def labels(pool, x, y, xq):
    """Predicted labels of each method."""
    found = {}
    for name, (kind, options) in LABELS.items():
        model = kind(pool, **{"k": K, "n_jobs": -1, "random_state": 0, **options}).fit(x, y)
        found[name] = model.predict(xq).tolist()
    return {"labels": found}


if __name__ == "__main__":
    main()
