"""Messages about shapes and dtypes: what fits what, and which function or axis would fit."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from crossent.core.errors import (
    ArrayKindError,
    LabelTypeError,
    OptionError,
    PredictionError,
    ShapeError,
    WeightError,
)
from crossent.core.messages.options import option_value as option_value

if TYPE_CHECKING:
    from crossent.core.options import Options
    from crossent.core.plan import Dims, Spec


def show(shape: Dims) -> str:
    """Write a shape as Python does, with None for an unknown dimension."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def integer_predictions(options: Options, y_true: Spec, y_pred: Spec) -> PredictionError:
    if y_true.dtype.startswith(("float", "bfloat")) and y_true.shape != ():
        return PredictionError(
            "CE304",
            f"`y_pred` holds {y_pred.dtype} and `y_true` holds {y_true.dtype}: the arguments look "
            f"swapped. The order is {options.name}(y_true, y_pred): labels first.",
        )
    return PredictionError(
        "CE305",
        f"`y_pred` must hold logits or probabilities as floats; got {y_pred.dtype} of shape "
        f"{show(y_pred.shape)}. If these are predicted classes (after argmax), pass the output "
        "of the model before the argmax: a class number has no loss.",
    )


def labels_lost_in_float(dtype: str, classes: int, limit: int) -> LabelTypeError:
    return LabelTypeError(
        "CE310",
        f"`y_true` is {dtype}, which cannot tell class indices above {limit} apart, and y_pred "
        f"has {classes} classes. Create the labels as integers: a cast now would not bring the "
        "lost ones back.",
    )


def no_class_axis(options: Options, y_true: Spec) -> ShapeError:
    hint = ""
    if y_true.shape:
        hint = " The arguments may be swapped: labels come first."
    return ShapeError(
        "CE112",
        f"`y_pred` must have a class axis; got a single number.{hint} For one probability per "
        "element use binary_crossentropy.",
    )


def unknown_classes(shape: Dims, axis: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"The number of classes, axis {axis} of `y_pred` with shape {show(shape)}, must be known "
        "when the graph is built. Set it with `tf.ensure_shape`.",
    )


def one_class(options: Options, shape: Dims, axis: int) -> ShapeError:
    size = shape[axis]
    return ShapeError(
        "CE302",
        f"`y_pred` has {size} class{'' if size == 1 else 'es'} on axis {axis} (shape "
        f"{show(shape)}): a softmax over it is always 1 and cannot learn. For two classes with "
        "one output use binary_crossentropy, or give the last layer one unit per class.",
    )


def no_places(shape: Dims) -> ShapeError:
    return ShapeError(
        "CE112",
        f"With `shift=True` the label of the next place is taken, so there must be an axis of "
        f"places beside that of the classes; `y_pred` has shape {show(shape)}. Leave `shift` out "
        "for a single row.",
    )


def index_shape(options: Options, y_true: Spec, y_pred: Spec, rows: Dims, axis: int) -> ShapeError:
    y, p = y_true.shape, y_pred.shape
    got = f"`y_true` has shape {show(y)} and `y_pred` {show(p)}"
    if y == p:
        return ShapeError(
            "CE108",
            f"{got}: the labels look one-hot (or are probabilities), but {options.name} takes one "
            f"class index per row, shape {show(rows)}. Pass them to categorical_crossentropy, or "
            f"take np.argmax(y_true, axis={options.axis}) first.",
        )
    other = _other_axis(y, p)
    if other is not None:
        return ShapeError(
            "CE110",
            f"{got}: with the classes on axis {axis} the labels should have shape {show(rows)}, "
            f"but they fit if the classes are on axis {other}. Pass axis={other}, unless labels "
            "and predictions come from different batches.",
        )
    flat = math.prod(d for d in p if d is not None)
    if None not in p and len(y) == 1 and y[0] == flat:
        return ShapeError(
            "CE108",
            f"{got}: y_true has as many elements as y_pred, so it looks like one-hot labels "
            f"flattened. Take y_true.reshape{show(p)}.argmax(axis={options.axis}).",
        )
    if len(y) == len(p) + 1 and y[:-1] == p:
        return ShapeError(
            "CE304",
            f"{got}: the arguments look swapped. The order is {options.name}(y_true, y_pred): "
            "labels first.",
        )
    if len(y) == len(p) and _same_but(y, p, axis):
        return ShapeError(
            "CE301",
            f"{got}: {y[axis]} labels per row, but {options.name} takes one per row, shape "
            f"{show(rows)}. If the labels are independent of each other (multi-label), use "
            "binary_crossentropy with a 0/1 column per class; if they are the shares of one "
            "distribution, pass them as target_prob.",
        )
    return _first_dimension(got, y, rows, options)


def dense_shape(options: Options, y_true: Spec, y_pred: Spec, axis: int) -> ShapeError:
    y, p = y_true.shape, y_pred.shape
    got = f"`y_true` has shape {show(y)} and `y_pred` {show(p)}"
    rows = p[:axis] + p[axis + 1 :]
    trailing = (*rows, 1)
    if y in (rows, trailing):
        return ShapeError(
            "CE109",
            f"{got}: the labels look like class indices, but {options.name} takes a distribution "
            "per row, of the shape of y_pred. Pass them to sparse_categorical_crossentropy, which "
            "needs no one-hot matrix.",
        )
    if len(y) == len(p) and sorted(map(str, y)) == sorted(map(str, p)):
        return ShapeError(
            "CE110",
            f"{got}: both have the same sizes, but in another order. Transpose one of them so "
            "that both have the classes on the same axis, and name it with `axis`.",
        )
    return ShapeError(
        "CE112",
        f"{got}: {options.name} takes a probability for every class of every row, so both must "
        "have the same shape.",
    )


def binary_shape(options: Options, y_true: Spec, y_pred: Spec) -> ShapeError:
    y, p = y_true.shape, y_pred.shape
    got = f"`y_true` has shape {show(y)} and `y_pred` {show(p)}"
    if len(p) == len(y) + 1 and p[:-1] == y:
        return ShapeError(
            "CE112",
            f"{got}: y_pred has {p[-1]} outputs per row and y_true one label. For {p[-1]} "
            "classes of which one is right use sparse_categorical_crossentropy; for independent "
            "labels give y_true a 0/1 column for each.",
        )
    return ShapeError(
        "CE112",
        f"{got}: {options.name} takes one target per prediction, so both must have the same "
        "shape (a last dimension of 1 may be missing); they are never broadcast.",
    )


def top_k_shape(y: Dims, rows: Dims, axis: int) -> ShapeError:
    wanted = show((*rows[:axis], "K", *rows[axis:]))  # type: ignore[arg-type]
    return ShapeError(
        "CE112",
        f"With `target_prob`, `y_true` holds K classes per row on axis {axis}: shape {wanted}; "
        f"got {show(y)}.",
    )


def target_prob_shape(prob: Dims, y: Dims) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`target_prob` must have the shape of `y_true`, {show(y)}: a probability for every "
        f"class named; got {show(prob)}.",
    )


def target_prob_dtype(dtype: str) -> LabelTypeError:
    return LabelTypeError("CE111", f"`target_prob` must hold floats; got {dtype}.")


def weight_shape(name: str, shape: Dims, rows: Dims) -> WeightError:
    return WeightError(
        "CE314",
        f"`{name}` must be a number, or have the shape of the rows, {show(rows)}, or a leading "
        f"part of it; got {show(shape)}. It is never broadcast from the right, as NumPy would.",
    )


def class_weight_shape(shape: Dims, classes: int) -> WeightError:
    return WeightError(
        "CE314",
        f"`class_weight` must have one weight for each of {classes} classes, shape ({classes},), "
        f"or be a dict {{class: weight}}; got shape {show(shape)}.",
    )


def class_weight_key(key: object, classes: int) -> WeightError:
    return WeightError(
        "CE314",
        f"`class_weight` names the class {key!r}, but the classes of y_pred are 0..{classes - 1}.",
    )


def class_weight_word(word: str) -> OptionError:
    return OptionError(
        "CE314",
        f"`class_weight` must be numbers, not {word!r}: the balance of one batch is not that of "
        "the data. Compute it once with sklearn.utils.class_weight.compute_class_weight("
        '"balanced", classes=np.arange(C), y=all_labels).',
    )


def class_mask_shape(shape: Dims, y_pred: Dims, axis: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`class_mask` must have shape ({y_pred[axis]},), or broadcast to the shape of y_pred, "
        f"{show(y_pred)}; got {show(shape)}.",
    )


def class_mask_dtype(dtype: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002", f"`class_mask` must hold bool (True: the class exists); got {dtype}."
    )


def pos_weight_shape(shape: Dims, y_pred: Dims) -> WeightError:
    return WeightError(
        "CE314",
        f"`pos_weight` must be a number, or broadcast to the shape of y_pred, {show(y_pred)}; "
        f"got {show(shape)}.",
    )


def _other_axis(y: Dims, p: Dims) -> int | None:
    matches = [k for k in range(len(p)) if p[:k] + p[k + 1 :] == y]
    return matches[0] if matches else None


def _same_but(y: Dims, p: Dims, axis: int) -> bool:
    return y[:axis] + y[axis + 1 :] == p[:axis] + p[axis + 1 :]


def _first_dimension(got: str, y: Dims, rows: Dims, options: Options) -> ShapeError:
    hint = ""
    if None not in y and None not in rows:
        labels, predictions = math.prod(y), math.prod(rows)  # type: ignore[arg-type]
        if labels and predictions and labels != predictions:
            ratio = Fraction(predictions, labels)
            if ratio.denominator == 1:
                hint = f" There are {ratio} predictions for every label."
            elif ratio.numerator == 1:
                hint = f" There are {ratio.denominator} labels for every prediction."
            else:
                hint = (
                    f" There are {predictions} predictions for {labels} labels, a ratio of {ratio}."
                )
    return ShapeError(
        "CE112",
        f"{got}: {options.name} takes one label per row of predictions, shape {show(rows)}.{hint}",
    )
