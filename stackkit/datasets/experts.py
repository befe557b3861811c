"""A made-up competition whose base models are experts: each is right in its own region only.

Western gauges show a level where the position is west of 0, eastern ones where it is east; beyond,
gauges show something else that looks the same. The target joins that level with a speed, which all
gauges of speed show everywhere, and their product. A model that reads western gauges but not the
position is confidently wrong in the east: no weights that are the same for all rows can mend that,
weights of each row can, and a net over the predictions can besides learn the product.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.datasets.frames import Frames, assemble
from stackkit.errors import DataError, nearest

WEST = ("west_1", "west_2", "west_3")
EAST = ("east_1", "east_2", "east_3")
SPEED = ("speed_1", "speed_2")
POSITION = "position"
FEATURES = (POSITION, *WEST, *EAST, *SPEED)

METRICS = {"regression": "rmse", "binary": "logloss"}
CENTRE, PRODUCT = 4.0, 0.6  # of the target's mean, and weight of level times speed in it
GAUGE, NOISE = 0.3, 0.3  # standard deviations of what a gauge and the target add
STEEPNESS = 3.0  # of P(class 1) in the mean
EXPERTS = tuple(
    f"{kind}_{reads}"
    for reads, kinds in {
        "west": ("linear", "neighbors", "boosting", "forest"),
        "east": ("linear", "neighbors", "boosting", "forest"),
        "speed": ("linear", "boosting"),
        "position": ("linear", "boosting"),
    }.items()
    for kind in kinds
)


def make_experts(
    task: str = "regression", rows: int = 1500, *, test_rows: int = 1000, seed: int = 0
) -> Frames:
    """Draw a competition; the same arguments give the same frames, bit for bit.

    Its base models are `EXPERTS`, of which each reads the columns that its name says; linear ones
    read the position too, which as a sum tells them nothing of regions.

    Parameters
    ----------
    task : "regression" (rmse) or "binary" (logloss) of the same mean f: y = f + noise, or
        P(1) = 1 / (1 + exp(-STEEPNESS (f - CENTRE))).
    rows, test_rows : at least 50 and 1.
    """
    if task not in METRICS:
        raise DataError("experts know two tasks", repr(task), nearest(task, METRICS))
    if rows < 50 or test_rows < 1:
        got = f"{rows} and {test_rows}"
        raise DataError("there are at least 50 rows and 1 test row", got, "rows=1500")
    train, test = (_draw(task, n, (seed, i)) for i, n in enumerate((rows, test_rows)))
    train.insert(0, "id", np.arange(rows))
    test.insert(0, "id", np.arange(rows, rows + test_rows))
    name = "experts" if task == "regression" else f"experts-{task}"
    truth = (_truth(task, train), _truth(task, test))
    return assemble(name, train, test, task=task, metric=METRICS[task], truth=truth, models=EXPERTS)


def mean_of(frame: pd.DataFrame) -> np.ndarray:
    """f (n,): what a reader of a row who knows which gauges hold can say of its target."""
    west, east, speed = (frame[list(names)].to_numpy().mean(axis=1) for names in
                         (WEST, EAST, SPEED))  # fmt: skip
    level = np.where(frame[POSITION] < 0, west, east)
    return CENTRE + level + speed + PRODUCT * level * speed + frame[POSITION].to_numpy()


def _draw(task: str, rows: int, seed: tuple[int, int]) -> pd.DataFrame:
    """Features and target; the truth is computed from the finished features, as they are shown."""
    rng = np.random.default_rng(seed)
    position = rng.uniform(-1, 1, rows)
    level, other, speed = rng.normal(size=(3, rows))
    shown = (np.where(position < 0, level, other), np.where(position < 0, other, level), speed)
    data = {POSITION: position}
    for names, signal in zip((WEST, EAST, SPEED), shown, strict=True):
        data |= {name: signal + rng.normal(0, GAUGE, rows) for name in names}
    frame = pd.DataFrame(data).round(3)
    truth = _truth(task, frame)[:, 0]
    if task == "binary":
        return frame.assign(target=(rng.random(rows) < truth).astype(np.int64))
    return frame.assign(target=(truth + rng.normal(0, NOISE, rows)).round(3))


def _truth(task: str, frame: pd.DataFrame) -> np.ndarray:
    """P(1 | row) or E(target | row), (n, 1)."""
    mean = mean_of(frame)[:, None]
    return mean if task == "regression" else 1 / (1 + np.exp(-STEEPNESS * (mean - CENTRE)))
