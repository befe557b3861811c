"""Target encoding against loops and scikit-learn, and against leaking the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stackkit.features.target import Target
from stackkit.features.target_encoding import LEAST, STRONGEST, many_levels, target_means

N = 400


def skewed_levels(rng: np.random.Generator) -> pd.Series:
    levels = pd.Series([f"l{i}" for i in (rng.pareto(1.0, N) * 5).astype(int)], dtype=object)
    return levels.where(rng.random(N) > 0.1)


RNG = np.random.default_rng(3)
LEVELS = skewed_levels(RNG)
HEIGHT = pd.Series(LEVELS.fillna("-")).map(dict(zip(LEVELS.fillna("-").unique(),
                                                    RNG.normal(size=N), strict=False)))  # fmt: skip
TARGETS = {
    "regression": Target(HEIGHT.to_numpy() + RNG.normal(size=N), "regression", seed=1),
    "binary": Target((HEIGHT.to_numpy() > RNG.normal(size=N)).astype(np.int64), "binary", seed=2),
    "multiclass": Target(np.digitize(HEIGHT + RNG.normal(size=N), [-0.5, 0.5]), "multiclass"),
}


@pytest.fixture(params=list(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


def slow(level: object, rows: list[int], y: np.ndarray, kept: set, pull: np.ndarray) -> np.ndarray:
    """The encoding of a level (None: missing) from some rows, by a loop."""
    if level is not None and level not in kept:
        return np.zeros(y.shape[1])
    mine = [y[i] for i in rows if LEVELS[i] == level or (level is None and pd.isna(LEVELS[i]))]
    return np.sum(mine, axis=0) / (len(mine) + pull) if mine else np.zeros(y.shape[1])


def named(level: object) -> object:
    return None if pd.isna(level) else level


def test_new_rows_have_the_drawn_means_of_all_fit_rows(target: Target) -> None:
    encoder, y = target_means("c", LEVELS, target), target.scores()
    counts = LEVELS.value_counts()
    kept = set(counts.index[counts >= LEAST])
    assert set(encoder.kept) == kept
    new = pd.Series(["l0", "l3", "never seen", None], dtype=object)
    expected = [slow(named(v), list(range(N)), y, kept, encoder.pull) for v in new]
    np.testing.assert_allclose(encoder.transform(new), expected, atol=1e-9)
    assert len(encoder.names) == y.shape[1] == encoder.transform(new).shape[1]


def test_fit_rows_have_the_drawn_means_of_the_other_inner_folds(target: Target) -> None:
    encoder, y, folds = target_means("c", LEVELS, target), target.scores(), target.inner_folds()
    made = encoder.own(LEVELS, target)
    for i in range(0, N, 7):
        rows = [j for j in range(N) if folds[j] != folds[i]]
        expected = slow(named(LEVELS[i]), rows, y, set(encoder.kept), encoder.pull)
        np.testing.assert_allclose(made[i], expected, atol=1e-9)


def test_means_are_those_of_scikit_learn_at_the_same_smoothing() -> None:
    from sklearn.preprocessing import TargetEncoder

    target = TARGETS["binary"]
    ours = target_means("c", LEVELS, target)
    theirs = TargetEncoder(target_type="binary", smooth=float(ours.pull[0]))
    present = LEVELS[LEVELS.isin(ours.kept)]
    y = target.y
    theirs.fit(LEVELS.fillna("missing").to_frame(), y)
    made = theirs.transform(present.to_frame())[:, 0]
    np.testing.assert_allclose(ours.transform(present)[:, 0], (made - y.mean()) / y.std())


@pytest.mark.parametrize("ratio", [0.5, 4.0])
def test_the_pull_is_the_ratio_of_the_variances_within_and_between_levels(ratio: float) -> None:
    rng = np.random.default_rng(8)
    codes = rng.integers(0, 1500, 12_000)
    y = rng.normal(size=1500)[codes] + rng.normal(0, np.sqrt(ratio), 12_000)
    pull = target_means("c", pd.Series(codes.astype(str)), Target(y, "regression")).pull
    np.testing.assert_allclose(pull, max(ratio, 1.0), rtol=0.12)


def weighted(name: str, weight: np.ndarray, used: np.ndarray) -> Target:
    """A target with weights and folds of three, at some rows."""
    y, folds = TARGETS[name].y, np.arange(N) % 3
    return Target(y[used], name, 0, folds[used], weight[used])


@pytest.mark.parametrize("name", list(TARGETS))
def test_rows_of_weight_zero_are_not_there(name: str) -> None:
    weight = np.where(np.arange(N) % 4 == 1, 0.0, 0.5 + RNG.random(N))
    used, everywhere = weight > 0, np.full(N, True)
    target, alone = weighted(name, weight, everywhere), weighted(name, weight, used)
    made, expected = target_means("c", LEVELS, target), target_means("c", LEVELS[used], alone)
    assert made.kept == expected.kept
    np.testing.assert_allclose(made.pull, expected.pull)
    np.testing.assert_allclose(made.means, expected.means, atol=1e-12)
    own = made.own(LEVELS, target)[used]
    np.testing.assert_allclose(own, expected.own(LEVELS[used], alone), atol=1e-12)


def test_weighted_means_equal_a_loop() -> None:
    weight = 0.5 + RNG.random(N)
    target = weighted("regression", weight, np.full(N, True))
    made, y, w = target_means("c", LEVELS, target), target.scores()[:, 0], target.weights()
    for level in made.kept[:5]:
        sums = size = 0.0
        for i in range(N):
            if LEVELS[i] == level:
                sums, size = sums + w[i] * y[i], size + w[i]
        found = made.transform(pd.Series([level], dtype=object))[0]
        np.testing.assert_allclose(found, sums / (size + made.pull))


def test_the_pull_of_weighted_rows_reads_their_noise_as_smaller() -> None:
    rng = np.random.default_rng(9)
    codes, weight = rng.integers(0, 1500, 12_000), rng.choice([0.5, 1.0, 2.0], 12_000)
    weight /= weight.mean()
    y = rng.normal(size=1500)[codes] + rng.normal(0, np.sqrt(2.0 / weight))
    target = Target(y, "regression", weight=weight)
    pull = target_means("c", pd.Series(codes.astype(str)), target).pull
    np.testing.assert_allclose(pull, 2.0, rtol=0.15)


def test_levels_seen_once_each_say_nothing() -> None:
    values = pd.Series([f"v{i}" for i in range(30)])
    target = Target(np.arange(30.0), "regression")
    encoder = target_means("c", values, target)
    assert encoder.kept == () and encoder.pull.tolist() == [STRONGEST]
    assert (encoder.transform(values) == 0).all() and (encoder.own(values, target) == 0).all()


def test_many_levels_are_counted_and_without_a_target_no_more() -> None:
    assert [e.names for e in many_levels("c", LEVELS, None)] == [("c:count",)]
    names = [e.names for e in many_levels("c", LEVELS, TARGETS["binary"])]
    assert names == [("c:count",), ("c:target",)]


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_not_encoded_into_the_rows_it_was_fitted_on(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 4000
    values = pd.Series(rng.integers(0, 800, n).astype(str))
    target = Target(rng.integers(0, 2, n), "binary", seed)
    encoder = target_means("c", values, target)

    def correlation(made: np.ndarray) -> float:
        return float(np.corrcoef(made[:, 0], target.y)[0, 1])

    assert abs(correlation(encoder.own(values, target))) < 4 / np.sqrt(n)
    assert correlation(encoder.transform(values)) > 0.25


def test_a_model_does_not_learn_to_trust_a_noise_column() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss, roc_auc_score

    rng = np.random.default_rng(6)
    n, half = 6000, 3000
    values = pd.Series(rng.integers(0, 600, n).astype(str))
    x = rng.normal(size=n)
    y = (x > rng.normal(0, 2, n)).astype(np.int64)
    target = Target(y[:half], "binary")
    encoder = target_means("c", values[:half], target)

    def scored(made: np.ndarray) -> tuple[float, float]:
        scale = made.std()
        model = LogisticRegression().fit(np.column_stack([x[:half], made / scale]), y[:half])
        new = encoder.transform(values[half:]) / scale
        p = model.predict_proba(np.column_stack([x[half:], new]))[:, 1]
        alone = roc_auc_score(y[half:], encoder.transform(values[half:])[:, 0])
        return log_loss(y[half:], p), alone

    plain = LogisticRegression().fit(x[:half, None], y[:half]).predict_proba(x[half:, None])
    honest, alone = scored(encoder.own(values[:half], target))
    leaking, _ = scored(encoder.transform(values[:half]))
    assert abs(alone - 0.5) < 0.03
    assert honest < log_loss(y[half:], plain) + 0.005
    assert leaking > honest + 0.02
