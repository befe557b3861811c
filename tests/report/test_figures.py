"""Figures and summaries: they draw what the records hold, label it, and leave pyplot alone."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib import rcParams

import stackkit
from stackkit.competition import Competition
from stackkit.errors import PredictionError
from stackkit.evaluation import AdversarialValidation, GateDecision
from stackkit.folds import Folds
from stackkit.predictions import Predictions
from stackkit.report import figures, summaries
from stackkit.report.figures.chart import clipped, spread
from stackkit.report.figures.costs import frontier
from stackkit.report.figures.data import PLAN
from stackkit.report.figures.stacking import MOST_MEMBERS, _with_error
from stackkit.report.figures.truth import reliability
from stackkit.report.figures.verdicts import roc_points

TASKS = ("regression", "binary", "multiclass")
NO_AXIS = ("correlation", "disagreement", "missing", "shift")  # heat maps, a sentence, and titles


def make_record(
    competition: Competition, name: str, noise: float = 0.3, **fields: Any
) -> Predictions:
    """Predictions with some noise around the truth, and made-up scores and costs."""
    rng = np.random.default_rng(len(name))
    n, m, c = competition.n_rows, competition.n_test, competition.width
    if competition.task == "regression":
        oof = competition.y[:, None] + noise * rng.normal(size=(n, 1))
        test = rng.normal(size=(m, 1))
    else:
        codes = np.arange(c) if c > 1 else np.ones(1)
        raw = (competition.y[:, None] == codes) + noise * rng.random((n, c))
        oof = raw / (raw.sum(axis=1, keepdims=True) if c > 1 else 1 + noise)
        test = rng.dirichlet(np.ones(max(c, 2)), m)[:, :c]
    folds = {f"r0f{k}": noise + 0.1 * k for k in range(3)}
    scores = {"metric": competition.metric.name, "greater_is_better": False, "cv": noise,
              "fold_mean": noise + 0.1, "fold_sd": 0.1, "folds": folds}  # fmt: skip
    phase = {"wall": 1.5, "cpu": 1.0, "start": 0.0, "end": 1.5, "peak_mb": 20.0}
    cost = {"fits": {f: {"prepare": phase, "fit": phase, "predict": phase} for f in folds}}
    given = {"output": "value" if competition.task == "regression" else "proba", **fields}
    return Predictions(
        name=name, key=f"{name:0<64}", oof=oof.astype(np.float32), test=test.astype(np.float32),
        target=competition.target, scores=scores, cost=cost, **given,
    )  # fmt: skip


def decision(record: Predictions, **leak: float | None) -> GateDecision:
    """A decision with candidates of growing gains."""
    gains = {name: 0.1 * i for i, name in enumerate(leak)}
    return GateDecision(record, gains, dict.fromkeys(leak, 0.02), leak, "because")


def texts(chart: figures.Chart) -> str:
    """All words on a chart."""
    found = chart.findobj(lambda artist: hasattr(artist, "get_text"))
    return "\n".join(artist.get_text() for artist in found)


def pixels(chart: figures.Chart) -> np.ndarray:
    """The chart as Jupyter would show it."""
    return matplotlib.image.imread(io.BytesIO(chart._repr_png_()))


@pytest.fixture(scope="module", params=TASKS)
def any_task(request: pytest.FixtureRequest, competition: Callable[..., Competition]) -> Any:
    return competition(request.param)


@pytest.fixture
def binary(competition: Callable[..., Competition]) -> Competition:
    return competition("binary")


@pytest.fixture
def pool3(binary: Competition) -> list[Predictions]:
    return [make_record(binary, "a", 0.3), make_record(binary, "b", 0.1, role="meta"),
            make_record(binary, "prior", 9.0)]  # fmt: skip


def weights(members: int) -> pd.DataFrame:
    """Weights of a blend whose last member weighs most."""
    return pd.DataFrame(
        [
            ("mine", fit, f"m{i:02}", i / members)
            for fit in ("r0f0", "full")
            for i in range(members)
        ],
        columns=["blend", "fit", "member", "weight"],
    )


def importance(models: int = 2) -> pd.DataFrame:
    """What `permutation_importance` makes."""
    rows = [
        (f"model{m}", column, fold, 0.1 * j - 0.05 * m)
        for m in range(models)
        for j, column in enumerate(["x", "a_column_with_a_rather_long_name_indeed"])
        for fold in ("r0f0", "r0f1", "all")
    ]
    return pd.DataFrame(rows, columns=["model", "column", "fold", "drop"])


def shift(competition: Competition) -> AdversarialValidation:
    """A made-up validation whose strongest driver is the last column."""
    drivers = pd.DataFrame(
        {
            "column": list(reversed(competition.kinds)),
            "kind": list(reversed(competition.kinds.values())),
            "drop": np.linspace(0.2, 0, len(competition.kinds)),
            "drop_sd": 0.01,
            "alone": np.nan,
            "looks_like": "",
        }
    )
    return AdversarialValidation((0.6, 0.7), drivers, (5, 5))


def segment_table() -> pd.DataFrame:
    """What `segment_losses` makes: one segment beyond chance, one not."""
    rows = [("x", "up to 1", 40, 1.5, 1.5, 0.1), ("a_long_column", "= a_level", 900, 1.1, 1.1, 0.3)]
    return pd.DataFrame(rows, columns=["column", "segment", "rows", "loss", "ratio", "se"])


def metas() -> pd.DataFrame:
    """What `meta_coefficients` makes, of two classes that listen to their own column."""
    rows = [
        ("linear", fit, member, k, j, w * (1 if k == j else -1))
        for fit in ("r0f0", "r0f1")
        for member, w in (("a", 0.8), ("b", -0.2))
        for k in "uv"
        for j in "uv"
    ]
    return pd.DataFrame(rows, columns=["meta", "fit", "member", "class", "column", "weight"])


@pytest.fixture(scope="module")
def charts(any_task: Competition, plan: Callable[..., Folds]) -> dict[str, figures.Chart]:
    """Every figure of one task, by name."""
    records = [make_record(any_task, name, 0.1 * i + 0.1) for i, name in enumerate("abcd")]
    alike = stackkit.error_correlation(any_task, records)
    apart = stackkit.disagreement(any_task, records)
    folds = plan()
    return {
        "missing": figures.missing_values(any_task),
        "target": figures.target(any_task),
        "folds": figures.fold_plan(any_task, folds),
        "adversarial": figures.adversarial(shift(any_task)),
        "shift": figures.train_and_test(any_task, shift(any_task)),
        "importance": figures.importances(importance(), "auc"),
        "worth": figures.cost_and_score(records),
        "disagreement": figures.disagreement(apart, any_task.task),
        "quality": figures.quality_and_likeness(records, alike),
        "coefficients": figures.coefficients(metas()),
        "lines": figures.fold_lines(records),
        "errors": figures.errors(any_task, folds, records[2]),
        "decisions": figures.decisions(any_task, folds, records[2]),
        "segments": figures.segments(segment_table(), "loss"),
        "scores": figures.scores_by_fold(records, 0.05),
        "costs": figures.costs(records),
        "truth": figures.against_truth(any_task, records),
        "correlation": figures.error_correlation(stackkit.error_correlation(any_task, records)),
        "weights": figures.blend_weights(weights(3)),
        "gains": figures.gains(decision(records[0], b=None, c=0.1)),
        "test": figures.oof_and_test(any_task, records[0]),
    }


def test_every_chart_is_labelled_and_at_most_800_pixels_wide(
    charts: dict[str, figures.Chart],
) -> None:
    for name, chart in charts.items():
        image = pixels(chart)
        assert 400 <= image.shape[1] <= 800, name
        assert image[..., :3].min() < 0.5, name
        titles = [axes.get_title() or axes.get_title(loc="left") for axes in chart.axes]
        assert any(titles) or chart.get_suptitle() or "No column" in texts(chart), name
        labels = [axes.get_xlabel() for axes in chart.axes]
        assert any(labels) or chart.get_supxlabel() or name in NO_AXIS, name


def test_words_stay_on_the_picture(charts: dict[str, figures.Chart]) -> None:
    for name, chart in charts.items():
        chart.draw_without_rendering()
        for axes in chart.axes:
            if axes.get_visible():
                for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts):
                    box = text.get_window_extent()
                    if text.get_text():
                        assert box.x0 > -2 and box.x1 < chart.bbox.x1 + 2, (name, text)


def test_nothing_global_changes() -> None:
    before = dict(rcParams)
    code = (
        "import sys, warnings\n"
        "from stackkit import figures\n"
        "figures.Chart(2.0)._repr_png_()\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
    assert dict(rcParams) == before


def test_scores_stand_best_first_and_name_what_is_left_out(pool3: list[Predictions]) -> None:
    chart = figures.scores_by_fold(pool3)
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names == ["b", "a"]
    assert "prior, not drawn: 9" in texts(chart)
    assert "best achievable" not in texts(chart)
    assert "best achievable 0.05" in texts(figures.scores_by_fold(pool3, 0.05))


def test_a_lonely_prior_is_drawn(pool3: list[Predictions]) -> None:
    chart = figures.scores_by_fold(pool3[2:])
    assert [label.get_text() for label in chart.axes[0].get_yticklabels()] == ["prior"]
    assert "not drawn" not in texts(chart)


def test_costs_add_up_phases_over_fits(pool3: list[Predictions]) -> None:
    table = summaries.costs(pool3)
    assert table.loc[0, ["fits", "prepare", "cpu", "peak_mb"]].tolist() == [3, 4.5, 9.0, 20.0]
    assert "13.5" in texts(figures.costs(pool3))


def test_reliability_against_a_loop() -> None:
    rng = np.random.default_rng(3)
    p = np.round(rng.random(500), 2)
    happened = rng.random(500) < p
    points = reliability(happened, p, bins=4)
    edges = [-1.0, *np.unique(np.quantile(p, [0.25, 0.5, 0.75])), 2.0]
    for (mean, share), low, high in zip(points, edges[:-1], edges[1:], strict=True):
        inside = [i for i in range(500) if low < p[i] <= high]
        assert mean == pytest.approx(np.mean(p[inside]))
        assert share == pytest.approx(np.mean(happened[inside]))


def test_reliability_of_a_constant_is_one_point() -> None:
    assert reliability(np.array([True, False]), np.array([0.5, 0.5])).tolist() == [[0.5, 0.5]]


def test_unscored_rows_are_not_drawn(competition: Callable[..., Competition]) -> None:
    made = competition("regression")
    record = make_record(made, "a")
    oof = record.oof.copy()
    oof[:10] = np.nan
    chart = figures.against_truth(made, [record.with_(oof=oof)])
    assert len(chart.axes[0].collections[0].get_offsets()) == made.n_rows - 10
    pixels(figures.oof_and_test(made, record.with_(oof=oof)))


def test_error_correlation_against_numpy(any_task: Competition) -> None:
    records = [make_record(any_task, name, 0.3) for name in ("a", "bb")]
    table = stackkit.error_correlation(any_task, records)
    codes = np.arange(any_task.width) if any_task.width > 1 else np.ones(1)
    truth = any_task.y[:, None] * 1.0
    truth = truth if any_task.task == "regression" else (truth == codes) * 1.0
    errors = [(record.oof - truth).ravel() for record in records]
    assert table.loc["a", "bb"] == pytest.approx(np.corrcoef(errors)[0, 1], abs=1e-6)
    assert np.diag(table).tolist() == [1.0, 1.0]


def test_error_correlation_needs_common_rows(binary: Competition) -> None:
    record = make_record(binary, "a")
    first, last = record.oof.copy(), record.oof.copy()
    first[:30], last[30:] = np.nan, np.nan
    with pytest.raises(PredictionError, match="share"):
        stackkit.error_correlation(binary, [record.with_(oof=first), record.with_(oof=last)])


def test_weights_stand_largest_first_and_long_lists_are_cut() -> None:
    chart = figures.blend_weights(weights(MOST_MEMBERS + 3))
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names[0] == f"m{MOST_MEMBERS + 2}" and len(names) == MOST_MEMBERS
    assert f"the {MOST_MEMBERS} largest of {MOST_MEMBERS + 2}" in texts(chart)  # one weighs nothing


def test_without_kept_models_the_chart_says_so() -> None:
    assert "keep_models" in texts(figures.blend_weights(weights(0)))


def test_gains_tell_what_could_be_submitted(pool3: list[Predictions]) -> None:
    chart = figures.gains(decision(pool3[0], prior=0.0, mean=None, top=0.01))
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names == ["top", "mean"]
    shown = texts(chart)
    for words in ("leak measured", "leak not measured", "prior, not drawn: 0", "+0.200 ± 0.020"):
        assert words in shown


def test_gains_of_one_fold_have_no_error(pool3: list[Predictions]) -> None:
    one = GateDecision(pool3[0], {"a": 0.1}, {"a": np.inf}, {"a": None}, "because")
    assert "+0.1 ± inf" in texts(figures.gains(one))


@pytest.mark.parametrize(
    ("gain", "error", "words"),
    [
        (-3.0e-8, 2.4e-8, "(-3.0 ± 2.4)e-8"),
        (0.000123, 0.000045, "+0.000123 ± 0.000045"),
        (1234.5, 60.0, "+1234 ± 60"),
        (-1234.5, math.inf, "-1.23e+03 ± inf"),
        (0.0, 0.0, "+0 ± 0"),
    ],
)
def test_a_gain_is_told_to_the_digits_of_its_error(gain: float, error: float, words: str) -> None:
    assert _with_error(gain, error) == words


def test_a_record_without_test_has_nothing_to_compare(pool3: list[Predictions]) -> None:
    competition = Competition  # no competition is looked at
    with pytest.raises(PredictionError, match="test predictions"):
        figures.oof_and_test(competition, pool3[0].with_(test=None))


def test_gaps_stand_largest_first_with_test_beside_them() -> None:
    train = pd.DataFrame({"x": [1, None, 3, 4.0], "z": [None, None, 1, 2.0], "f": range(4)})
    made = Competition.from_frames(
        train.assign(y=[0, 1, 0, 1]), train.iloc[:2], target="y", metric="auc"
    )
    axes = figures.missing_values(made).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["z", "x"]
    assert [bar.get_width() for bar in axes.patches] == [0.5, 0.25]
    assert axes.lines[0].get_xdata().tolist() == [1.0, 0.5]
    assert "1 columns have none" in axes.get_xlabel()


def test_a_skewed_target_is_shown_on_two_scales(competition: Callable[..., Competition]) -> None:
    made = competition("regression")
    even = made.train.assign(y=np.linspace(1, 2, made.n_rows))
    plain = Competition.from_frames(even, target="y", metric="rmse", task="regression")
    assert len(figures.target(plain).axes) == 1
    skewed = Competition.from_frames(
        even.assign(y=np.exp(even.y**3)), target="y", metric="rmse", task="regression"
    )
    assert "log(1 + y)" in figures.target(skewed).axes[1].get_xlabel()


def test_the_plan_is_drawn_as_it_is(
    binary: Competition, plan: Callable[..., Folds], forward: Callable[..., Folds]
) -> None:
    folds = forward()
    chart = figures.fold_plan(binary, folds)
    image = chart.axes[0].images[0].get_array()
    assert image.shape == (folds.n_splits, folds.n_rows, 3)
    for fold in range(folds.n_splits):
        scored = [tuple(c) for c in np.asarray(image)[fold, folds.cell_rows(0, fold)]]
        fitted = [tuple(c) for c in np.asarray(image)[fold, folds.fit_rows(0, fold)]]
        assert len({*scored}) == len({*fitted}) == 1 and scored[0] != fitted[0]
    named = {text.get_text() for text in chart.legends[0].get_texts()}
    assert named == {"fitted on", "scored", "not used"}
    held = figures.fold_plan(binary, plan(held=6))
    assert {t.get_text() for t in held.legends[0].get_texts()} == set(PLAN) - {"not used"}


def test_without_a_test_set_the_charts_say_so(binary: Competition) -> None:
    assert "no test set" in texts(figures.adversarial(None))
    assert "no test set" in texts(figures.train_and_test(binary, None))


def test_columns_of_every_kind_are_set_side_by_side() -> None:
    rng, n = np.random.default_rng(0), 120
    frame = pd.DataFrame({
        "number": rng.normal(size=n), "few": rng.integers(3, size=n),
        "when": (pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n), "D")).astype(str),
        "level": rng.choice(["a", "b", None], size=n),
        "words": [f"row {'x' * (i % 20)} {i}" for i in range(n)],
    })  # fmt: skip
    made = Competition.from_frames(
        frame[:80].assign(y=rng.integers(2, size=80)), frame[80:], target="y", metric="auc"
    )
    chart = figures.train_and_test(made, shift(made))
    panels = {axes.get_title(): axes for axes in chart.axes if axes.get_title()}
    assert list(panels) == ["words (length)", "level", "when", "few", "number"]
    ticks = {t.get_text() for t in panels["level"].get_xticklabels()}
    assert ticks == {"a", "b", "missing"}
    assert {t.get_text() for t in panels["few"].get_xticklabels()} == {"0", "1", "2"}
    heights = sum(bar.get_height() for bar in panels["few"].patches)
    assert heights == pytest.approx(2)  # the shares of train, and those of test
    low, high = panels["when"].get_xlim()
    assert 2023.9 < low < high < 2024.5
    pixels(chart)


def test_importances_stand_in_one_order_and_say_what_was_not_kept() -> None:
    chart = figures.importances(importance(3), "auc")
    assert [axes.get_title() for axes in chart.axes] == ["model0", "model1"]
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names[1] == "x" and names[0].endswith("…") and len(names[0]) == 24
    assert "keep_models" in texts(figures.importances(importance(0), "auc"))


def test_nothing_cheaper_beats_the_frontier() -> None:
    rng = np.random.default_rng(0)
    cost, worth = rng.random(30), rng.random(30)
    best = frontier(cost, worth)
    expected = [
        i
        for i in range(30)
        if not any(cost[j] < cost[i] and worth[j] >= worth[i] for j in range(30))
    ]
    assert sorted(best.tolist()) == expected
    assert (np.diff(cost[best]) > 0).all()


def test_labels_keep_their_distance_and_move_little() -> None:
    places = np.array([0.1, 0.11, 0.12, 0.9])
    moved = spread(places, 0.1)
    assert moved == pytest.approx([0.01, 0.11, 0.21, 0.9])
    assert spread(np.array([0.99, 1.0]), 0.1) == pytest.approx([0.9, 1.0])
    assert spread(np.array([0.2, 0.8]), 0.1) == pytest.approx([0.2, 0.8])
    assert spread(np.full(11, 0.5), 0.1) == pytest.approx(np.linspace(0, 1, 11))


def test_points_of_quality_stand_at_score_and_highest_correlation(binary: Competition) -> None:
    records = [make_record(binary, name, noise) for name, noise in (("a", 0.3), ("bb", 0.5))]
    table = stackkit.error_correlation(binary, records)
    axes = figures.quality_and_likeness(records, table).axes[0]
    points = [tuple(line.get_xydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1]
    assert points == [pytest.approx((table.loc["a", "bb"], 0.3)),
                      pytest.approx((table.loc["a", "bb"], 0.5))]  # fmt: skip
    assert axes.yaxis_inverted()
    assert "like no other" in texts(figures.quality_and_likeness(records[:1], table))


def test_coefficients_are_those_on_the_own_class() -> None:
    axes = figures.coefficients(metas()).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0.8, -0.2])
    assert "keep_models" in texts(figures.coefficients(metas().iloc[:0]))


def test_the_roc_curve_against_a_loop() -> None:
    rng = np.random.default_rng(1)
    p = np.round(rng.random(60), 1)
    truth = rng.random(60) < p
    false, true = roc_points(truth, p)
    cuts = [np.inf, *sorted(set(p), reverse=True)]
    assert true.tolist() == pytest.approx([(p[truth] >= c).mean() for c in cuts])
    assert false.tolist() == pytest.approx([(p[~truth] >= c).mean() for c in cuts])


def test_the_confusion_holds_shares_of_true_classes(
    competition: Callable[..., Competition], plan: Callable[..., Folds]
) -> None:
    made = competition("multiclass")
    record = make_record(made, "a", 2.0)
    share = np.asarray(figures.errors(made, plan(), record).axes[0].images[0].get_array())
    named = record.oof.argmax(axis=1)
    for i in range(3):
        for j in range(3):
            assert share[i, j] == pytest.approx((named[made.y == i] == j).mean())


def test_cuts_give_what_counting_gives(binary: Competition, plan: Callable[..., Folds]) -> None:
    record = make_record(binary, "a", 2.0)
    axes = figures.decisions(binary, plan(), record).axes[0]
    curves = {line.get_label(): line.get_xydata() for line in axes.lines}
    truth, p = binary.y == 1, record.oof[:, 0].astype(float)
    for cut, precision in curves["precision"][::7]:
        assert precision == pytest.approx(truth[p > cut].mean())
    for cut, right in curves["accuracy"][::7]:
        assert right == pytest.approx(((p > cut) == truth).mean())
    assert "one half: 0.5" in curves


def test_the_metrics_own_cut_is_drawn(
    competition: Callable[..., Competition], plan: Callable[..., Folds]
) -> None:
    made = competition("binary", metric="f1")
    chart = figures.decisions(made, plan(), make_record(made, "a", 2.0))
    assert "the metric's own" in texts(chart)


def test_honest_scores_are_drawn_where_rows_were_held_out(binary: Competition) -> None:
    names = ["name", "cv", "holdout", "chains"]
    table = pd.DataFrame([["a", 0.5, 0.6, 0.7], ["prior", 0.9, 0.9, 0.9]], columns=names)
    axes = figures.honest(table, binary).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a"]
    assert "smaller is better" in axes.get_xlabel()
    without = figures.honest(table.assign(holdout=np.nan), binary)
    assert "holdout = 0.1" in texts(without)


def test_segments_beyond_chance_have_another_colour() -> None:
    axes = figures.segments(segment_table(), "loss").axes[0]
    colours = [bars[0].get_color() for bars in axes.containers]
    assert colours[0] != colours[1]
    assert axes.get_yticklabels()[0].get_text() == "x up to 1"
    assert "enough rows" in texts(figures.segments(segment_table().iloc[:0], "loss"))


def test_long_names_are_clipped() -> None:
    assert clipped(["short", "x" * 30], 10) == ["short", "x" * 9 + "…"]


def test_members_without_weight_are_counted_not_drawn() -> None:
    table = weights(5)
    table.loc[table.member.isin(table.member.unique()[:2]), "weight"] = 0.0
    axes = figures.blend_weights(table).axes[0]
    assert len(axes.get_yticklabels()) == 3
    assert "2 of 5 without weight" in axes.get_title(loc="left")
