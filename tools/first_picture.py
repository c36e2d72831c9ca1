"""Draw the picture of README and of the site's first page from a real training.

    python tools/first_picture.py            train, write docs/pictures/first.json, draw
    python tools/first_picture.py --draw     draw what is in docs/pictures/first.json
    python tools/first_picture.py --check    exit 1 if the pictures are not those of the numbers

A classifier of handwritten digits is trained twice with PyTorch: once with a softmax before a loss
that applies one itself, and once without. Between the two curves stands what `crossent.diagnose`
says of the outputs of the first one. Training needs PyTorch and scikit-learn, drawing matplotlib.
docs/pictures/answer.txt is what `crossent.explain` answers to the message of the first page.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from charts import PICTURES, as_svg, style

NUMBERS = PICTURES / "first.json"
EPOCHS = 40
MESSAGE = "Target 10 is out of bounds"
COLOURS = {
    "light": {"ink": "#1f2937", "soft": "#6b7280", "line": "#d1d5db", "card": "#f3f4f6",
              "bad": "#c2410c", "good": "#0f766e"},
    "dark": {"ink": "#e5e7eb", "soft": "#9ca3af", "line": "#4b5563", "card": "#1f2937",
             "bad": "#fb923c", "good": "#2dd4bf"},
}  # fmt: skip
WIDTH = 34  # characters of a line on the card


def train(softmax: bool, epochs: int = EPOCHS) -> tuple[list[float], Any, Any]:
    """Return the loss after each epoch, the labels and the outputs of the trained model."""
    import torch
    import torch.nn.functional as F
    from sklearn.datasets import load_digits
    from torch import nn

    images, digits = load_digits(return_X_y=True)
    x = torch.tensor(images / 16, dtype=torch.float32)
    y = torch.tensor(digits)
    torch.manual_seed(0)
    layers = [nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)]
    model = nn.Sequential(*layers, *([nn.Softmax(1)] if softmax else []))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    history = []
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            history.append(float(F.cross_entropy(model(x), y)))
    with torch.no_grad():
        return history, y, model(x)


def measured() -> dict[str, Any]:
    """Train both models, and ask what is wrong with the first one."""
    import crossent as ce

    before, labels, outputs = train(softmax=True)
    after, _, _ = train(softmax=False)
    finding = ce.diagnose(labels, outputs, loss="torch.nn.CrossEntropyLoss").findings[0]
    return {
        "before": [round(loss, 4) for loss in before],
        "after": [round(loss, 4) for loss in after],
        "code": finding.code,
        "title": finding.title,
        "seen": finding.seen,
        "fix": finding.fix,
    }


def draw(numbers: dict[str, Any], scheme: str, tall: bool) -> str:
    """Return the picture as SVG: its parts side by side or, for small screens, in a column."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    colour = COLOURS[scheme]
    with plt.rc_context(style(colour)):
        way: dict[str, Any] = {"ncols": 3, "figsize": (10.5, 3.1), "width_ratios": (1, 1.15, 1)}
        if tall:
            way = {"nrows": 3, "figsize": (4.2, 8.4)}
        figure, (left, middle, right) = plt.subplots(layout="constrained", **way)
        floor = re.findall(r"\d+\.\d+", numbers["seen"])[-1]
        curve(left, numbers["before"], colour["bad"], "Before: the loss is stuck", colour)
        left.axhline(float(floor), color=colour["soft"], linewidth=1, linestyle=(0, (4, 3)))
        left.annotate(
            f"floor of a second softmax: {floor}", (len(numbers["before"]), float(floor)),
            xytext=(0, -5), textcoords="offset points", ha="right", va="top",
            color=colour["soft"], fontsize=9,
        )  # fmt: skip
        curve(right, numbers["after"], colour["good"], "After: without the softmax", colour)
        card(middle, numbers, colour)
        return as_svg(figure)


def curve(axes: Any, losses: list[float], colour: str, title: str, colours: dict[str, str]) -> None:
    """Draw the losses of a training, with the last one written beside it."""
    axes.plot(range(1, len(losses) + 1), losses, color=colour, linewidth=2.2)
    axes.set_title(title, loc="left", fontsize=11, color=colours["ink"])
    axes.set_xlabel("epoch")
    axes.set_ylim(0, 2)
    axes.set_yticks([0, 0.5, 1, 1.5, 2])
    axes.annotate(
        f"{losses[-1]:.3f}", (len(losses), losses[-1]), xytext=(0, 6),
        textcoords="offset points", ha="right", color=colour, fontweight="bold",
    )  # fmt: skip


def card(axes: Any, numbers: dict[str, Any], colour: dict[str, str]) -> None:
    """Write what crossent says on a card."""
    from matplotlib.patches import FancyBboxPatch

    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    box = FancyBboxPatch(
        (0.02, 0.06), 0.96, 0.98, boxstyle="round,pad=0,rounding_size=0.03",
        facecolor=colour["card"], edgecolor="none", clip_on=False,
    )  # fmt: skip
    axes.add_patch(box)
    mono = {"family": "DejaVu Sans Mono", "va": "top", "fontsize": 8.6}
    said = [
        ("ce.diagnose(labels, outputs)", "soft", "normal"),
        ("", "ink", "normal"),
        *((line, "bad", "bold") for line in wrapped(f"{numbers['code']} {numbers['title']}")),
        ("", "ink", "normal"),
        *((line, "ink", "normal") for line in wrapped(numbers["seen"])),
        ("", "ink", "normal"),
        *((line, "good", "bold") for line in wrapped(numbers["fix"])),
    ]
    step = 0.92 / max(len(said), 1)
    for number, (line, tone, weight) in enumerate(said):
        axes.text(0.06, 0.99 - number * step, line, color=colour[tone], weight=weight, **mono)


def wrapped(text: str) -> list[str]:
    """Return a text in the lines of the card, without the marks of code."""
    return textwrap.wrap(text.replace("`", "").replace("[0, 1]", "[0,\u00a01]"), WIDTH)


def answer() -> str:
    """Return what `explain` says of a message, in two lines, for the first page of the site."""
    import crossent as ce

    reading = ce.explain(MESSAGE).readings[0]
    return f"{reading.text}\n\n**{reading.fix.partition(':')[0]}.** [{reading.code}]" + (
        f"(errors/{reading.code}.md)\n"
    )


def pictures(numbers: dict[str, Any]) -> dict[Path, str]:
    """Return the text of every file, by its path."""
    drawn = {
        PICTURES / f"first-{scheme}{'-tall' if tall else ''}.svg": draw(numbers, scheme, tall)
        for scheme in COLOURS
        for tall in (False, True)
    }
    return {**drawn, PICTURES / "answer.txt": answer()}


def main(argv: list[str]) -> int:
    """Run the command."""
    if not {"--draw", "--check"} & {*argv}:
        NUMBERS.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    drawn = pictures(json.loads(NUMBERS.read_text(encoding="utf-8")))
    if "--check" in argv:
        return int(any(path.read_text(encoding="utf-8") != text for path, text in drawn.items()))
    for path, text in drawn.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
