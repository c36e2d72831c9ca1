"""From arguments to a case: arrays and files are walked in blocks, facts are collected."""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.errors import CrossentError
from crossent.core.label_facts import LabelFacts
from crossent.core.target_facts import TargetFacts
from crossent.doctor import sample_facts
from crossent.doctor.arguments import Given, device_of, forecast_of, is_file, opened, spec_of, start
from crossent.doctor.case import ArrayInfo, Case
from crossent.doctor.known_losses import WORDS, of_framework
from crossent.doctor.layout import axes_that_fit, layout_of, without_last_1
from crossent.doctor.prediction_facts import RowFacts
from crossent.doctor.report.figure_facts import views_of
from crossent.doctor.weight_facts import class_weight_facts, flat_weights, open_weight
from crossent.frontends import framework_of
from crossent.frontends.numpy.arrays import host_array
from crossent.stream.host import to_host
from crossent.stream.inference import judge_elements, judge_rows
from crossent.stream.readers import Reader
from crossent.stream.readers.arrays import ArrayReader
from crossent.stream.walk import Feed, Rows, elements, paired, read_whole, rows_of

HostArray = npt.NDArray[Any]

PAIRED: Final = ("index", "extra", "dense", "elements")
"""Layouts in which every row of predictions has its label."""

LABEL_BLOCK: Final = 2**18
"""Labels that are read at once."""


def collect_facts(given: Given) -> Case:
    """Collect all facts that the arguments allow."""
    case = start(given, spec_of(given))
    labels = sample_facts.with_head(open_labels(case, given))
    predictions = sample_facts.with_head(open_predictions(case, given))
    case.deterministic = _wants_deterministic()
    if case.axis == -1 and (_is_torch_loss(case) or _is_torch_layout(case)):
        case.axis = 1  # PyTorch's losses have the classes there, and no option for it
    softmax = case.loss.kind == "auto" and case.loss.name != "auto"
    softmax = softmax and case.framework != "sklearn"  # its loss takes one column as well
    case.layout = layout_of(case.y, case.p, case.axis, None if softmax else case.loss.kind)
    case.flat = sample_facts.flat(case, labels, predictions)
    if case.flat is not None:
        predictions = None  # which of them are a row is not known
    if case.p is not None and _has_class_axis(case) and case.flat is None:
        case.classes = case.p.shape[case.axis]
    if case.layout == "alone" and _is_matrix_of_classes(case, labels):
        case.layout = "dense"
    weight = open_weight(case, given)
    blocks = None if labels is None else label_blocks(case, labels, weight, given)
    if predictions is not None:
        together = blocks if case.layout in PAIRED else None
        weight = weight_of_rows(case, labels, weight)
        _walk_predictions(case, together, predictions, weight, given)
    if blocks is not None:
        deque(blocks, maxlen=0)  # the rest of them, or all
    _decide_reading(case)
    if labels is not None:
        _look_along(case, labels, predictions, given)
    case.class_weight = class_weight_facts(case)
    return case


def _is_torch_loss(case: Case) -> bool:
    """Whether the loss was named and is one of PyTorch's, on predictions of three axes or more."""
    named = case.loss.framework == "torch" and case.loss.name not in WORDS
    return named and case.loss.kind != "binary" and case.p is not None and len(case.p.shape) > 2


def _is_torch_layout(case: Case) -> bool:
    """Whether the loss was not named, and the axis of PyTorch's losses is the likeliest."""
    if case.framework != "torch" or case.loss.name != "auto" or case.y is None or case.p is None:
        return False
    fitting = axes_that_fit(case.y.shape, case.p.shape) or axes_that_fit(
        without_last_1(case.y.shape), case.p.shape
    )
    # Where labels fit nowhere, images have their channels there; texts may have them last.
    return len(case.p.shape) > 2 and (fitting == [1] or (not fitting and len(case.p.shape) > 3))


def open_labels(case: Case, given: Given) -> Reader | None:
    """Open the labels and note what they are; None if there are no numbers to read."""
    y = given.y_true
    if y is None:
        return None
    if is_file(y):
        reader = opened(given, y)
        if reader.dtype.kind not in "US":
            case.y = ArrayInfo(reader.shape, reader.dtype.name, kind=reader.dtype.kind)
            return reader
        case.y = sample_facts.text_in_file(reader)
        return None
    text = sample_facts.as_text(y)
    if text is not None:
        case.y = text
        return None
    if _device(y) == "meta":
        case.y = ArrayInfo(tuple(y.shape), "", _framework(y), "meta", "i")  # type: ignore[attr-defined]
        return None
    if _framework(y) == "tensorflow" and getattr(y, "dtype", None) == "string":
        case.y = sample_facts.as_text(to_host("y_true", y))
        return None
    host = _on_host(case, "y_true", y)
    if host is None:
        return None
    case.y = ArrayInfo(host.shape, host.dtype.name, _framework(y), _device(y), host.dtype.kind)
    return ArrayReader(host.reshape(1) if host.shape == () else host, "the labels")


def open_predictions(case: Case, given: Given) -> Reader | None:
    """Open the predictions and note what they are; None if there are no numbers to read."""
    p = given.y_pred
    if p is None:
        if given.shape is not None:
            shape, dtype = forecast_of(given)
            case.p = ArrayInfo(shape, dtype, device=device_of(given) or "cpu")
        return None
    if is_file(p):
        reader = opened(given, p, with_nan=True)
        if not _is_number(reader.dtype):
            # Its type alone is wrong: no row is looked at.
            _on_host(case, "y_pred", np.empty((0, 1), reader.dtype))
            return None
        case.p = ArrayInfo(
            reader.shape, reader.dtype.name, case.framework or "numpy", kind=reader.dtype.kind
        )
    else:
        framework = _framework(p)
        if case.loss.framework is None and framework != "numpy":
            case.loss = of_framework(case.loss, framework)
        if _device(p) == "meta":
            dtype = str(p.dtype).rpartition(".")[2]  # type: ignore[attr-defined]
            case.p = ArrayInfo(tuple(p.shape), dtype, framework, "meta")  # type: ignore[attr-defined]
            return None
        host = _on_host(case, "y_pred", p)
        if host is None:
            return None
        device = device_of(given) or _device(p)
        case.p = ArrayInfo(host.shape, host.dtype.name, framework, device, host.dtype.kind)
        reader = ArrayReader(host, "the predictions")
    return reader if _is_number(reader.dtype) and reader.shape else None


def _is_number(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "biuf" or dtype.name == "bfloat16"


def _on_host(case: Case, name: str, array: object) -> HostArray | None:
    """Return an array as NumPy's; None if it is of a kind that a check speaks of."""
    try:
        host = to_host(name, array)
        # Of a framework's own array the type was not looked at.
        return host if _is_number(host.dtype) else host_array(name, host)
    except CrossentError as error:
        if error.code not in ("CE002", "CE312"):
            raise
        case.raised.append(error)
        return None


def _framework(array: object) -> str:
    if type(array).__module__.partition(".")[0] == "keras":
        return "keras"
    return framework_of(type(array)) or "numpy"


def _wants_deterministic() -> bool:
    asked = getattr(sys.modules.get("torch"), "are_deterministic_algorithms_enabled", None)
    return asked is not None and bool(asked())


def _device(array: object) -> str:
    device = getattr(array, "device", "cpu")
    return str(device() if callable(device) else device)


def _has_class_axis(case: Case) -> bool:
    if case.p is None or case.layout == "elements" or case.loss.kind == "binary":
        return False
    return case.has_class_axis


def _is_matrix_of_classes(case: Case, labels: Reader | None) -> bool:
    """Whether labels alone are one-hot or soft rows, by their width and first values."""
    if labels is None or case.loss.kind in ("sparse", "binary") or len(labels.shape) < 2:
        return False
    if case.classes is None:
        if case.loss.kind == "dense":
            case.classes = labels.shape[-1]
        return case.loss.kind == "dense"
    if labels.shape[-1] != case.classes:
        return False
    first = next(labels.chunks(64), np.zeros(0))
    return case.loss.kind == "dense" or bool(((first >= 0) & (first <= 1)).all())


def label_blocks(
    case: Case, labels: Reader, weight: Reader | None, given: Given
) -> Iterator[HostArray]:
    """Go through the labels once, and note their facts: rows of targets, else class indices."""
    dense = case.layout == "dense"
    axis = case.axis if case.p is not None else -1
    if not _leaves_out(case, labels):
        weight = None
    alive = None if weight is None else Feed(flat_weights(case, weight))
    # One value in each place: also what one-hot rows, elements and labels of an odd shape hold.
    classes = 2 if case.layout == "elements" else None if dense else case.classes
    facts = LabelFacts(classes, case.loss.ignore)
    facts.shape, facts.dtype = labels.shape, labels.dtype.name
    case.labels = facts
    watches = sample_facts.watches(case, labels, given)
    first = 0

    def note(piece: HostArray) -> None:
        nonlocal first
        live = None if alive is None or dense else alive.alive(piece.size).reshape(piece.shape)
        facts.add(piece, first, live)
        for watch in watches:
            watch(piece)
        first += len(piece)
        if given.progress is not None and case.p is None:
            given.progress(first, labels.shape[0])

    if not dense:
        yield from _indices(case, labels, note)
        return
    case.targets = TargetFacts(labels.shape[axis])
    for block in rows_of(labels, axis, note):
        case.targets.add(block, None if alive is None else alive.alive(len(block)))
        yield block


def _indices(case: Case, labels: Reader, note: Callable[[HostArray], None]) -> Iterator[HostArray]:
    """Go through class indices in the order of the rows of predictions."""
    step = max(1, LABEL_BLOCK // max(1, math.prod(labels.shape[1:])))
    rank = len(case.p.shape) if case.p is not None else 1
    moved = rank > 1 and case.axis % rank == 0 and len(labels.shape) == rank
    moved = moved and case.layout != "elements"
    whole = read_whole(labels) if moved else None
    for piece in (labels if whole is None else ArrayReader(whole, labels.name)).chunks(step):
        note(piece)
        if whole is None:
            yield piece.reshape(-1)
    if whole is not None:
        yield np.moveaxis(whole, 0, -1).reshape(-1)


def _leaves_out(case: Case, labels: Reader) -> bool:
    """Whether rows of weight 0 may hold any label: those of crossent's losses may, of each row."""
    if case.framework not in (None, "crossent", "numpy"):
        return False
    if case.p is None:
        return False
    if case.layout == "elements":
        return labels.shape == case.p.shape
    per_row = case.p.shape[case.axis] if case.layout == "dense" else 1
    return math.prod(labels.shape) == math.prod(case.row_shape) * per_row


def weight_of_rows(case: Case, labels: Reader | None, weight: Reader | None) -> Reader | None:
    """Return the weights that leave out predictions; elements need labels that go with them."""
    if not _is_binary(case):
        return weight
    goes_with = labels is not None and case.layout == "elements" and _leaves_out(case, labels)
    return weight if goes_with else None


def _is_binary(case: Case) -> bool:
    return case.layout == "elements" or case.loss.kind == "binary"


def predicted_rows(
    case: Case, labels: Iterator[HostArray] | None, predictions: Reader, weight: Reader | None
) -> Iterator[Rows]:
    """Go through the predictions once, with the labels and weights that go with them."""
    weights = None if weight is None else flat_weights(case, weight)
    if _is_binary(case):
        return elements(predictions, labels, case.loss.ignore, weights)
    dense = case.layout == "dense"
    return paired(
        predictions, case.axis, labels, dense=dense,
        ignored=() if dense else case.loss.ignore, weights=weights,
    )  # fmt: skip


def _walk_predictions(
    case: Case, labels: Iterator[HostArray] | None, predictions: Reader, weight: Reader | None,
    given: Given,
) -> None:  # fmt: skip
    binary = _is_binary(case)
    if not binary and not case.has_class_axis:
        return
    classes = 2 if binary else predictions.shape[case.axis]
    case.rows = facts = RowFacts(classes, predictions.dtype.name)
    total = math.prod(predictions.shape) // max(1, classes)
    if not binary and (classes == 0 or total == 0):
        return
    views = views_of(case) if given.pictures else ()
    for rows in predicted_rows(case, labels, predictions, weight):
        if binary and rows.keep is not None:
            facts.add_elements(rows.x, rows.keep, rows.labels)
        else:
            facts.add(rows.x, rows.labels, rows.keep)
        if len(views) > 1:  # the first rows tell what these are, but for strays
            likely = (judge_elements if binary else judge_rows)(facts.seen).kind == "logits"
            views = tuple(view for view in views if view.from_logits == likely)
        for view in views:
            view.add_rows(rows)
        if given.progress is not None and not binary:
            given.progress(facts.rows, total)
    case.views = views


def _decide_reading(case: Case) -> None:
    """Tell logits from probabilities where the user has not said what they are."""
    rows = case.rows
    if case.declared or rows is None or not rows.seen.rows:
        return
    if _is_binary(case):
        verdict = judge_elements(rows.seen)
    elif rows.log_rows == rows.seen.rows:
        case.reading, case.reading_text = "log-probabilities", "every row is a log-softmax"
        return
    else:
        verdict = judge_rows(rows.seen)
    case.reading, case.reading_text = verdict.kind, verdict.reason


def _look_along(case: Case, labels: Reader, predictions: Reader | None, given: Given) -> None:
    """Collect what is seen on a sample only: axes, shifts, padding."""
    case.suffix = sample_facts.suffix(case)
    if predictions is not None:
        case.fits = sample_facts.fits(case, labels, predictions)
        case.shift = sample_facts.shift(case, labels, predictions)
        case.other_axis = sample_facts.normalised_axis(case, predictions)
        case.groups = sample_facts.groups(case, labels, predictions)
