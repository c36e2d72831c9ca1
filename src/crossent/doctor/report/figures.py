"""The figures of a report: which are drawn, what they say in words, and their numbers as tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.doctor.check import counted, percent
from crossent.doctor.constants import CEILING, CLIP
from crossent.doctor.report import plots
from crossent.doctor.report.figure_facts import View
from crossent.doctor.report.reliability import BINS
from crossent.doctor.report.row_sums import NAMES
from crossent.doctor.report.wording import plain

Counts = npt.NDArray[Any]
ClassName = Callable[[int], str]

FEW: Final = 40
"""Up to this many classes each has its own bar."""

WORST: Final = 10
"""Confusions that are shown."""

LOG: Final = 30
"""Counts that differ by more than this are drawn on a log scale."""


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in words for those who cannot see it, and its numbers.

    `words` says it all in a sentence or two; `table` begins with its header.
    """

    name: str
    title: str
    svg: str
    words: str
    table: tuple[tuple[str, ...], ...]


def class_balance(labels: Counts, predicted: Counts | None, name: ClassName) -> Figure:
    """How often each class is labelled and, where there are predictions, predicted."""
    groups = [("labels", labels)]
    if predicted is not None:
        groups.append(("predictions", predicted))
    classes, total = len(labels), float(labels.sum())
    often, rare = int(labels.argmax()), int(labels.argmin())
    absent = int(np.count_nonzero(labels == 0))
    words = (
        f"{_classes(classes)}, the most frequent {name(often)} with {_number(labels[often])} "
        f"labels ({percent(float(labels[often]), total)}), the rarest {name(rare)} with "
        f"{_number(labels[rare])}."
    )
    if absent:
        words += f" Without a label: {_classes(absent)}."
    if predicted is not None:
        never = int(np.count_nonzero(predicted == 0))
        words += f" Never predicted: {_classes(never) if never else 'none'}."
    log = _differ(*(counts for _, counts in groups))
    if classes <= FEW:
        names = [plain(name(c), 14) for c in range(classes)]
        picture = plots.draw("balance", plots.columns(names, groups, "rows", log=log))
        listed = range(classes)
    else:
        picture = plots.draw("balance", plots.ranked(groups, "rows"))
        listed = np.argsort(-labels, kind="stable")[:FEW].tolist()
    table = [("class", *(group for group, _ in groups))]
    table += [(name(c), *(_number(counts[c]) for _, counts in groups)) for c in listed]
    title = "Class balance"
    if classes > FEW:
        words += f" The table lists the {FEW} most frequent."
    return Figure("balance", title, picture, words, tuple(table))


def loss_histogram(view: View) -> Figure:
    """The losses of the rows, with ln C and the ceiling of the clip marked."""
    seen = view.losses
    marks = loss_marks(view)
    # One row that is far off may not squeeze the others into one bar.
    usual = max(4 * seen.quantile(0.99), 1.25 * math.log(view.classes), 0.1)
    if marks and seen.high > 0.99 * CEILING and not view.from_logits:
        usual = max(usual, 1.02 * CEILING)
    top = min(max(seen.high, 1.1 * math.log(view.classes)), usual)
    edges = np.linspace(0, top * 1.0001, 41)
    counts = seen.counts(edges)
    beyond = 0
    if seen.high > edges[-1]:
        beyond = seen.total - int(seen.counts(np.array([0.0, edges[-1], np.inf]))[0])
        counts[-1] -= beyond
    words = (
        f"{counted(seen.total, 'row')} with a finite loss: half of them at most "
        f"{seen.quantile(0.5):.3g} nats, 99 % at most {seen.quantile(0.99):.3g}, the largest "
        f"{seen.high:.4g}. Uniform guessing costs ln {view.classes} = {math.log(view.classes):.4g}."
    )
    if not view.from_logits:
        clipped = int(seen.counts(np.array([0.0, 0.9999 * CEILING, np.inf]))[1])
        words += (
            f" {counted(clipped, 'row') if clipped else 'None'} at the ceiling {CEILING:.4g} = "
            f"−ln {CLIP:g} of clipped probabilities."
        )
    if beyond:
        words += f" Not drawn, because far to the right: {counted(beyond, 'row')}."
    if seen.infinite:
        words += f" Infinite: {counted(seen.infinite, 'row')}."
    if seen.nan:
        words += f" Without a loss, because something about them is wrong: {seen.nan}."
    table = [("from", "to", "rows")]
    table += [
        (f"{edges[k]:.3g}", f"{edges[k + 1]:.3g}", _number(counts[k]))
        for k in np.flatnonzero(counts)
    ]
    picture = plots.draw("losses", plots.losses(edges, counts, marks, log=_differ(counts)))
    return Figure("losses", "Losses", picture, words, tuple(table))


def penalty_curve(view: View) -> Figure:
    """The curve -ln p with the rows on it."""
    seen = view.losses
    marks = loss_marks(view)
    top = min(max(seen.high, 1.25 * math.log(view.classes), 3.0), 1.08 * CEILING)
    edges = _along_the_curve(top * 1.0001)
    counts = seen.counts(edges)
    points, table = [], [("loss from", "to", "probability", "rows")]
    for k in np.flatnonzero(counts):
        middle = (edges[k] + edges[k + 1]) / 2
        points.append((math.exp(-middle), float(middle), int(counts[k])))
        table.append(
            (
                f"{edges[k]:.3g}", f"{edges[k + 1]:.3g}",
                f"{math.exp(-edges[k + 1]):.3g} to {math.exp(-edges[k]):.3g}", _number(counts[k]),
            )
        )  # fmt: skip
    sure = int(seen.counts(np.array([0.0, -math.log(0.9), np.inf]))[0])
    lost = seen.total - int(seen.counts(np.array([0.0, -math.log(0.1), np.inf]))[0])
    words = (
        "A row costs −ln p, where p is the probability that it gives to the right class. "
        f"p is over 0.9 in {percent(sure, seen.total)} of the rows and under 0.1 in "
        f"{percent(lost, seen.total)}."
    )
    picture = plots.draw("penalty", plots.penalty(points, marks, top))
    return Figure("penalty", "What a probability costs", picture, words, tuple(table))


def _along_the_curve(top: float) -> npt.NDArray[np.float64]:
    """Return losses from 0 to the top that lie at equal distances on the drawn curve."""
    loss = np.linspace(0, top, 4000)
    steps = np.hypot(np.diff(np.exp(-loss)), np.diff(loss) / top)
    length = np.concatenate([[0], np.cumsum(steps)])
    return np.asarray(np.interp(np.linspace(0, length[-1], 25), length, loss))


def loss_marks(view: View) -> list[tuple[float, str]]:
    """The values that losses are compared with."""
    marks = [(math.log(view.classes), f"ln {view.classes} = {math.log(view.classes):.4g}")]
    if not view.from_logits:
        marks.append((CEILING, f"clip ceiling {CEILING:.4g}"))
    return marks


def reliability_diagram(view: View) -> Figure:
    """Accuracy against confidence, with the calibration error."""
    seen = view.reliability
    with np.errstate(invalid="ignore"):
        confidence, accuracy = seen.confidence / seen.rows, seen.right / seen.rows
    gap = seen.mean_confidence - seen.accuracy
    if abs(gap) < min(0.02, 0.5 * max(seen.mean_confidence, seen.accuracy)):
        tendency = "neither too sure nor too unsure on the whole"
    else:
        tendency = "too sure" if gap > 0 else "less sure than it might be"
    words = (
        f"The calibration error is {seen.error:.3f}. The predicted class has a probability of "
        f"{seen.mean_confidence:.3f} on average and is right in {seen.accuracy:.3f} of the rows: "
        f"{tendency}. Bars on the dashed line are calibrated."
    )
    table = [("probability", "rows", "mean probability", "share that is right")]
    table += [
        (
            f"{k / BINS:.2f} to {(k + 1) / BINS:.2f}", _number(seen.rows[k]),
            f"{confidence[k]:.3f}", f"{accuracy[k]:.3f}",
        )
        for k in np.flatnonzero(seen.rows)
    ]  # fmt: skip
    picture = plots.draw(
        "reliability", plots.reliability(confidence, accuracy, seen.rows, BINS), height=3.6
    )
    return Figure("reliability", "Can the probabilities be trusted?", picture, words, tuple(table))


def confusions(view: View, labels: Counts, name: ClassName) -> Figure | None:
    """The classes that are taken for each other most often; None without a mistake."""
    seen = view.confusions
    worst = seen.worst(WORST)
    if not worst:
        return None
    names = [f"{plain(name(a), 12)} → {plain(name(b), 12)}" for a, b, _ in worst]
    counts = [count for *_, count in worst]
    shown = [f"{_number(count)} ({percent(count, float(labels[a]))})" for a, _, count in worst]
    picture = plots.draw(
        "confusions", plots.lying(names, counts, shown, "rows, and share of the class"),
        height=0.9 + 0.27 * len(worst),
    )  # fmt: skip
    a, b, count = worst[0]
    words = (
        f"Of {counted(view.reliability.total, 'row')} {_number(seen.total)} are predicted wrongly. "
        f"Most often {name(a)} is taken for {name(b)}: {counted(count, 'row')}."
    )
    if seen.lost:
        words += f" {counted(seen.lost, 'row')} of rare pairs are not told apart."
    table = [("label", "predicted", "rows", "share of the label's rows")]
    table += [
        (name(a), name(b), _number(count), percent(count, float(labels[a])))
        for a, b, count in worst
    ]
    return Figure("confusions", "Worst confusions", picture, words, tuple(table))


def row_sums(view: View) -> Figure:
    """How far the rows are from a sum of 1."""
    seen = view.row_sums
    both = seen.below + seen.above
    last = int(np.flatnonzero(both)[-1])
    if last == 0:
        words = f"All of {counted(seen.total, 'row')} sum to 1 within 1e-7."
    else:
        words = (
            f"The sums of {counted(seen.total, 'row')} lie between {seen.low:.7g} and "
            f"{seen.high:.7g}. The largest part misses 1 by {NAMES[int(both.argmax())]}, the "
            f"farthest by {NAMES[last]}."
        )
    groups = (("sum under 1", seen.below), ("1 or over", seen.above))
    table = [("distance from 1", "under 1", "1 or over")]
    table += [(n, _number(u), _number(o)) for n, u, o in zip(NAMES, *_columns(groups), strict=True)]
    end = max(last + 1, 5)
    drawn = [(group, counts[:end]) for group, counts in groups]
    picture = plots.draw("sums", plots.stacked(NAMES[:end], drawn, "rows"))
    return Figure("sums", "Sums of the rows", picture, words, tuple(table))


def _columns(groups: Sequence[tuple[str, Counts]]) -> Iterator[Counts]:
    return (counts for _, counts in groups)


def _differ(*counts: Counts) -> bool:
    """Whether counts differ so much that a linear scale hides some."""
    held = np.concatenate([group[group > 0] for group in counts])
    return bool(held.size and held.max() > LOG * np.median(held))


def _number(value: float) -> str:
    """Write a count with spaces between thousands; a fraction of one as it is."""
    return f"{value:,.0f}".replace(",", " ") if value == round(value) else f"{value:.6g}"


def _classes(number: int) -> str:
    return f"{number} class" + ("" if number == 1 else "es")
