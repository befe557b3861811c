"""Figures of diversity and pruning: they draw what the tables hold, and label it within bounds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from stackkit.report.figures import diversity, pruning
from stackkit.report.figures.chart import RED, Chart

NAMES = [f"quite_a_long_name_{j:02}" for j in range(20)]


def square(names: list[str], seed: int = 0) -> pd.DataFrame:
    """A symmetric table of numbers in (0, 1), 1 in the diagonal."""
    rng = np.random.default_rng(seed)
    half = np.triu(rng.random((len(names), len(names))), 1)
    return pd.DataFrame(half + half.T + np.eye(len(names)), index=names, columns=names)


def pairs(names: list[str], seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(a, b, rng.random(), rng.random()) for a, b in combinations(names, 2)]
    return pd.DataFrame(rows, columns=["a", "b", "kappa", "error"])


def fronts() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    loss, apart = np.sort(rng.random(20)), rng.random(20)
    front = apart >= np.maximum.accumulate(apart)
    columns = {"name": NAMES, "role": ["base", "meta"] * 10, "score": loss, "loss": loss,
               "difference": apart, "front": front}  # fmt: skip
    return pd.DataFrame(columns)


def curve() -> pd.DataFrame:
    t = np.linspace(0, 1, 11)
    names = [tuple(NAMES[k : k + 3]) for k in (0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 5)]
    average = np.array([0.3 + 0.01 * NAMES.index(n[0]) for n in names])
    gained = np.array([0.03 * NAMES.index(n[0]) ** 0.5 for n in names])
    columns = {"trade_off": t, "names": names, "average": average, "diversity": gained,
               "loss": average - gained, "score": average}  # fmt: skip
    return pd.DataFrame(columns)


def steps(names: list[str], kept: int) -> pd.DataFrame:
    m = len(names)
    own = np.linspace(0.3, 0.5, m)
    columns = {"place": range(1, m + 1), "name": names, "score": own, "ensemble": own - 0.05,
               "diversity": 0.1, "seconds": np.arange(m) + 0.5}  # fmt: skip
    return pd.DataFrame(columns).assign(kept=np.arange(m) < kept)


CHARTS = {
    "kappa": lambda: diversity.kappa_error(pairs(NAMES)),
    "q": lambda: diversity.pairwise(square(NAMES), "q"),
    "double": lambda: diversity.pairwise(square(NAMES), "double_fault"),
    "pareto": lambda: pruning.pareto(fronts()),
    "trade": lambda: pruning.trade_off(curve()),
    "pruned": lambda: pruning.pruned(steps(NAMES, 7), "auc"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_words_stay_on_the_picture_and_apart_at_20_models(name: str) -> None:
    chart = CHARTS[name]()
    chart.draw_without_rendering()
    assert chart.bbox.width <= 801
    for axes in chart.axes:
        labels = [t for t in (*axes.texts, *axes.get_yticklabels()) if t.get_text()]
        boxes = [Text.get_window_extent(t) for t in labels]  # of the words, not of their lines
        for text, box in zip(labels, boxes, strict=True):
            assert box.x0 > -2 and box.x1 < chart.bbox.x1 + 2, text
        for one, other in combinations(boxes, 2):
            assert not (one.shrunk(0.8, 0.6).overlaps(other.shrunk(0.8, 0.6)))
    assert chart.axes[0].get_title() or chart.axes[0].get_title(loc="left")


def red_points(chart: Chart) -> set[tuple[float, float]]:
    lines = [line for line in chart.axes[0].lines if line.get_color() == RED]
    return {tuple(point) for line in lines for point in line.get_xydata()}


def test_the_front_of_pairs_is_named() -> None:
    table = pairs(NAMES[:6], 3)
    chart = diversity.kappa_error(table)
    front = {
        (one.kappa, one.error)
        for one in table.itertuples()
        if not any(o.kappa < one.kappa and o.error <= one.error for o in table.itertuples())
    }
    assert red_points(chart) == front
    words = [t.get_text() for t in chart.axes[0].texts]
    numbers = [f"{k}" for k in range(1, len(front) + 1)]
    assert [w for w in words if "+" not in w] == numbers
    assert [w.split()[0] for w in words if "+" in w] == numbers
    assert f"{len(front)} of 15 pairs" in chart.axes[0].get_title()
    assert "two models" in diversity.kappa_error(table.iloc[:0]).axes[0].texts[0].get_text()


def test_pairs_at_one_point_share_a_number_and_a_large_mark() -> None:
    rows = [("a", "b", 0.1, 0.5), ("c", "d", 0.1001, 0.4999), ("e", "f", 0.9, 0.1),
            ("m", "n", 0.9, 0.1),
            ("g", "h", 0.9, 0.9), ("i", "j", 0.9, 0.9), ("k", "l", 0.9, 0.9)]  # fmt: skip
    chart = diversity.kappa_error(pd.DataFrame(rows, columns=["a", "b", "kappa", "error"]))
    words = [t.get_text() for t in chart.axes[0].texts]
    assert sorted(words) == ["1", "1  a + b", "1  c + d", "2", "2  e + f", "2  m + n"]
    sizes = chart.axes[0].collections[0].get_sizes() / diversity.AREA
    assert sorted(sizes) == [2, 2, 3]
    assert [t.get_text() for t in chart.legends[0].get_texts()] == ["1 pair", "2 pairs", "3 pairs"]
    alone = diversity.kappa_error(pairs(list("abc"), 4))
    assert not alone.legends and set(alone.axes[0].collections[0].get_sizes()) == {diversity.AREA}


@pytest.mark.parametrize("measure", diversity.MEASURES)
def test_a_heat_map_holds_the_table(measure: str) -> None:
    table = square(list("abcd"), 2)
    chart = diversity.pairwise(table, measure)
    order = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    drawn = np.asarray(chart.axes[0].images[0].get_array().data)
    assert np.array_equal(drawn, table.loc[order, order].to_numpy())
    low, high = chart.axes[0].images[0].get_clim()
    apart = drawn[~np.eye(4, dtype=bool)]
    assert low <= apart.min() and high >= apart.max()
    assert (low == 0) == (measure in ("disagreement", "double_fault") or apart.min() < 0.1)


def test_like_models_stand_side_by_side() -> None:
    names = ["a", "b", "c", "d"]
    far = pd.DataFrame(0.4 - 0.4 * np.eye(4), index=names, columns=names)
    far.loc["a", "c"] = far.loc["c", "a"] = 0.1
    for measure, table in (("disagreement", far), ("q", 1 - far), ("double_fault", 0.5 - far)):
        ticks = diversity.pairwise(table, measure).axes[0].get_yticklabels()
        order = [label.get_text() for label in ticks]
        assert abs(order.index("a") - order.index("c")) == 1


def test_models_on_the_front_are_filled() -> None:
    table = fronts()
    axes = pruning.pareto(table).axes[0]
    filled = {tuple(line.get_xydata()[0]) for line in axes.lines
              if len(line.get_xdata()) == 1 and line.get_markerfacecolor() != "white"}  # fmt: skip
    assert filled == set(zip(table.difference[table.front], table.loss[table.front], strict=True))
    assert axes.yaxis_inverted()
    assert "like no other" in pruning.pareto(table.iloc[:1]).axes[0].texts[0].get_text()


def test_the_least_loss_of_all_trade_offs_is_ringed() -> None:
    table = curve()
    chart = pruning.trade_off(table)
    best = table.loc[table.loss.idxmin()]
    assert red_points(chart) == {(best.diversity, best.average)}
    assert chart.axes[0].get_title().startswith("Trade-off 0.5 to 0.6 loses least")
    spans = {text.get_text() for text in chart.axes[0].texts}
    assert {"0 to 0.2", "0.3 to 0.4", "0.5 to 0.6", "0.7", "0.8", "0.9 to 1"} == spans


def test_what_stays_lies_above_the_line() -> None:
    axes = pruning.pruned(steps(NAMES[:5], 2), "auc").axes[0]
    line = next(line for line in axes.lines if line.get_color() == RED)
    assert set(line.get_ydata()) == {1.5}
    assert axes.get_title(loc="left") == "2 of 5 models stay"
    assert [t.get_text() for t in axes.texts][:2] == ["0.5", "1.5"]
    whole = pruning.pruned(steps(NAMES[:5], 5).assign(seconds=np.nan), "auc").axes[0]
    assert RED not in [line.get_color() for line in whole.lines]
    assert [t.get_text() for t in whole.texts][:2] == ["–", "–"]


def test_long_orders_are_cut_and_say_so() -> None:
    names = [f"m{j}" for j in range(pruning.MOST_ROWS + 5)]
    axes = pruning.pruned(steps(names, 3), "auc").axes[0]
    assert axes.get_title(loc="left") == "3 of 45 models stay, the first 40 shown"
