"""The plan: shapes, dtypes and options turned into one decision, without looking at a value.

Because no value is read, the same plan is made for an array in memory, a tensor inside a traced
graph and a batch of unknown size (a dimension is then None).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from crossent.core.messages import shapes as messages
from crossent.core.options import Options
from crossent.core.registry import FUNCTIONS

Dims = tuple[int | None, ...]
Kind = Literal["index", "top_k", "dense", "binary"]

FLOATS: Final = ("float16", "bfloat16", "float32", "float64")
INTEGERS: Final = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip
EXACT_INTEGERS: Final = {"float16": 2**11, "bfloat16": 2**8, "float32": 2**24, "float64": 2**53}
"""Up to which class index every integer is a value of a float dtype (rule M02)."""


LARGEST: Final = {
    "float16": 65504.0, "bfloat16": (2 - 2.0**-7) * 2.0**127, "float32": (2 - 2.0**-23) * 2.0**127,
    "float64": (2 - 2.0**-52) * 2.0**1023,
}  # fmt: skip


class Spec(NamedTuple):
    """What a plan knows of an array: its shape (None where unknown) and the name of its dtype."""

    shape: Dims
    dtype: str


class Plan(NamedTuple):
    """How labels and predictions fit together."""

    options: Options
    kind: Kind
    rank: int  # of y_pred
    axis: int  # the class axis of y_pred, >= 0; -1 for binary
    classes: int  # 0 for binary
    rows: Dims  # the shape of the result of reduction="none"
    label_axis: int | None  # a dimension of 1 to drop from the labels, or to add for binary
    compute_dtype: str  # of the arithmetic on classes, and of the terms


def make_plan(
    options: Options,
    y_true: Spec,
    y_pred: Spec,
    *,
    target_prob: Spec | None = None,
) -> Plan:
    """Decide how `y_true` and `y_pred` fit together.

    Raises
    ------
    PredictionError
        If the predictions are integers.
    LabelTypeError
        If the dtype of the labels cannot hold every class index.
    ShapeError
        If no reading of the shapes fits; the message says which function, axis or order would.
    """
    if y_pred.dtype not in FLOATS:
        raise messages.integer_predictions(options, y_true, y_pred)
    target_kind = FUNCTIONS[options.function].targets
    if target_kind == "elements":
        label_axis = _binary_label_axis(options, y_true, y_pred)
        return plan_of_rows(options, "binary", y_pred, label_axis=label_axis)
    axis, classes, rows = _class_axis(options, y_true, y_pred)
    if options.shift and not rows:
        raise messages.no_places(y_pred.shape)
    kind: Kind
    if target_kind == "distributions":
        kind, label_axis = "dense", None
        if not fits(y_true.shape, y_pred.shape):
            raise messages.dense_shape(options, y_true, y_pred, axis)
    elif target_prob is not None:
        kind, label_axis = "top_k", None
        _check_top_k(y_true, target_prob, rows, axis)
    else:
        kind = "index"
        label_axis = _index_label_axis(options, y_true, y_pred, rows, axis)
    if kind in ("index", "top_k"):
        limit = EXACT_INTEGERS.get(y_true.dtype)
        if limit is not None and classes > limit:
            raise messages.labels_lost_in_float(y_true.dtype, classes, limit)
    return plan_of_rows(options, kind, y_pred, axis, label_axis)


def plan_of_rows(
    options: Options, kind: Kind, y_pred: Spec, axis: int = -1, label_axis: int | None = None
) -> Plan:
    """Return the plan of predictions with the classes on an axis, and of targets that fit them."""
    shape, rank = y_pred.shape, len(y_pred.shape)
    compute = "float64" if y_pred.dtype == "float64" else "float32"
    if kind == "binary":
        return Plan(options, kind, rank, -1, 0, shape, label_axis, compute)
    axis %= rank
    rows = shape[:axis] + shape[axis + 1 :]
    return Plan(options, kind, rank, axis, shape[axis] or 0, rows, label_axis, compute)


def fits(shape: Dims, wanted: Dims) -> bool:
    """Whether two shapes can be equal, taking an unknown dimension for any."""
    return len(shape) == len(wanted) and (
        shape == wanted
        or all(a is None or b is None or a == b for a, b in zip(shape, wanted, strict=True))
    )


def broadcasts(shape: Dims, wanted: Dims) -> bool:
    """Whether one shape can be repeated to another, taking an unknown dimension for any."""
    if len(shape) > len(wanted):
        return False
    tail = wanted[len(wanted) - len(shape) :]
    return all(a == 1 or a is None or b is None or a == b for a, b in zip(shape, tail, strict=True))


def expand_shape(name: str, shape: Dims, rows: Dims) -> int:
    """Return how many trailing dimensions of 1 a weight needs to lie on the rows.

    A weight is a scalar, has the rows' shape, or a leading part of it.
    """
    if not fits(shape, rows[: len(shape)]):
        raise messages.weight_shape(name, shape, rows)
    return len(rows) - len(shape)


def _class_axis(options: Options, y_true: Spec, y_pred: Spec) -> tuple[int, int, Dims]:
    rank = len(y_pred.shape)
    if rank == 0:
        raise messages.no_class_axis(options, y_true)
    if not -rank <= options.axis < rank:
        wanted = f"an axis of y_pred, which has shape {messages.show(y_pred.shape)}"
        raise messages.option_value("axis", wanted, options.axis)
    axis = options.axis % rank
    classes = y_pred.shape[axis]
    if classes is None:
        raise messages.unknown_classes(y_pred.shape, axis)
    if classes < 2:
        raise messages.one_class(options, y_pred.shape, axis)
    return axis, classes, y_pred.shape[:axis] + y_pred.shape[axis + 1 :]


def _index_label_axis(
    options: Options, y_true: Spec, y_pred: Spec, rows: Dims, axis: int
) -> int | None:
    if fits(y_true.shape, rows):
        return None
    if len(y_true.shape) == len(rows) + 1:
        for drop in (len(rows), axis):
            if y_true.shape[drop] == 1 and fits(_without(y_true.shape, drop), rows):
                return drop
    raise messages.index_shape(options, y_true, y_pred, rows, axis)


def _check_top_k(y_true: Spec, target_prob: Spec, rows: Dims, axis: int) -> None:
    shape = y_true.shape
    if len(shape) != len(rows) + 1 or not fits(_without(shape, axis), rows):
        raise messages.top_k_shape(shape, rows, axis)
    if not fits(target_prob.shape, shape):
        raise messages.target_prob_shape(target_prob.shape, shape)
    if target_prob.dtype not in FLOATS:
        raise messages.target_prob_dtype(target_prob.dtype)


def _binary_label_axis(options: Options, y_true: Spec, y_pred: Spec) -> int | None:
    """Return -1 if y_true has one more dimension of 1 at the end, 1 if y_pred has, else None."""
    if fits(y_true.shape, y_pred.shape):
        return None
    if y_true.shape[-1:] == (1,) and fits(y_true.shape[:-1], y_pred.shape):
        return -1
    if y_pred.shape[-1:] == (1,) and fits(y_true.shape, y_pred.shape[:-1]):
        return 1
    raise messages.binary_shape(options, y_true, y_pred)


def _without(shape: Dims, axis: int) -> Dims:
    return shape[:axis] + shape[axis + 1 :]


def sentinels_in(options: Options, dtype: str) -> tuple[int | float, ...]:
    """Return the ignored classes that labels of a dtype can hold; those of integers as in int64.

    A uint64 from 2**63 on comes out negative there, and must not meet a negative sentinel. Cast to
    a float type, a number that it does not hold would meet a label that is another one.
    """
    given = options.ignore_class
    if dtype in EXACT_INTEGERS:
        return tuple(v for v in given if _holds(dtype, v))
    if dtype == "uint64":
        return tuple(int(v) - 2**64 * (v >= 2**63) for v in given if 0 <= v < 2**64)
    return tuple(int(v) for v in given if -(2**63) <= v < 2**63)


def _holds(dtype: str, value: int | float) -> bool:
    """Whether a whole number is one of a float dtype; a fraction is compared as it is rounded."""
    whole = int(value)
    odd = abs(whole) // (whole & -whole or 1)
    return whole != value or (odd < EXACT_INTEGERS[dtype] and abs(whole) <= LARGEST[dtype])
