"""The arguments of a diagnosis, checked."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, Final

import numpy as np

from crossent.core.errors import CrossentError
from crossent.core.messages import data as messages
from crossent.core.options import of_64_bits
from crossent.doctor.case import Case
from crossent.doctor.footprint import FLOATS
from crossent.doctor.known_losses import WORDS, LossSpec, of_framework, read_framework, read_loss
from crossent.evaluate.arguments import check_count, check_number
from crossent.stream.host import to_host
from crossent.stream.readers import Reader, open_array
from crossent.stream.source import check_header

Progress = Callable[[int, int], None]

REDUCTIONS: Final = (
    "mean", "sum", "none", "auto", "sum_over_batch_size", "mean_with_sample_weight", "batchmean",
    "parts",
)  # fmt: skip
"""The words of all frameworks for what a loss does with its rows."""


@dataclass
class Given:
    """Everything that `diagnose` was called with; its docstring says what each is."""

    y_true: object = None
    y_pred: object = None
    num_classes: int | None = None
    model: object = None
    x: object = None
    loss: object = "auto"
    from_logits: bool | None = None
    axis: int = -1
    ignore_class: int | tuple[int, ...] | None = None
    class_weight: object = None
    sample_weight: object = None
    label_smoothing: float | None = None
    reduction: str | None = None
    framework: str | None = None
    history: object = None
    observed: float | None = None
    accuracy: float | None = None
    micro_batches: Sequence[int] | None = None
    input_ids: object = None
    eos_id: int | None = None
    class_names: Any = None
    shape: Sequence[int] | None = None
    dtype: str = "float32"
    device: str | None = None
    memory: int | None = None
    progress: Progress | None = field(default=None, repr=False)
    header: bool | None = None
    pictures: bool = False
    label: str | None = None
    predictions: Any = None
    positive: str | None = None
    columns: str = ""
    """How the columns of the classes were found, where they have names."""
    by_name: bool = False
    """Whether the loss was to find the classes by their names."""
    raised: list[CrossentError] = field(default_factory=list, repr=False)
    """What was wrong with the names."""
    readers: dict[str, Reader] = field(default_factory=dict, repr=False)
    """The files that were opened, by path: pictures are of the data that was diagnosed."""


def check_words(given: Given) -> None:
    """Raise if an argument that is no array cannot be meant."""
    if not isinstance(given.pictures, bool | np.bool_):
        raise messages.option(f"`pictures` must be True or False; got {given.pictures!r}.")
    if isinstance(given.axis, bool) or not isinstance(given.axis, int | np.integer):
        raise messages.option(f"`axis` must be a whole number; got {given.axis!r}.")
    if given.reduction is not None and given.reduction not in REDUCTIONS:
        known = ", ".join(map(repr, REDUCTIONS))
        raise messages.option(f"`reduction` must be one of {known}; got {given.reduction!r}.")
    if given.memory is not None:
        check_count("memory", given.memory, 1)
    if given.eos_id is not None:
        check_count("eos_id", given.eos_id, 0)
    accuracy = check_number("accuracy", given.accuracy)
    if accuracy is not None and not 0 <= accuracy <= 1:
        raise messages.option(
            f"`accuracy` must be a share from 0 to 1, not in percent; got {given.accuracy!r}."
        )
    device_of(given)
    check_header(
        given.header, given.y_true, given.y_pred, given.sample_weight, given.input_ids, given.x
    )
    if given.progress is not None and not callable(given.progress):
        raise messages.option(
            f"`progress` must be a function of the rows done and of all; got {given.progress!r}."
        )
    if given.x is not None and given.model is None:
        raise messages.option("`x` is the input of a model: pass `model` too, or y_pred=model(x).")


def start(given: Given, spec: LossSpec) -> Case:
    """Return a case with what the words alone say."""
    check_words(given)
    case = Case(loss=spec, axis=int(given.axis), memory=given.memory)
    case.observed = check_number("observed", given.observed)
    case.accuracy = check_number("accuracy", given.accuracy)
    if given.num_classes is not None:
        case.classes = case.told_classes = check_count("num_classes", given.num_classes, 0)
    if given.class_names is not None:
        case.class_names = _listed(given.class_names)
        if not case.class_names:
            raise messages.option(
                "`class_names` must be a list with a name for each column; got "
                f"{given.class_names!r}."
            )
        case.classes = case.classes or len(case.class_names)
    case.columns, case.by_name = given.columns, given.by_name or given.class_names is not None
    case.raised += given.raised
    if given.history is not None:
        losses = getattr(given.history, "history", given.history)  # what Keras' fit returns
        if isinstance(losses, Mapping):
            if "loss" not in losses:
                keys = ", ".join(map(repr, losses))
                raise messages.option(f"`history` must have the losses as 'loss'; it has {keys}.")
            losses = losses["loss"]
        if isinstance(losses, tuple | list):
            # A tensor that records gradients is no number to NumPy.
            losses = [one.item() if hasattr(one, "item") else one for one in losses]
        history = np.asarray(to_host("history", losses), np.float64)
        if history.ndim != 1:
            raise messages.option(
                f"`history` must be a list of loss values; got shape {history.shape}."
            )
        case.history = history
        case.steps_each = getattr(given.history, "steps_each", 1)
    if spec.reading is not None:
        case.reading, case.declared = spec.reading, True
    return case


def spec_of(given: Given) -> LossSpec:
    """Return what is known about the loss, with the options that were named."""
    spec = read_loss(given.loss)
    framework, version = read_framework(given.framework)
    if framework is not None:
        named = spec.name not in WORDS  # a loss leaves out what it leaves out, wherever it runs
        spec = spec if named else of_framework(spec, framework)
        spec = replace(spec, framework=framework, version=version)
    if given.from_logits is not None:
        if not isinstance(given.from_logits, bool | np.bool_):
            raise messages.option(
                f"`from_logits` must be True, False or None; got {given.from_logits!r}."
            )
        spec = replace(spec, reading="logits" if given.from_logits else "probabilities")
    if given.ignore_class is not None:
        spec = replace(spec, ignore=_ignored(given.ignore_class), ignore_is_default=False)
    if given.label_smoothing is not None:
        smoothing = check_number("label_smoothing", given.label_smoothing)
        if smoothing is None or not 0 <= smoothing <= 1:
            raise messages.option(
                f"`label_smoothing` must lie in [0, 1]; got {given.label_smoothing!r}."
            )
        spec = replace(spec, label_smoothing=smoothing)
    if given.reduction is not None:
        spec = replace(spec, reduction=given.reduction)
    if given.class_weight is not None:
        spec = replace(spec, class_weight=given.class_weight)
    return spec


def forecast_of(given: Given) -> tuple[tuple[int, ...], str]:
    """Return the shape and the dtype of predictions that are not there yet."""
    shape = _listed(given.shape)
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in shape)
    if not shape or not whole or min(shape) < 0:
        raise messages.option(
            "`shape` must be a sequence of whole numbers >= 0 such as (8, 2048, 50257); got "
            f"{given.shape!r}."
        )
    sizes = tuple(map(int, shape))
    if math.prod(sizes) >= 2**63:
        raise messages.option(f"`shape` {sizes!r} has more elements than any array can hold.")
    # Dtypes are written as words, or as those of NumPy or a framework.
    dtype = getattr(given.dtype, "name", getattr(given.dtype, "__name__", str(given.dtype)))
    dtype = str(dtype).rpartition(".")[2]
    if dtype not in FLOATS:
        raise messages.option(
            f"`dtype` must be one of {', '.join(map(repr, FLOATS))}; got {given.dtype!r}."
        )
    return sizes, dtype


def device_of(given: Given) -> str | None:
    """Return the name of the device that was named, or None."""
    if isinstance(given.device, int | float):
        raise messages.option(
            f"`device` must be a name such as 'cuda:0' or 'cpu'; got {given.device!r}."
        )
    return None if given.device is None else str(given.device)


def _listed(given: object) -> tuple[Any, ...]:
    """Return a sequence as a tuple; an empty one if it is none."""
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        return ()
    return tuple(given)


def _ignored(given: object) -> tuple[int | float, ...]:
    numbers = (int, float, np.number)
    several = hasattr(given, "__iter__") and not isinstance(given, str)
    listed = _listed(given) if several else (given,)
    if not all(isinstance(one, numbers) and not isinstance(one, bool) for one in listed):
        raise messages.option(
            f"`ignore_class` must be a label or a tuple of labels, such as -1; got {given!r}."
        )
    if any(isinstance(one, Integral) and not of_64_bits(one) for one in listed):
        raise messages.option(
            f"`ignore_class` must be a label that 64 bits can hold; got {str(given)[:40]}."
        )
    return listed


def is_file(given: object) -> bool:
    """Whether an argument names a file."""
    return isinstance(given, str | os.PathLike)


def opened(given: Given, path: Any, *, with_nan: bool = False, text: bool = False) -> Reader:
    """Open a file, or return what was opened before; it must not have changed since.

    With `with_nan` an empty cell is NaN, as in predictions of a run that diverged; with `text` one
    column may hold names.
    """
    name = os.fspath(path)
    if name not in given.readers:
        given.readers[name] = open_array(name, header=given.header, with_nan=with_nan, text=text)
    return given.readers[name]
