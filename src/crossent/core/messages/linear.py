"""Messages about a linear layer: its weight and bias, and what they are multiplied with."""

from __future__ import annotations

from crossent.core.errors import ArrayKindError, ShapeError
from crossent.core.messages.shapes import show
from crossent.core.plan import Dims


def no_features(shape: Dims) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`hidden` must have the features of a row on its last axis; got shape {show(shape)}.",
    )


def weight_shape(hidden: Dims, weight: Dims) -> ShapeError:
    """A weight that does not fit the features, perhaps because it lies the other way round."""
    wanted = f"`linear_weight` must have shape (C, {hidden[-1]}): a row of features for each class"
    turned = len(weight) == 2 and weight[0] == hidden[-1]
    advice = (
        "It lies the other way round: pass `linear_weight.T`, which is a view."
        if turned
        else f"`hidden` has shape {show(hidden)}."
    )
    return ShapeError("CE112", f"{wanted}; got {show(weight)}. {advice}")


def bias_shape(classes: int, bias: Dims) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`linear_bias` must have shape ({classes},), a number for each row of `linear_weight`; "
        f"got {show(bias)}.",
    )


def no_floats(dtype: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`hidden` is {dtype}: a layer is applied to float16, bfloat16, float32 or float64. Cast "
        "`hidden` and `linear_weight` to one of them.",
    )


def layer_dtype(name: str, dtype: str, wanted: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is {dtype}, but `hidden` is {wanted}: a product takes one dtype. Cast one of "
        "them to that of the other.",
    )


def unknown_features(name: str, shape: Dims) -> ShapeError:
    return ShapeError(
        "CE112",
        f"The shape of `{name}`, {show(shape)}, must be known when the graph is built. Set it with "
        "`tf.ensure_shape`.",
    )
