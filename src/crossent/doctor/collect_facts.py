"""From arguments to a case: arrays and files are walked in blocks, facts are collected."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import ELEMENTS
from crossent.core.errors import CrossentError
from crossent.core.label_facts import LabelFacts
from crossent.core.target_facts import TargetFacts
from crossent.doctor import sample_facts
from crossent.doctor.arguments import Given, device_of, forecast_of, is_file, opened, spec_of, start
from crossent.doctor.case import ArrayInfo, Case
from crossent.doctor.known_losses import WORDS, of_framework
from crossent.doctor.layout import axes_that_fit, layout_of, without_last_1
from crossent.doctor.prediction_facts import RowFacts
from crossent.doctor.weight_facts import class_weight_facts, flat_weights, open_weight
from crossent.frontends import framework_of
from crossent.frontends.numpy.arrays import host_array
from crossent.stream.host import to_host
from crossent.stream.inference import judge_elements, judge_rows, look_at_elements
from crossent.stream.readers import Reader
from crossent.stream.readers.arrays import ArrayReader
from crossent.stream.source import read_whole

HostArray = npt.NDArray[Any]

LABEL_BLOCK: Final = 2**18
PIECE: Final = 2**21
"""Elements of predictions that are read at once; they are looked at in smaller blocks."""


def gather(given: Given) -> Case:
    """Collect all facts that the arguments allow."""
    case = start(given, spec_of(given))
    labels = open_labels(case, given)
    predictions = open_predictions(case, given)
    case.deterministic = _wants_deterministic()
    if case.axis == -1 and (_is_torch_loss(case) or _is_torch_layout(case)):
        case.axis = 1  # PyTorch's losses have the classes there, and no option for it
    softmax = case.loss.kind == "auto" and case.loss.name != "auto"
    softmax = softmax and case.framework != "sklearn"  # its loss takes one column as well
    case.layout = layout_of(case.y, case.p, case.axis, None if softmax else case.loss.kind)
    if case.p is not None and _has_class_axis(case):
        case.classes = case.p.shape[case.axis]
    if case.layout == "alone" and _is_matrix_of_classes(case, labels):
        case.layout = "dense"
    weight = open_weight(case, given)
    if labels is not None:
        _walk_labels(case, labels, weight, given)
    if predictions is not None:
        _walk_predictions(case, labels, predictions, weight, given)
    _decide_reading(case)
    if labels is not None:
        _look_along(case, labels, predictions, given)
    case.class_weight = class_weight_facts(case)
    if given.micro_batches is not None and labels is not None:
        case.micro_batches = sample_facts.micro_batches(case, labels, given.micro_batches)
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
        reader = opened(given, p)
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
        if error.code != "CE002":
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


def _walk_labels(case: Case, labels: Reader, weight: Reader | None, given: Given) -> None:
    dense = case.layout == "dense"
    if not _leaves_out(case, labels):
        weight = None
    if dense:
        width = labels.shape[case.axis] if case.p is not None else labels.shape[-1]
        case.targets = TargetFacts(width)
        alive = None if weight is None else Feed(flat_weights(case, weight))
        for piece in rows_of(labels, case.axis if case.p is not None else -1):
            case.targets.add(piece, None if alive is None else alive.take(len(piece)) != 0)
    # One value in each place: also what one-hot rows, elements and labels of an odd shape hold.
    per_row = max(1, math.prod(labels.shape[1:]))
    facts = LabelFacts(None if dense else case.classes, case.loss.ignore)
    if case.layout == "elements":
        facts = LabelFacts(2, case.loss.ignore)
    facts.shape, facts.dtype = labels.shape, labels.dtype.name
    first = 0
    alive = None if weight is None or dense else Feed(flat_weights(case, weight))
    for piece in labels.chunks(max(1, LABEL_BLOCK // per_row)):
        live = None if alive is None else (alive.take(piece.size) != 0).reshape(piece.shape)
        facts.add(piece, first, live)
        first += len(piece)
        if given.progress is not None and case.p is None:
            given.progress(first, labels.shape[0])
    case.labels = facts


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


def rows_of(reader: Reader, axis: int) -> Iterator[HostArray]:
    """Go through an array as blocks of rows (n, C), the classes of `axis` last."""
    rank = len(reader.shape)
    if axis % rank == 0 and rank > 1:
        whole = np.moveaxis(read_whole(reader), 0, -1)
        reader = ArrayReader(whole, reader.name)
    elif rank == 1:
        reader = ArrayReader(read_whole(reader)[None], reader.name)
    elif axis % rank != rank - 1:
        for piece in reader.chunks(piece_rows(reader)):
            yield from _blocks(np.moveaxis(piece, axis, -1))
        return
    for piece in reader.chunks(piece_rows(reader)):
        yield from _blocks(piece)


def piece_rows(reader: Reader) -> int:
    """How many entries of the first axis are read at once."""
    return max(1, PIECE // max(1, math.prod(reader.shape[1:])))


def _blocks(piece: HostArray) -> Iterator[HostArray]:
    if not piece.size:
        return
    flat = piece.reshape(-1, piece.shape[-1])
    step = max(1, ELEMENTS // max(1, flat.shape[-1]))
    for at in range(0, len(flat), step):
        yield flat[at : at + step]


def flat_labels(case: Case, labels: Reader) -> Iterator[HostArray]:
    """Go through index labels as integers, in the order of the rows of predictions."""
    reader = labels
    rank = len(case.p.shape) if case.p is not None else 1
    moved = case.axis % rank == 0 and rank > 1 and len(reader.shape) == rank
    if moved:
        reader = ArrayReader(np.moveaxis(read_whole(labels), 0, -1), labels.name)
    for piece in reader.chunks(max(1, LABEL_BLOCK // max(1, math.prod(reader.shape[1:])))):
        yield piece.reshape(-1)


def dense_classes(case: Case, labels: Reader) -> Iterator[HostArray]:
    """Go through one-hot or soft rows as the class that has the most mass."""
    for block in rows_of(labels, case.axis):
        yield block.argmax(axis=-1)


class Feed:
    """Takes values from an iterator of blocks, as many as are asked for."""

    def __init__(self, blocks: Iterator[HostArray]) -> None:
        self._blocks, self._rest = blocks, np.zeros(0)

    def take(self, count: int) -> HostArray:
        parts = [self._rest[:count]] if len(self._rest) else []
        self._rest = self._rest[count:]
        got = sum(map(len, parts))
        while got < count:
            block = next(self._blocks)
            parts.append(block[: count - got])
            self._rest = block[count - got :]
            got += len(parts[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _walk_predictions(
    case: Case, labels: Reader | None, predictions: Reader, weight: Reader | None, given: Given
) -> None:
    paired = labels is not None and case.layout in ("index", "extra", "dense")
    if case.layout == "elements" or case.loss.kind == "binary":
        _walk_elements(case, labels, predictions, weight)
        return
    if not case.has_class_axis:
        return
    facts = RowFacts(predictions.shape[case.axis], predictions.dtype.name)
    total = math.prod(predictions.shape) // max(1, facts.classes)
    if facts.classes == 0 or total == 0:
        case.rows = facts
        return
    feed = None
    if paired and labels is not None:
        dense = case.layout == "dense"
        feed = Feed(dense_classes(case, labels) if dense else flat_labels(case, labels))
    weights = Feed(flat_weights(case, weight)) if weight is not None else None
    for block in rows_of(predictions, case.axis):
        y, keep = None, None
        if feed is not None:
            y, keep = as_classes(feed.take(len(block)), case)
        if weights is not None:
            alive = weights.take(len(block)) != 0
            keep = alive if keep is None else keep & alive
        facts.add(block, y, keep)
        if given.progress is not None:
            given.progress(facts.rows, total)
    case.rows = facts


def as_classes(values: HostArray, case: Case) -> tuple[HostArray, HostArray | None]:
    """Return labels as int64 and which rows are kept; -1 is what no class can be."""
    keep = None
    if case.layout != "dense":
        for value in case.loss.ignore:
            keep = values != value if keep is None else keep & (values != value)
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (np.floor(values) == values)
        values = np.where(whole, values, -1)
    big = values.dtype.kind == "u" and values.dtype.itemsize == 8
    if big:
        values = np.where(values > 2**62, 2**62, values)
    return values.astype(np.int64, copy=False), keep


def _walk_elements(
    case: Case, labels: Reader | None, predictions: Reader, weight: Reader | None
) -> None:
    facts = RowFacts(2, predictions.dtype.name)
    paired = labels is not None and case.layout == "elements"
    marks = Feed(flat_labels(case, labels)) if labels is not None and paired else None
    leaves_out = labels is not None and paired and _leaves_out(case, labels)
    alive = Feed(flat_weights(case, weight)) if weight is not None and leaves_out else None
    first = 0
    for piece in predictions.chunks(piece_rows(predictions)):
        flat = piece.reshape(-1)
        keep = np.ones(flat.shape, bool)
        if marks is not None and case.loss.ignore:
            keep &= ~np.isin(marks.take(len(flat)), case.loss.ignore)
        if alive is not None:
            keep &= alive.take(len(flat)) != 0
        wide = flat if flat.dtype.itemsize >= 4 else flat.astype(np.float32)
        nan, inf = np.isnan(wide) & keep, np.isposinf(wide)
        facts.nan += int(np.count_nonzero(nan))
        if nan.any() and facts.first_nan is None:
            facts.first_nan = first + int(np.argmax(nan))
        facts.rows += len(flat)
        facts.kept += int(np.count_nonzero(keep))
        finite = wide[keep & ~inf & np.isfinite(wide)]
        facts.largest = max(facts.largest, float(np.abs(finite).max(initial=0)))
        facts.whole &= bool((np.floor(finite) == finite).all())
        facts.seen += look_at_elements(flat, keep, first)
        first += len(flat)
    case.rows = facts


def _decide_reading(case: Case) -> None:
    """Tell logits from probabilities where the user has not said what they are."""
    rows = case.rows
    if case.declared or rows is None or not rows.seen.rows:
        return
    if case.layout == "elements" or case.loss.kind == "binary":
        verdict = judge_elements(rows.seen)
    elif rows.log_rows == rows.seen.rows:
        case.reading, case.reading_text = "log-probabilities", "every row is a log-softmax"
        return
    else:
        verdict = judge_rows(rows.seen)
    case.reading, case.reading_text = verdict.kind, verdict.reason


def _look_along(case: Case, labels: Reader, predictions: Reader | None, given: Given) -> None:
    """Collect what is seen on a sample only: axes, shifts, padding."""
    case.suffix = sample_facts.suffix(case, labels)
    if given.input_ids is not None:
        ids = given.input_ids
        reader = (
            opened(given, ids) if is_file(ids) else ArrayReader(to_host("input_ids", ids), "ids")
        )
        case.tokens = sample_facts.tokens(case, labels, reader, given.eos_id)
    if predictions is not None:
        case.fits = sample_facts.fits(case, labels, predictions)
        case.shift = sample_facts.shift(case, labels, predictions)
        case.other_axis = sample_facts.normalised_axis(case, predictions)
