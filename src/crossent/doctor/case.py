"""All that a check may read: the loss, the shapes, and the facts that were collected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from crossent.core.label_facts import LabelFacts
from crossent.core.target_facts import TargetFacts
from crossent.doctor.known_losses import LossSpec, Reading, is_for_numbers
from crossent.doctor.prediction_facts import RowFacts
from crossent.doctor.sequence_facts import AxisFit, Endings, ShiftFacts, SuffixFacts, TokenFacts

if TYPE_CHECKING:
    from crossent.doctor.report.figure_facts import View

Shape = tuple[int, ...]

Layout = Literal["none", "alone", "index", "extra", "dense", "elements", "mismatch"]
"""How the labels lie to the predictions.

none: there are no labels. alone: there are no predictions. index: one class for each row. extra:
the same with a dimension of 1. dense: a value for each class. elements: binary. mismatch: the
shapes do not fit.
"""


@dataclass(frozen=True)
class ArrayInfo:
    """What an array is, apart from its values."""

    shape: Shape
    dtype: str
    framework: str = "numpy"
    device: str = "cpu"
    kind: str = "f"  # of the NumPy dtype
    sample: tuple[object, ...] = ()  # the first values of labels that are no numbers

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class WeightFacts:
    """Class weights or sample weights, whole: there is one a class or one a row."""

    shape: Shape
    dtype: str
    low: float = 0.0
    high: float = 0.0
    bad: int = 0  # negative or not finite
    zeros: int = 0
    only01: bool = False
    total: float = 0.0
    missing: tuple[int, ...] = ()  # classes that occur and have none
    unknown: tuple[object, ...] = ()  # keys that are no class
    label_total: float = math.nan  # of class weights, over the labels


@dataclass(frozen=True)
class FlatFacts:
    """One-dimensional predictions that hold several numbers for each label."""

    classes: int  # so many for each label
    rows: int
    order: Literal["class", "row"] | None = None  # how they stand, if it shows


@dataclass(frozen=True)
class GroupFacts:
    """Groups of binary predictions along one axis that sum to 1, as those of a softmax."""

    axis: int
    size: int
    groups: int
    one: int  # groups of which one label is 1, and the others 0
    several: int  # groups of which several labels are


class Means(list[float]):
    """A history of means, each of so many neighbouring steps."""

    steps_each = 1


@dataclass(frozen=True)
class NameGuess:
    """Names in the order of the numbers in them, and the predictions as if columns stood so."""

    names: tuple[str, ...]
    rows: RowFacts | None


@dataclass(frozen=True)
class ModelFacts:
    """What a model says about itself."""

    framework: str
    activation: str | None = None  # of the last layer
    units: int | None = None
    last: str = ""
    other_loss: str = ""  # what it was compiled with, where that is no known cross-entropy


@dataclass
class Case:
    """A loss, what it was given, and everything collected about it.

    The facts are None where there is nothing to collect them from.
    """

    loss: LossSpec
    axis: int = -1
    classes: int | None = None
    told_classes: int | None = None  # what the user said, whatever the predictions have
    layout: Layout = "none"
    y: ArrayInfo | None = None
    p: ArrayInfo | None = None
    labels: LabelFacts | None = None
    targets: TargetFacts | None = None
    rows: RowFacts | None = None
    views: tuple[View, ...] = ()  # what the pictures show, where they were asked for
    shift: ShiftFacts | None = None
    endings: Endings | None = None
    suffix: SuffixFacts | None = None
    tokens: TokenFacts | None = None
    fits: tuple[AxisFit, ...] = ()
    flat: FlatFacts | None = None
    groups: GroupFacts | None = None
    other_axis: int | None = None  # along which the predictions are normalised
    class_weight: WeightFacts | None = None
    sample_weight: WeightFacts | None = None
    model: ModelFacts | None = None
    history: npt.NDArray[np.float64] | None = None
    steps_each: int = 1  # of which an entry of the history is the mean
    observed: float | None = None
    accuracy: float | None = None
    micro_batches: tuple[int, ...] = ()  # the kept labels of each
    class_names: tuple[object, ...] = ()
    columns: str = ""  # how those of the classes were found, where they have names
    by_name: bool = False  # whether classes are known by their names, and not by headings alone
    guess: NameGuess | None = None  # of labels that are names, where nothing names the columns
    memory: int | None = None
    deterministic: bool = False  # PyTorch was asked for operations that are
    reading: Reading | None = None
    reading_text: str = ""
    declared: bool = False  # the reading is what the user said, not what the values look like
    found: set[str] = field(default_factory=set)
    raised: list[Any] = field(default_factory=list)  # errors while the arguments were read

    @property
    def framework(self) -> str | None:
        """Whose loss it is, as far as known."""
        return self.loss.framework

    @property
    def kind(self) -> str:
        """The kind of loss, told from the layout where it was not named."""
        if self.loss.kind != "auto":
            return self.loss.kind
        return {"dense": "dense", "elements": "binary"}.get(self.layout, "sparse")

    @property
    def for_numbers(self) -> bool:
        """Whether the model's own loss takes labels that are numbers, not classes."""
        return self.model is not None and is_for_numbers(self.model.other_loss)

    @property
    def takes_logits(self) -> bool:
        """Whether the loss was said to apply a softmax or sigmoid."""
        return self.declared and self.reading == "logits"

    @property
    def takes_probabilities(self) -> bool:
        """Whether the loss was said to take probabilities."""
        return self.declared and self.reading == "probabilities"

    @property
    def mean_loss(self) -> float:
        """The mean loss of the predictions as they are read; NaN if it is not known."""
        if self.rows is None or not self.rows.judged:
            return math.nan
        if self.reading == "probabilities":
            return self.rows.mean_probabilities
        return self.rows.mean_logits

    @property
    def loss_error(self) -> float:
        """The standard error of the mean loss; NaN if it is not known."""
        rows = self.rows
        if rows is None or rows.judged < 2 or math.isnan(self.mean_loss):
            return math.nan
        read = self.reading == "probabilities"
        count = rows.judged if read else rows.finite_logits
        squares = rows.squares_probabilities if read else rows.squares_logits
        return math.sqrt(max(0.0, squares / count - self.mean_loss**2) / count)

    @property
    def reads_logits(self) -> bool:
        """Whether the predictions are read as logits; log-probabilities are logits too."""
        return self.reading not in ("probabilities", None)

    @property
    def has_class_axis(self) -> bool:
        """Whether the predictions have the axis that is named."""
        return self.p is not None and -len(self.p.shape) <= self.axis < len(self.p.shape)

    @property
    def row_shape(self) -> Shape:
        """The shape of the predictions without the class axis."""
        if self.p is None or not self.p.shape:
            return ()
        axis = self.axis % len(self.p.shape)
        return self.p.shape[:axis] + self.p.shape[axis + 1 :]

    def name_of(self, label: int) -> str:
        """Return the name of a class, or its number."""
        return str(self.class_names[label]) if label < len(self.class_names) else str(label)

    def names_in_order(self, order: Sequence[int]) -> list[str]:
        """Return the names of the columns where `order[c]` is the column of label c."""
        if len(self.class_names) != len(order):
            return []
        return [str(self.class_names[list(order).index(column)]) for column in range(len(order))]

    def where(self, row: int | None) -> str:
        """Write the number of a row as its position."""
        if row is None:
            return ""
        shape = self.row_shape
        if self.kind == "binary" and self.p is not None:
            shape = self.p.shape  # every element is a row
        if len(shape) <= 1:
            return f"row {row}"
        return "row " + str(tuple(int(i) for i in np.unravel_index(row, shape)))
