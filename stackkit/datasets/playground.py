"""A made-up competition in the manner of Kaggle's Playground Series, with the truth known.

A table is drawn first, holes and rounding included; the truth is then computed from the finished
table alone, and labels are drawn from the truth. Hence the truth is exact: it is
P(y | row) or E(y | row) for the row as a reader of the CSV sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.datasets.frames import Frames, assemble
from stackkit.errors import DataError, nearest

CLASSES = ("bronze", "gold", "iron", "silver")
CORE = 13  # columns that carry the signal

METRICS = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}
NOISE = {"binary": 0.04, "multiclass": 0.06, "regression": 0.2}

# Weight of each part of the signal: binary, regression, then the four classes in sorted order.
WEIGHT_COLUMNS = {"binary": slice(0, 1), "regression": slice(1, 2), "multiclass": slice(2, 6)}
WEIGHTS = {
    "bias": (-2.4, 5.0, 1.1, -1.2, 2.0, 0.0),
    "age": (1.1, 0.12, 0.4, 0.9, -0.8, 0.0),
    "age_bend": (-1.0, -0.1, 0.0, -0.9, 0.4, 0.3),
    "income": (1.4, 0.25, -0.8, 1.5, -0.6, 0.3),
    "balance": (1.3, 0.1, 0.3, 0.6, -1.2, 0.4),
    "visits": (0.8, 0.08, 0.8, 0.3, -1.0, 0.3),
    "usage_wave": (1.6, 0.16, -0.9, 1.0, 0.0, -0.8),
    "rating": (1.3, 0.12, -0.9, 0.9, 0.2, 0.6),
    "rating_missing": (-1.6, -0.2, 0.6, -1.2, 1.4, -0.3),
    "income_rating": (1.4, 0.14, -0.6, 1.2, -0.4, 0.2),
    "balance_visits": (1.1, 0.1, 0.8, -0.8, -0.8, 0.8),
    "quality": (1.4, 0.2, -1.0, 1.0, -0.4, 0.8),
    "region": (0.8, 0.1, 0.6, 0.4, -0.9, -0.3),
    "region_grade": (1.3, 0.12, 0.9, 0.9, 0.0, -1.0),
    "device": (1.0, 0.1, -0.4, 0.6, 0.8, -0.6),
    "device_age": (1.3, 0.1, 0.8, 0.8, -0.8, -0.6),
    "season": (0.8, 0.1, 0.4, 0.4, -0.8, 0.0),
    "hour": (1.0, 0.1, -0.8, 0.6, 0.4, 0.0),
    "weekend": (0.8, 0.08, 0.0, 0.8, -0.8, 0.4),
    "shop": (1.6, 0.18, 0.8, 1.2, -0.8, -0.6),
    "product": (0.6, 0.05, -0.4, 0.4, 0.4, -0.4),
    "weak": (0.6, 0.06, 0.3, 0.3, -0.3, -0.3),
}
QUALITY = {"poor": -1.2, "fair": -0.5, "good": 0.1, "excellent": 1.4}
REGION = {"north": 0.8, "east": -0.6, "south": 0.0, "west": -1.2, "centre": 1.0}
REGION_SLOPE = {"north": 0.9, "east": -0.8, "south": 0.3, "west": 0.0, "centre": -0.6}
DEVICE = {"desktop": 0.4, "mobile": -0.5, "tablet": 0.3, np.nan: -1.0}
DEVICE_SLOPE = {"desktop": 1.0, "mobile": -0.9, "tablet": 0.2, np.nan: 0.0}


def make_playground(
    task: str = "binary",
    rows: int = 5000,
    *,
    test_rows: int | None = None,
    columns: int = 20,
    seed: int = 0,
    noise: float | None = None,
    shift: float = 0.4,
) -> Frames:
    """Draw a competition; the same arguments give the same frames, bit for bit.

    Parameters
    ----------
    task : "binary" (target 0/1), "multiclass" (four words) or "regression" (positive, skewed).
    rows : train rows, at least 50; they do not depend on `test_rows`.
    test_rows : test rows; None is two thirds of `rows`.
    columns : features, at least 15: thirteen with signal, the others noise or weak.
    noise : e in P(class) = (1 - e) softmax(f) + e / C; in regression s in
        y = exp(f) exp(s z - s^2 / 2), so that E(y) = exp(f) and y / E(y) - 1 has mean 0 and
        the constant variance exp(s^2) - 1. None is NOISE[task].
    shift : how far the mean of `age` (in standard deviations) and of `visits` (by the factor
        exp(shift / 2)) moves in test; P(y | row) stays. One level in twenty of `shop` and
        `product` occurs in test only, and the truth knows its effect.
    """
    test_rows = rows * 2 // 3 if test_rows is None else test_rows
    _check_least("rows", rows, 50)
    _check_least("test_rows", test_rows, 1)
    world = World.make(task, columns, seed, noise)
    train, truth_train = world.draw(rows)
    test, truth_test = world.draw(test_rows, test=True, first_id=rows, shift=shift)
    return assemble(
        "playground" if task == "binary" else f"playground-{task}",
        train,
        test,
        task=task,
        metric=METRICS[task],
        truth=(truth_train, truth_test),
    )


@dataclass(frozen=True, eq=False)
class World:
    """What a seed fixes for train and test alike: the levels, their effects, the noise."""

    task: str
    columns: int
    seed: int
    noise: float
    shop: pd.Series
    product: pd.Series

    @classmethod
    def make(cls, task: str, columns: int, seed: int, noise: float | None = None) -> World:
        """Name the levels of `shop` (300) and `product` (2000) and draw their effects."""
        noise = _checked_noise(task, noise)
        _check_least("columns", columns, 15)
        _check_least("seed", seed, 0)
        rng = np.random.default_rng((seed, 0))
        return cls(task, columns, seed, noise, _levels(rng, "S", 300), _levels(rng, "P", 2000))

    def draw(
        self, rows: int, *, test: bool = False, first_id: int = 0, shift: float = 0.0
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Rows with id and target, and their truth (rows, c); all tasks share the features."""
        rng = np.random.default_rng((self.seed, 1 + test))
        data: dict[str, np.ndarray] = {"id": np.arange(first_id, first_id + rows)}
        data |= _numbers(rng, rows, shift)
        data |= _categories(rng, rows)
        data["shop"] = _pick(rng, self.shop, rows, unseen=test)
        data["product"] = _pick(rng, self.product, rows, unseen=test)
        data["joined"] = _timestamps(rng, rows)
        data |= {name: _extra(rng, kind, rows) for name, kind in _extra_kinds(self.columns)}
        frame = pd.DataFrame(data)
        truth = self.truth(frame)
        return frame.assign(target=_labels(rng, self, truth)), truth

    def truth(self, frame: pd.DataFrame) -> np.ndarray:
        """P(class | row) or E(target | row), (rows, c), from nothing but the columns shown."""
        scores = self.scores(frame)
        if self.task == "regression":
            return np.exp(scores)
        if self.task == "binary":
            return (1.0 - self.noise) / (1.0 + np.exp(-scores)) + self.noise / 2.0
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        share = scores / scores.sum(axis=1, keepdims=True)
        return (1.0 - self.noise) * share + self.noise / len(CLASSES)

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        """The signal f (rows, c): the weighted sum of all parts."""
        weights = {part: np.array(w[WEIGHT_COLUMNS[self.task]]) for part, w in WEIGHTS.items()}
        total = np.tile(weights["bias"], (len(frame), 1))
        for part, value in self._parts(frame):
            total += value[:, None] * weights[part]
        return total

    def _parts(self, frame: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
        yield from _number_parts(frame)
        yield from _category_parts(frame)
        yield from _time_parts(frame["joined"])
        yield "shop", frame["shop"].map(self.shop).to_numpy()
        yield "product", frame["product"].map(self.product).to_numpy()
        weak = [name for name, kind in _extra_kinds(self.columns) if kind.startswith("weak")]
        if weak:
            yield "weak", frame[weak].fillna(0.0).to_numpy().sum(axis=1) / np.sqrt(len(weak))


def _check_least(what: str, got: int, least: int) -> None:
    if got < least:
        raise DataError(f"{what} must be at least {least}", got, f"{what}={least}")


def _checked_noise(task: str, noise: float | None) -> float:
    if task not in METRICS:
        raise DataError(f"task is one of {', '.join(METRICS)}", task, nearest(task, METRICS))
    noise = NOISE[task] if noise is None else float(noise)
    if not 0.0 <= noise <= 1.0:
        raise DataError("noise lies between 0 and 1", noise, f"noise={NOISE[task]}")
    return noise


def _levels(rng: np.random.Generator, prefix: str, count: int) -> pd.Series:
    """Effects from N(0, 1) by level, most frequent first; names whose order says nothing."""
    numbers = rng.permutation(10 * count)[:count]
    return pd.Series(rng.normal(size=count), index=[f"{prefix}{k:05d}" for k in numbers])


def _pick(rng: np.random.Generator, levels: pd.Series, rows: int, unseen: bool) -> np.ndarray:
    """Levels with P(rank r) ~ 1 / (r + 20); each twentieth rank only where `unseen`."""
    rank = np.arange(len(levels))
    weight = np.where((rank % 20 == 10) & (not unseen), 0.0, 1.0 / (rank + 20.0))
    return _words(rng, levels.index, weight / weight.sum(), rows)


def _numbers(rng: np.random.Generator, rows: int, shift: float) -> dict[str, np.ndarray]:
    """Normal, log-normal, heavy-tailed, bounded and count columns, two of them with holes."""
    age = np.round(np.clip(rng.normal(42.0 + 12.0 * shift, 12.0, rows), 16.0, 99.0), 1)
    income = np.round(rng.lognormal(10.3, 0.6, rows), 2)
    visits = rng.poisson(rng.gamma(1.5, 2.4 * np.exp(shift / 2.0), rows))
    rating = np.round(rng.normal(0.0, 1.0, rows), 3)
    usage = np.round(rng.beta(1.3, 1.6, rows), 4)
    hole = rng.random(rows) < 0.06 + 0.12 * (usage < 0.3)
    return {
        "age": age,
        "income": np.where(rng.random(rows) < 0.04, np.nan, income),
        "balance": np.round(900.0 * rng.standard_t(2.5, rows), 2),
        "visits": visits,
        "usage": usage,
        "rating": np.where(hole, np.nan, rating),
    }


def _categories(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Ordinal words, small integers, and words with and without holes."""
    return {
        "quality": _words(rng, QUALITY, (0.15, 0.35, 0.35, 0.15), rows),
        "grade": rng.binomial(4, 0.55, rows) + 1,
        "region": _words(rng, REGION, (0.3, 0.25, 0.2, 0.15, 0.1), rows),
        "device": _words(rng, DEVICE, (0.35, 0.45, 0.13, 0.07), rows),
    }


def _words(
    rng: np.random.Generator, words: Iterable[object], shares: Sequence[float], rows: int
) -> np.ndarray:
    codes = np.searchsorted(np.cumsum(shares)[:-1], rng.random(rows), side="right")
    return np.array(list(words), dtype=object)[codes]


def _timestamps(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Text "YYYY-MM-DD HH:MM:SS" over three years, more by day than by night."""
    days = np.arange("2021-01-01", "2024-01-01", dtype="datetime64[D]").astype(str).astype(object)
    clock = np.array([f" {m // 60:02d}:{m % 60:02d}:00" for m in range(1440)], dtype=object)
    minute = (1440 * rng.beta(2.0, 1.7, rows)).astype(int)
    return days[rng.integers(len(days), size=rows)] + clock[minute]


def _extra_kinds(columns: int) -> list[tuple[str, str]]:
    """Name and kind of the columns beyond the core; the first two are pure noise."""
    kinds = ("normal", "word", "weak", "lognormal", "weak_holes")
    return [(f"v{i:02d}", kinds[i % len(kinds)]) for i in range(columns - CORE)]


def _extra(rng: np.random.Generator, kind: str, rows: int) -> np.ndarray:
    if kind == "word":
        return _words(rng, "ABCDEF", (0.4, 0.2, 0.15, 0.1, 0.1, 0.05), rows)
    if kind == "lognormal":
        return np.round(rng.lognormal(0.0, 1.0, rows), 3)
    values = np.round(rng.normal(size=rows), 3)
    return np.where(rng.random(rows) < 0.15, np.nan, values) if kind == "weak_holes" else values


def _number_parts(frame: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Parts of the number columns; a missing value enters as its mean and as a flag."""
    age = (frame["age"].to_numpy() - 42.0) / 12.0
    income = np.nan_to_num((np.log(frame["income"].to_numpy()) - 10.3) / 0.6)
    balance = np.tanh(frame["balance"].to_numpy() / 900.0)
    visits = frame["visits"].to_numpy()
    rating = np.nan_to_num(frame["rating"].to_numpy())
    yield "age", age
    yield "age_bend", np.minimum(age**2, 6.0) - 1.0
    yield "income", income
    yield "balance", balance
    yield "visits", np.log1p(visits) - 1.3
    yield "usage_wave", np.sin(3.0 * np.pi * frame["usage"].to_numpy())
    yield "rating", rating
    yield "rating_missing", frame["rating"].isna().to_numpy(dtype=float)
    yield "income_rating", income * rating
    yield "balance_visits", np.sign(balance) * np.where(visits > 2, 1.0, -1.0)


def _category_parts(frame: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Effects of the levels, a missing one included, and slopes that differ between them."""
    age = (frame["age"].to_numpy() - 42.0) / 12.0
    grade = frame["grade"].to_numpy() - 3.2
    yield "quality", frame["quality"].map(QUALITY).to_numpy()
    yield "region", frame["region"].map(REGION).to_numpy()
    yield "region_grade", frame["region"].map(REGION_SLOPE).to_numpy() * grade
    yield "device", frame["device"].map(DEVICE).to_numpy()
    yield "device_age", frame["device"].map(DEVICE_SLOPE).to_numpy() * age


def _time_parts(stamps: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """A yearly wave with its top in July, a daily one with its top at 19 h, and the weekend."""
    time = pd.DatetimeIndex(pd.to_datetime(stamps, format="%Y-%m-%d %H:%M:%S"))
    hour = time.hour.to_numpy() + time.minute.to_numpy() / 60.0
    yield "season", np.cos(2.0 * np.pi * (time.day_of_year.to_numpy() - 196.0) / 365.25)
    yield "hour", np.cos(2.0 * np.pi * (hour - 19.0) / 24.0)
    yield "weekend", (time.day_of_week.to_numpy() >= 5).astype(float)


def _labels(rng: np.random.Generator, world: World, truth: np.ndarray) -> np.ndarray:
    """One label a row, drawn from its truth."""
    rows = len(truth)
    if world.task == "regression":
        return truth[:, 0] * np.exp(world.noise * rng.normal(size=rows) - world.noise**2 / 2.0)
    draw = rng.random(rows)
    if world.task == "binary":
        return (draw < truth[:, 0]).astype(np.int64)
    codes = (draw[:, None] >= np.cumsum(truth, axis=1)[:, :-1]).sum(axis=1)
    return np.array(CLASSES, dtype=object)[codes]
