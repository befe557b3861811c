"""Chart: a figure that Jupyter shows by itself, and what all figures share.

pyplot is never loaded, so no backend is chosen, no style is changed, and a chart is freed like any
other object. Colours are those of Okabe and Ito, which colour-blind readers can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stackkit.predictions import Predictions

WIDTH = 8.0
DPI = 100
MARGIN = 0.1  # inches beside each panel
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, GREY, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#7F7F7F", "#000000"
PALETTE = (BLUE, RED, GREEN, PINK, ORANGE, SKY, BLACK, GREY)
ROLES = {"base": (BLUE, "o"), "meta": (RED, "s"), "blend": (GREEN, "D")}
BASELINE = "prior"


class Chart(Figure):
    """A figure of 800 pixels width."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        super().__init__(figsize=(width, height), dpi=DPI, layout="constrained")
        self.get_layout_engine().set(w_pad=MARGIN)

    def _repr_png_(self) -> bytes:
        """What Jupyter shows."""
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        return picture.getvalue()


def row_chart(rows: int, head: float = 1.5, each: float = 0.36) -> Chart:
    """A chart whose height grows with its rows."""
    return Chart(head + each * max(rows, 2))


def grid(
    chart: Chart, panels: int, columns: int, *, sharex: bool = False, sharey: bool = False
) -> list[Axes]:
    """Axes for some panels, row by row; the rest of the last row stays empty.

    `sharex`, `sharey`: whether all panels have the same scale.
    """
    columns = min(columns, panels)
    rows = -(-panels // columns)
    axes = chart.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey).ravel()
    for place in range(panels, len(axes)):
        axes[place].set_visible(False)
        axes[place - columns].tick_params(labelbottom=True)
    return list(axes[:panels])


def tidy(axes: Axes, along: str = "x") -> Axes:
    """A light grid across the values, and no frame to the top and right."""
    axes.grid(axis=along, color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Names down the y axis, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def clipped(names: Sequence[str], most: int = 24) -> list[str]:
    """Names of at most some characters, long ones with an ellipsis."""
    return [n if len(n) <= most else f"{n[: most - 1]}…" for n in map(str, names)]


def value_column(axes: Axes, texts: Sequence[str], title: str) -> None:
    """Numbers as text to the right of each row."""
    place = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 9}
    for row, text in enumerate(texts):
        axes.text(1.02, row, text, **place)
    axes.text(1.02, -0.85, title, **place, color="0.4")


def label_points(axes: Axes, names: Sequence[str], x: np.ndarray, y: np.ndarray) -> None:
    """Names in a column at the right, in the order of height, with a thin line to their point."""
    low, high = axes.get_ylim()
    height = (y - low) / (high - low)
    order = np.argsort(height, kind="stable")
    shown = clipped(names)
    places = spread(height[order], 1 / max(len(names), 14))
    for j, place in zip(order, places, strict=True):
        axes.annotate(
            shown[j], (x[j], y[j]), xytext=(1.03, place), textcoords="axes fraction", fontsize=9,
            va="center", annotation_clip=False,
            arrowprops={"arrowstyle": "-",
                "linestyle": ":", "color": GREY, "linewidth": 0.5, "alpha": 0.6,
                        "shrinkA": 1, "shrinkB": 4, "relpos": (0, 0.5)},
        )  # fmt: skip


def spread(places: np.ndarray, gap: float) -> np.ndarray:
    """Ascending places in [0, 1], moved as little as least squares allow to lie `gap` apart.

    Less i · gap they must not fall: pool adjacent violators (Ayer et al., 1955).
    """
    steps = gap * np.arange(len(places))
    blocks: list[tuple[float, int]] = []
    for place in np.asarray(places, dtype=np.float64) - steps:
        mean, count = float(place), 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    level = np.repeat([mean for mean, _ in blocks], [count for _, count in blocks])
    return np.clip(level, 0.0, max(0.0, 1 - gap * (len(places) - 1))) + steps


def blank(text: str) -> Chart:
    """A chart that says why there is nothing to see."""
    chart = Chart(1.5)
    axes = chart.subplots()
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color="0.4", wrap=True)
    return chart


def by_score(records: Sequence[Predictions]) -> list[Predictions]:
    """Records, best first; ties in the order given."""
    sign = -1 if records[0].scores["greater_is_better"] else 1
    return sorted(records, key=lambda r: sign * r.cv)


def without_baseline(records: Sequence[Predictions]) -> list[Predictions]:
    """Records less the prior, which would squeeze the others, unless it is alone."""
    return [r for r in records if r.name != BASELINE] or list(records)


def metric_label(record: Predictions) -> str:
    """The metric with its direction, as an axis says it."""
    better = "greater" if record.scores["greater_is_better"] else "smaller"
    return f"{record.scores['metric']} ({better} is better)"


def short(value: float) -> str:
    """A number in five significant digits."""
    return f"{value:.5g}"
