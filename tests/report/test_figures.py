"""Figures and summaries: they draw what the records hold, label it, and leave pyplot alone."""

from __future__ import annotations

import io
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
from stackkit.evaluation import GateDecision
from stackkit.predictions import Predictions
from stackkit.report import figures, summaries
from stackkit.report.figures.stacking import MOST_MEMBERS
from stackkit.report.figures.truth import reliability

TASKS = ("regression", "binary", "multiclass")


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


@pytest.fixture(scope="module")
def charts(any_task: Competition) -> dict[str, figures.Chart]:
    """Every figure of one task, by name."""
    records = [make_record(any_task, name, 0.1 * i + 0.1) for i, name in enumerate("abcd")]
    return {
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
        assert any(titles) or chart.get_suptitle(), name
        labels = [axes.get_xlabel() for axes in chart.axes]
        assert any(labels) or chart.get_supxlabel() or name == "correlation", name


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
    assert f"the {MOST_MEMBERS} largest of {MOST_MEMBERS + 3}" in texts(chart)


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


def test_a_record_without_test_has_nothing_to_compare(pool3: list[Predictions]) -> None:
    competition = Competition  # no competition is looked at
    with pytest.raises(PredictionError, match="test predictions"):
        figures.oof_and_test(competition, pool3[0].with_(test=None))
