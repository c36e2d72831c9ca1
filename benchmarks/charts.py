"""Charts of the pages of benchmarks, for light and dark, from what was measured."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
COLOURS = {
    "light": {"ink": "#1f2937", "soft": "#6b7280", "line": "#d1d5db", "ours": "#0f766e",
              "theirs": "#9ca3af"},
    "dark": {"ink": "#e5e7eb", "soft": "#9ca3af", "line": "#4b5563", "ours": "#2dd4bf",
             "theirs": "#6b7280"},
}  # fmt: skip


def style(colour: dict[str, str], **others: str) -> dict[str, Any]:
    """Return matplotlib's settings for the site: the same numbers give the same file."""
    return {
        "svg.hashsalt": "crossent", "svg.fonttype": "path", "font.family": "DejaVu Sans",
        "font.size": 10, "text.color": colour["ink"], "axes.edgecolor": colour["line"],
        "axes.labelcolor": colour["soft"], "xtick.color": colour["soft"],
        "ytick.color": colour["soft"], "axes.spines.top": False, "axes.spines.right": False,
        **others,
    }  # fmt: skip


def as_svg(figure: Any) -> str:
    """Return a figure as SVG, and close it."""
    from matplotlib import pyplot as plt

    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def grouped_bars(
    groups: list[str], series: dict[str, list[float | None]], label: str, scheme: str
) -> str:
    """Return lying bars as SVG: a group for each name, a bar in it for each series, ours first."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    colour = COLOURS[scheme]
    step = 1 / (len(series) + 0.8)
    with plt.rc_context(style(colour, **{"ytick.color": colour["ink"]})):
        height = 0.7 + 0.24 * len(groups) * (len(series) + 0.8)
        figure, axes = plt.subplots(figsize=(8, height), layout="constrained")
        largest = max(v for values in series.values() for v in values if v is not None)
        for number, (name, values) in enumerate(series.items()):
            places = [i + (number - (len(series) - 1) / 2) * step for i in range(len(groups))]
            shown = [value or 0.0 for value in values]
            shade = colour["ours"] if number == 0 else colour["theirs"]
            alpha = 1.0 if number < 2 else max(0.3, 1.0 - 0.25 * (number - 1))
            axes.barh(places, shown, height=0.92 * step, color=shade, alpha=alpha, label=name)
            for place, value in zip(places, values, strict=True):
                if value is not None:
                    axes.text(
                        value + largest / 100,
                        place,
                        f"{value:.3g}" if value < 1000 else f"{value:.0f}",
                        va="center",
                        fontsize=8,
                    )
        axes.set_yticks(range(len(groups)), groups)
        axes.invert_yaxis()
        axes.set_xlabel(label)
        axes.set_xlim(0, 1.12 * largest)
        axes.legend(
            frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(series)
        )
        return as_svg(figure)


def shown(name: str, words: str) -> str:
    """Return a chart's two pictures, of which the page shows that of its colours."""
    return "\n".join(
        f"![{words}](pictures/{name}-{scheme}.svg){{ .only-{scheme} }}" for scheme in COLOURS
    )
