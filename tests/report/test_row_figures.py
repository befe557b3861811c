"""Figures of row-wise weights, nets and gains: they draw what the tables hold."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Text

from stackkit.report import figures
from stackkit.report.figures.chart import BLUE, RED, Chart

MEMBERS = [f"quite_a_long_name_{j:02}" for j in range(18)]
COMMON = {"metric": "rmse", "cv": 1.0}


def weights(n: int = 500, seed: int = 0, names: list[str] = MEMBERS) -> pd.DataFrame:
    made = np.random.default_rng(seed).dirichlet(np.ones(len(names)), n)
    return pd.DataFrame(made, columns=names)


def feature(n: int = 500) -> pd.Series:
    return pd.Series(np.random.default_rng(1).normal(size=n), name="position")


def candidates(m: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    gain = np.sort(rng.normal(size=m))[::-1]
    columns = {"name": [f"candidate_number_{j:02}" for j in range(m)], "role": ["blend", "meta"] *
               (m // 2), "on_mean": gain, "mean_low": gain - 0.5, "mean_high": gain + 0.5,
               "on_best": gain, "best_low": gain - 0.1, "best_high": gain + 0.1,
               "models": 18, "same_as": ""}  # fmt: skip
    return pd.DataFrame(columns)


def gains(panels: int = 3) -> pd.DataFrame:
    families = ["dynamic", "negative_correlation", "neural", "linear"] * 3
    rows = [{"competition": f"table {p}", "name": f"a_model_of_number_{j}", "family": family,
             "gain": 1 - j / 4, "low": 0.8 - j / 4, "high": 1.1 - j / 4, **COMMON}
            for p in range(panels) for j, family in enumerate(families)]  # fmt: skip
    return pd.DataFrame(rows)


def path(fits: int = 3, loss: float = 0.5) -> pd.DataFrame:
    rows = [{"fit": f"r0f{f}", "setting": s, "loss": loss - s / 10 + f / 100, "individual": loss +
             s / 10, "ambiguity": s / 5, "start": 1.0, "chosen": s == 0.6 and f > 0}
            for f in range(fits) for s in (0.0, 0.1, 0.3, 0.6)]  # fmt: skip
    return pd.DataFrame(rows)


CHARTS = {
    "map": lambda: figures.selection_map(weights(), feature()),
    "candidates": lambda: figures.candidate_gains(candidates()),
    "gains": lambda: figures.gains_on_static(gains(5)),
    "path": lambda: figures.lambda_path(path()),
    "losses": lambda: figures.losses_by_meta_feature(
        pd.DataFrame({f"spread.{j}": feature() for j in range(5)}), np.arange(500.0)
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_words_stay_on_the_picture_and_apart(name: str) -> None:
    chart = CHARTS[name]()
    chart.draw_without_rendering()
    assert chart.bbox.width <= 901
    for axes in chart.axes:
        if not axes.get_visible():
            continue
        labels = [t for t in (*axes.texts, *axes.get_yticklabels()) if t.get_text()]
        boxes = [Text.get_window_extent(t) for t in labels]
        for box in boxes:
            assert box.x0 > -2 and box.x1 < chart.bbox.x1 + 2
        for one, other in combinations(boxes, 2):
            assert not one.shrunk(0.8, 0.6).overlaps(other.shrunk(0.8, 0.6))


def image_of(chart: Chart, place: int) -> np.ndarray:
    return np.asarray(chart.axes[place].images[0].get_array())


@pytest.mark.parametrize("seed", range(3))
def test_a_map_holds_mean_weights_by_part(seed: int) -> None:
    table, values = weights(240, seed, list("abc")), feature(240)
    static = pd.DataFrame({"member": ["a", "c"], "weight": [0.25, 0.75]})
    chart = figures.selection_map(table, values, static)
    order = [t.get_text() for t in chart.axes[0].get_yticklabels()]
    parts = np.argsort(np.argsort(values.to_numpy())) // 10
    drawn = image_of(chart, 1)
    for i, name in enumerate(order):
        by_hand = [table[name].to_numpy()[parts == p].mean() for p in range(24)]
        np.testing.assert_allclose(drawn[i], by_hand)
    beside = dict(zip(order, image_of(chart, 0)[:, 0], strict=True))
    assert beside == {"a": 0.25, "b": 0.0, "c": 0.75}


def test_rows_without_weights_are_left_out() -> None:
    values = feature(60)
    some = weights(60, 0, ["a", "b"]).loc[values.index[values > 0]]
    chart = figures.selection_map(some, values)
    edges = [float(t.get_text()) for t in chart.axes[0].get_xticklabels()]
    assert min(edges) > 0


def test_no_models_were_kept() -> None:
    nothing = (figures.selection_map(pd.DataFrame(), feature()),
               figures.region(None, (), pd.DataFrame(), feature()))  # fmt: skip
    assert all("keep_models" in chart.axes[0].texts[0].get_text() for chart in nothing)


def test_members_stand_in_the_order_of_their_places() -> None:
    values = feature(480)
    left = (values < 0).astype(float)
    table = pd.DataFrame({"right": 1 - left, "left": left})
    chart = figures.selection_map(table, values)
    assert [t.get_text() for t in chart.axes[0].get_yticklabels()] == ["left", "right"]


def test_levels_are_parts_of_their_own() -> None:
    values = pd.Series(["x", "y", "y", "z"] * 30, name="kind", dtype="category")
    table = pd.DataFrame({"a": (values == "y").astype(float), "b": (values != "y").astype(float)})
    chart = figures.selection_map(table, values)
    ticks = [t.get_text() for t in chart.axes[0].get_xticklabels()]
    assert ticks == ["x", "y", "z"]
    rows = [t.get_text() for t in chart.axes[0].get_yticklabels()]
    np.testing.assert_array_equal(image_of(chart, 0)[rows.index("a")], [0, 1, 0])


def test_few_numbers_are_levels_with_missing_values_left_out() -> None:
    values = pd.Series([1 / 3, 10.0, 2.0, np.nan] * 30, name="kind")
    table = pd.DataFrame({"a": (values == 2).astype(float), "b": 0.5})
    chart = figures.selection_map(table, values)
    ticks = [t.get_text() for t in chart.axes[0].get_xticklabels()]
    assert ticks == ["0.333", "2", "10"]
    rows = [t.get_text() for t in chart.axes[0].get_yticklabels()]
    np.testing.assert_array_equal(image_of(chart, 0)[rows.index("a")], [0, 1, 0])


@pytest.mark.parametrize("width", [1, 3])
def test_a_region_rings_the_neighbours_and_colours_who_is_nearer(width: int) -> None:
    rng = np.random.default_rng(width)
    y = rng.integers(0, 3, 50) if width == 3 else rng.normal(size=50)
    made = [rng.dirichlet(np.ones(3), 50) if width == 3 else rng.normal(size=(50, 1))
            for _ in range(2)]  # fmt: skip
    a, b = (SimpleNamespace(name=n, oof=p) for n, p in zip("ab", made, strict=True))
    explained = pd.DataFrame({"row": 7, "member": ["a", "b"], "weight": [0.3, 0.7],
                              "neighbours": [(1, 2, 3)] * 2})  # fmt: skip
    values = pd.Series(np.arange(50.0), name="x")
    chart = figures.region(SimpleNamespace(y=y), (a, b), explained, values)
    lines = {line.get_label(): line for line in chart.axes[0].lines}
    shown = [p[np.arange(50), y] if width == 3 else p[:, 0] for p in made]
    error = [np.abs(s - (1.0 if width == 3 else y)) for s in shown]
    nearer = np.flatnonzero(error[0] < error[1])
    assert list(lines["a is nearer to the truth"].get_xdata()) == list(values[nearer])
    assert list(lines["its region of competence"].get_xdata()) == [1, 2, 3]
    assert lines["row 7"].get_ydata()[0] == shown[0][7] - shown[1][7]
    assert "30% to a and 70% to b" in chart.axes[0].get_title()


def test_a_path_is_that_of_each_fit_and_their_mean() -> None:
    chart = figures.lambda_path(path())
    left, right = chart.axes
    thick = {to_hex(line.get_color()).upper(): line for line in left.lines
             if line.get_linewidth() == 2.5 and len(line.get_xdata())}  # fmt: skip
    np.testing.assert_allclose(thick[BLUE].get_ydata(), [0.51, 0.5, 0.48, 0.45])
    np.testing.assert_allclose(thick[RED].get_ydata(), [0.5, 0.51, 0.53, 0.56])
    np.testing.assert_allclose(right.lines[-1].get_ydata(), [0, 0.02, 0.06, 0.12])
    words = [t.get_text() for t in chart.legends[0].get_texts()]
    assert "chosen, by 2 of 3 Fits" in words
    assert "the blend they begin at" not in words
    near = figures.lambda_path(path(loss=0.99)).legends[0].get_texts()
    assert "the blend they begin at" in [t.get_text() for t in near]
    assert "keep_models" in figures.lambda_path(path(0)).axes[0].texts[0].get_text()


def filled(chart: Chart, place: int) -> list[bool]:
    marks = [line for line in chart.axes[place].lines if line.get_marker() in "osD"]
    return [line.get_markerfacecolor() != "white" for line in marks]


def test_marks_are_filled_where_the_interval_is_clear_of_nothing() -> None:
    table = candidates(24)
    clear = (table.mean_low > 0) | (table.mean_high < 0)
    assert clear.any() and not clear.all()
    assert filled(figures.candidate_gains(table, "mean"), 0) == list(clear)
    none = figures.candidate_gains(table.assign(role="base"))
    assert "Nothing" in none.axes[0].texts[0].get_text()


def test_of_many_candidates_the_best_and_the_named_are_drawn() -> None:
    table = candidates(60)
    table.loc[50, "name"], table.loc[57, "name"] = "mean", "mine"
    chart = figures.candidate_gains(table, "mean", names=("mean", "mine"))
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names == [*table.name[:23], "mean", "mine"]
    assert "25 of 60" in chart.axes[0].get_title()
    few = figures.candidate_gains(table[:10], "mean")
    assert "of" not in few.axes[0].get_title().split()


def test_candidates_of_the_same_predictions_are_one_row() -> None:
    table = candidates(10)
    table.loc[[2, 4, 7], "same_as"] = table.name[3]
    table.loc[[8, 9], "same_as"] = "a_base_model"
    chart = figures.candidate_gains(table, "mean", names=[table.name[7]])
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    first, base = f"{table.name[3]} (+2 alike)", f"{table.name[8]} (+1 alike)"
    assert names == [*table.name[:2], first, *table.name[5:8], base]


def upright(chart: Chart) -> set[float]:
    """Where lines stand across the whole panel."""
    lines = [line.get_xdata() for line in chart.axes[0].lines if list(line.get_ydata()) == [0, 1]]
    return {float(x[0]) for x in lines}


def test_the_best_base_model_and_the_mean_are_lines() -> None:
    table = candidates(20)
    table.loc[4, ["name", "on_best"]] = "mean", 0.7
    table.loc[19, ["role", "on_mean"]] = "base", -0.4
    assert upright(figures.candidate_gains(table, "mean")) == {0, -0.4, table.on_mean[4]}
    assert upright(figures.candidate_gains(table, "best")) == {0, 0.7, table.on_best[19]}
    table.loc[19, "on_mean"] = -1000.0
    far = figures.candidate_gains(table, "mean")
    assert -1000.0 not in upright(far) and far.axes[0].get_xlim()[0] > -10
    words = [text.get_text() for text in far.legends[0].get_texts()]
    assert "the best base model, off the axis: -1000.0" in words


def arrows(axes: Axes) -> dict[int, tuple[str, bool]]:
    """Row -> where an arrow points and whether it is filled."""
    marks = [line for line in axes.lines if line.get_marker() in "<>" and line.get_marker()]
    return {
        int(line.get_ydata()[0]): (line.get_marker(), line.get_markerfacecolor() != "white")
        for line in marks
    }


@pytest.mark.parametrize("sign", [-1, 1])
def test_what_is_far_off_is_an_arrow(sign: int) -> None:
    table = gains(1)
    assert arrows(figures.gains_on_static(table).axes[0]) == {}
    table.loc[0, ["gain", "low", "high"]] = 100.0 * sign
    table.loc[1, "high" if sign > 0 else "low"] = 100.0 * sign
    axes = figures.gains_on_static(table).axes[0]
    mark = ">" if sign > 0 else "<"
    assert arrows(axes) == {0: (mark, True), 1: (mark, False)}
    assert -10 < axes.get_xlim()[0] < axes.get_xlim()[1] < 10
    rest = table[["gain", "low", "high"]][2:].to_numpy()
    assert axes.get_xlim()[0] < rest.min() and rest.max() < axes.get_xlim()[1]


def test_losses_are_means_of_tenths() -> None:
    values = pd.Series(np.random.default_rng(0).permutation(200).astype(float))
    table = pd.DataFrame({"spread.deviation": values, "constant": 1.0})
    chart = figures.losses_by_meta_feature(table, 2 * values.to_numpy())
    (axes,) = [a for a in chart.axes if a.get_visible()]
    drawn = np.asarray(axes.lines[0].get_ydata(), dtype=float)
    np.testing.assert_allclose(drawn, 2 * (np.arange(10) * 20 + 9.5))
    none = figures.losses_by_meta_feature(table[["constant"]], values.to_numpy())
    assert "No meta-feature" in none.axes[0].texts[0].get_text()
