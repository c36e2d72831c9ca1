"""Pictures as SVG that takes its colours from the page, so that they suit a light and a dark one.

Only here is matplotlib used. It is told colours that stand for names; the names go into the SVG.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.errors import OptionError
from crossent.doctor.footprint import GIB, Footprint, in_units
from crossent.doctor.report.wording import safe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

Numbers = npt.NDArray[Any] | Sequence[float]

INK, MUTED, GRID, BLUE, ORANGE, RED, CARD = (f"#00000{k}" for k in range(1, 8))
_NAMED: Final = {
    INK: "ink", MUTED: "muted", GRID: "grid", BLUE: "blue", ORANGE: "orange", RED: "red",
    CARD: "card",
}  # fmt: skip

WIDTH: Final = 5.0
"""Inches of 72 pixels: as wide as a phone, so that letters are readable there."""

_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "crossent",
    "text.parse_math": False,  # a $ in a class name is a $
    "font.size": 11,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "legend.fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.facecolor": "none",
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}


def draw(name: str, paint: Callable[[Axes], None], *, height: float = 3.2) -> str:
    """Return an ``<svg>`` element without a size of its own.

    Parameters
    ----------
    name : str
        Goes before every id, so that several pictures can stand on one page.
    paint : callable
        Draws on the axes that it is given.
    height : float
        In inches.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise OptionError(
            "CE001",
            "The pictures of a report are drawn by matplotlib, which is not installed. Install "
            "it with the extra `plots`: pip install 'crossent[plots]'.",
        ) from None
    with rc_context(_STYLE), warnings.catch_warnings():
        # The browser has other fonts; the letters that this one lacks are not drawn by it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paint(figure.add_subplot())
        file = io.StringIO()
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(file, format="svg", metadata=nothing)
    return _element(file.getvalue(), name)


def memory(step: Footprint) -> str:
    """Return the memory of a loss, whole and in chunks, as an SVG file."""
    ways: tuple[tuple[str, int], ...] = (
        ("one-hot labels,\nwhole logits", step.dense),
        ("integer labels,\nwhole logits", step.whole),
        ("integer labels,\nlogits in chunks", step.chunked),
    )
    if step.over_layer is not None:
        ways += (("linear_crossentropy,\nno logits kept", step.over_layer),)
    values = [size / GIB for _, size in ways]
    shown = [in_units(size) for _, size in ways]
    paint = lying([name for name, _ in ways], values, shown, "GiB")
    return as_file(draw("memory", paint, height=2.6), "Memory of a loss")


def as_file(svg: str, title: str) -> str:
    """Return a drawn element as an SVG file that knows its colours, for light and for dark."""
    palette = files("crossent.doctor").joinpath("palette.css").read_text(encoding="utf-8")
    style = (
        f"<title>{safe(title)}</title>\n<style>\n{palette}"
        "svg { background: var(--card); font-family: system-ui, sans-serif; }\n</style>"
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        + re.sub(r"<svg[^>]*>", lambda tag: f"{tag[0]}\n{style}", svg, count=1)
        + "\n"
    )


def _element(text: str, name: str) -> str:
    """Turn an SVG file into an element of a page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", lambda tag: _tag(tag[0], name), text).strip()


def _tag(tag: str, name: str) -> str:
    """Rewrite what stands in a tag; the text between tags stays as it is."""
    if tag.startswith("<svg"):
        tag = re.sub(r' (?:width|height)="[^"]*"', "", tag)
    tag = tag.replace(' id="', f' id="{name}-')
    tag = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', tag).replace("url(#", f"url(#{name}-")
    for colour, word in _NAMED.items():
        tag = tag.replace(colour, f"var(--{word})")
    return re.sub(r"font: [^;\"]*?(\d+px)[^;\"]*", r"font-size: \1", tag)


def columns(
    names: Sequence[str], groups: Sequence[tuple[str, Numbers]], label: str, *, log: bool = False
) -> Callable[[Axes], None]:
    """Bars side by side for each name: one or two groups, in blue and orange."""

    def paint(axes: Axes) -> None:
        width = 0.8 / len(groups)
        place = np.arange(len(names))
        for k, (group, counts) in enumerate(groups):
            axes.bar(
                place - 0.4 + width * (k + 0.5), counts, width, color=(BLUE, ORANGE)[k],
                label=group,
            )  # fmt: skip
        axes.grid(visible=False, axis="x")
        every = -(-len(names) // 40)
        axes.set_xticks(place[::every], names[::every])
        if max(map(len, names)) * len(names[::every]) > 40:
            axes.tick_params(axis="x", rotation=90)
        axes.set_ylabel(label)
        _counts(axes, log)
        if len(groups) > 1:
            _legend_above(axes)

    return paint


def ranked(groups: Sequence[tuple[str, Numbers]], label: str) -> Callable[[Axes], None]:
    """Many classes: their counts from the most frequent to the rarest, on a log scale."""

    def paint(axes: Axes) -> None:
        for k, (group, counts) in enumerate(groups):
            ordered = np.sort(np.asarray(counts))[::-1]
            # A step for every class would be megabytes: no more than the picture can show.
            at = np.unique(np.linspace(0, len(ordered) - 1, 400).astype(int))
            axes.plot(at + 1, ordered[at], color=(BLUE, ORANGE)[k], label=group, linewidth=1.8)
        axes.set_xlabel("classes, the most frequent first")
        axes.set_ylabel(label)
        _counts(axes, log=True)
        if len(groups) > 1:
            _legend_above(axes)

    return paint


def losses(
    edges: Numbers, counts: Numbers, marks: Sequence[tuple[float, str]], *, log: bool
) -> Callable[[Axes], None]:
    """A histogram of losses with marked values."""

    def paint(axes: Axes) -> None:
        left = np.asarray(edges)
        axes.bar(left[:-1], counts, np.diff(left), align="edge", color=BLUE, edgecolor=CARD,
                 linewidth=0.5)  # fmt: skip
        axes.set_xlim(0, left[-1])
        axes.set_xlabel("loss of a row in nats")
        axes.set_ylabel("rows")
        axes.grid(visible=False, axis="x")
        _counts(axes, log)
        _mark(axes.axvline, marks, float(left[-1]))
        _legend_above(axes)

    return paint


def penalty(
    points: Sequence[tuple[float, float, int]], marks: Sequence[tuple[float, str]], top: float
) -> Callable[[Axes], None]:
    """The curve -ln p with (p, loss, rows) on it, the area of a point growing with its rows."""

    def paint(axes: Axes) -> None:
        curve = np.exp(-np.linspace(0, top, 400))
        axes.plot(curve, -np.log(curve), color=MUTED, linewidth=1.6, label="−ln p")
        if points:
            p, loss, rows = (np.array(column) for column in zip(*points, strict=True))
            size = 12 + 90 * np.log1p(rows) / np.log1p(rows.max())
            axes.scatter(p, loss, s=size, color=BLUE, alpha=0.75, linewidths=0, zorder=3,
                         label="rows: larger is more")  # fmt: skip
        _mark(axes.axhline, marks, 1.06 * top)
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03 * top, 1.06 * top)
        axes.set_xlabel("probability of the right class")
        axes.set_ylabel("loss in nats")
        _legend_above(axes)

    return paint


def reliability(
    confidence: Numbers, accuracy: Numbers, rows: Numbers, bins: int
) -> Callable[[Axes], None]:
    """Accuracy against confidence, one bar a bin that holds rows; the diagonal is calibrated."""

    def paint(axes: Axes) -> None:
        held = np.asarray(rows) > 0
        left = np.arange(bins)[held] / bins
        axes.bar(left, np.asarray(accuracy)[held], 1 / bins, align="edge", color=BLUE,
                 edgecolor=CARD, linewidth=0.8, label="share that is right")  # fmt: skip
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.4, linestyle="--", label="calibrated")
        axes.scatter(
            np.asarray(confidence)[held], np.asarray(accuracy)[held], s=22, color=ORANGE,
            edgecolors=CARD, linewidths=0.8, zorder=3, label="mean probability",
        )  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.04)
        axes.set_xlabel("probability of the predicted class")
        axes.set_ylabel("share that is right")
        _legend_above(axes)

    return paint


def stacked(
    names: Sequence[str], groups: Sequence[tuple[str, Numbers]], label: str
) -> Callable[[Axes], None]:
    """Lying bars in two parts, one after the other, the first name on top."""

    def paint(axes: Axes) -> None:
        place = np.arange(len(names))[::-1]
        start = np.zeros(len(names))
        for k, (group, counts) in enumerate(groups):
            axes.barh(place, counts, 0.75, left=start, color=(BLUE, ORANGE)[k], label=group)
            start = start + np.asarray(counts)
        axes.set_xlim(0, 1.05 * max(start.max(), 1))
        axes.set_yticks(place, names)
        axes.set_xlabel(label)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        _few_ticks(axes.xaxis, whole=True)
        axes.xaxis.set_major_formatter(_spaced)
        if len(groups) > 1:
            _legend_above(axes)

    return paint


def lying(
    names: Sequence[str], values: Numbers, shown: Sequence[str], label: str
) -> Callable[[Axes], None]:
    """Lying bars with their value written behind them."""

    def paint(axes: Axes) -> None:
        place = np.arange(len(names))[::-1]
        bars = axes.barh(place, values, 0.7, color=BLUE)
        axes.bar_label(bars, shown, padding=4, color=INK, fontsize=10)
        axes.set_yticks(place, names)
        axes.set_xlabel(label)
        axes.margins(x=0.22)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        _few_ticks(axes.xaxis, whole=all(float(value).is_integer() for value in values))

    return paint


def _counts(axes: Axes, log: bool) -> None:
    """Scale the axis of counts: from 0, or logarithmic where few rows stand beside many."""
    if log:
        axes.set_yscale("log")
        axes.set_ylim(0.7, max(axes.get_ylim()[1], 10))
        axes.set_ylabel(f"{axes.get_ylabel()}, log scale")
    else:
        axes.set_ylim(bottom=0)
        _few_ticks(axes.yaxis, whole=True)
    axes.yaxis.set_major_formatter(_spaced)


def _few_ticks(axis: Axis, *, whole: bool = False) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, integer=whole))


def _spaced(value: float, _: float) -> str:
    """Write a count with spaces between thousands."""
    return f"{value:,.0f}".replace(",", "\u2009")


def _mark(draw_line: Callable[..., object], marks: Sequence[tuple[float, str]], end: float) -> None:
    """Draw lines at marked values; a value beyond the end is named all the same."""
    for k, (value, text) in enumerate(marks):
        line = {"color": RED, "linewidth": 1.4, "linestyle": ("--", ":", "-.")[k % 3]}
        if value <= end:
            draw_line(value, **line, label=text)
        else:
            draw_line(math.nan, **line, label=f"{text} (beyond)")


def _legend_above(axes: Axes) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2, columnspacing=1.2,
        labelspacing=0.3,
    )  # fmt: skip
