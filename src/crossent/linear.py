"""The loss over a linear layer whose logits are never held whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, overload

from crossent.core.misuse import without_misuse
from crossent.core.options import (
    MAX_MEMORY,
    UNSET,
    Empty,
    Gradients,
    Unset,
    Validate,
    absent_arrays,
    refuse_arguments,
)
from crossent.frontends.linear_call import run_linear, run_linear_log_probs
from crossent.objects import Loss
from crossent.signatures import (
    AnyReduction,
    Each,
    HostArray,
    LinearClassOptions,
    LinearLogProbsOptions,
    LinearOptions,
    One,
    Output,
    Parts,
    Rows,
    Scalar,
    Tensor,
    Terms,
)


@overload
def linear_crossentropy(
    y_true: Any,
    hidden: HostArray,
    linear_weight: Any,
    *,
    reduction: Parts,
    **options: Unpack[LinearOptions],
) -> tuple[Scalar, Scalar]: ...
@overload
def linear_crossentropy(
    y_true: Any,
    hidden: HostArray,
    linear_weight: Any,
    *,
    reduction: Rows,
    **options: Unpack[LinearOptions],
) -> Terms: ...
@overload
def linear_crossentropy(
    y_true: Any,
    hidden: HostArray,
    linear_weight: Any,
    *,
    reduction: One = ...,
    **options: Unpack[LinearOptions],
) -> Scalar: ...
@overload
def linear_crossentropy(
    y_true: Any,
    hidden: Tensor,
    linear_weight: Any,
    *,
    reduction: Parts,
    **options: Unpack[LinearOptions],
) -> tuple[Tensor, Tensor]: ...
@overload
def linear_crossentropy(
    y_true: Any,
    hidden: Tensor,
    linear_weight: Any,
    *,
    reduction: Each = ...,
    **options: Unpack[LinearOptions],
) -> Tensor: ...
@overload
def linear_crossentropy(
    y_true: Any,
    hidden: Any,
    linear_weight: Any,
    *,
    reduction: AnyReduction = ...,
    **options: Unpack[LinearOptions],
) -> Any: ...
@without_misuse
def linear_crossentropy(
    y_true: Any = UNSET,
    hidden: Any = UNSET,
    linear_weight: Any = UNSET,
    *nameless: Any,
    linear_bias: Any = None,
    ignore_class: int | tuple[int, ...] | None = None,
    shift: bool = False,
    target_prob: Any = None,
    class_mask: Any = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    label_smoothing: float = 0.0,
    z_loss: float | Unset = UNSET,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    max_memory: int = MAX_MEMORY,
    gradients: Gradients = "forward",
    reduction: AnyReduction = "mean",
    normalizer: Any = UNSET,
    empty: Empty | Unset = UNSET,
    validate: Validate = "first",
    **unknown: Any,
) -> Any:
    """Cross-entropy of the logits of a linear layer, which are never held whole, in nats.

    The logits are ``x = hidden @ linear_weight.T + linear_bias``, times `logit_scale`, and with a
    `softcap` then ``softcap * tanh(x / softcap)``; the loss is that of
    :func:`sparse_categorical_crossentropy` for labels, and of :func:`categorical_crossentropy` for
    distributions. At any time there are the logits of as many rows as `max_memory` holds.

    Parameters
    ----------
    y_true : array
        Class indices, of the shape of `hidden` without its last axis; K of them on a last axis
        with `target_prob`; or distributions, with all C classes on a last axis.
    hidden : array of float16, bfloat16, float32 or float64, shape (..., D)
        What the layer is applied to. Its kind decides the framework.
    linear_weight : array of the dtype of `hidden`, shape (C, D)
        The weight of the layer, as ``torch.nn.Linear`` stores it; C >= 2.
    linear_bias : array of the dtype of `hidden`, shape (C,), optional
        The bias of the layer.
    ignore_class : int or tuple of int, optional
        Rows with these labels are left out, whatever they hold.
    shift : bool
        True: the row at place t meets the label at t + 1 along the last axis of the rows, as a
        language model predicts the next token; the last row of a sequence has no loss.
    target_prob, class_mask, class_weight, sample_weight, label_smoothing, z_loss
        As in :func:`sparse_categorical_crossentropy`. The rows are those of `hidden`.
    logit_scale : float
        Multiplies the logits. A tensor would need a gradient: multiply `hidden` by it instead.
    softcap : float, optional
        Bounds the logits smoothly, after the scale.
    max_memory : int
        Bytes for the logits that are held at a time, and what is made of them; 128 MiB if it is
        not said. One row is held in any case.
    gradients : {"forward", "recompute"}
        "forward": with a mean or a sum the gradients are computed with the loss, three products of
        matrices in all. "recompute": the backward pass makes the logits again, four products, and
        nothing is kept between. "none" always computes them again.
    reduction, normalizer, empty, validate
        As in :func:`sparse_categorical_crossentropy`.

    Returns
    -------
    array or scalar
        Of the kind and on the device of `hidden`, float64 if it is, else float32: of no dimension,
        or with "none" of the rows' shape (with `shift` one place less). With "parts" a pair of no
        dimension, float64 whatever `hidden` is, unless the framework or the device has none.

    Raises
    ------
    LabelRangeError, LabelTypeError, TargetError, ShapeError, WeightError, OptionError, \
ArrayKindError, EmptyError
        As the loss of the logits does, with the shapes that they would have.

    See Also
    --------
    linear_log_probs : log-probabilities of the labels over the same layer.
    value_and_grad : the gradients to `hidden`, `linear_weight` and `linear_bias` in NumPy.

    Notes
    -----
    Rows without a loss are left out before the product where labels can be seen on the CPU. The
    products are the framework's own, in the dtype of the arrays: logits of 16 bits are rounded to
    it, as those of the layer are (NumPy multiplies in 32 bits). The gradient to a weight of 16 bits
    is added up in 32 bits, C * D * 4 bytes beside `max_memory`.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> rng = np.random.default_rng(0)
    >>> hidden, weight = rng.normal(size=(5, 4)), rng.normal(size=(7, 4))
    >>> labels = [3, 0, 6, -100, 2]
    >>> print(f"{ce.linear_crossentropy(labels, hidden, weight, ignore_class=-100):.6f}")
    3.222598
    >>> loss = ce.sparse_categorical_crossentropy
    >>> print(f"{loss(labels, hidden @ weight.T, from_logits=True, ignore_class=-100):.6f}")
    3.222598
    """
    if nameless or linear_weight is UNSET or hidden is UNSET or y_true is UNSET:
        refuse_arguments("linear", y_true, hidden, nameless, unknown, linear_weight=linear_weight)
    return run_linear(
        "linear",
        y_true,
        hidden,
        linear_weight,
        {
            "linear_bias": linear_bias,
            "ignore_class": ignore_class,
            "shift": shift,
            "target_prob": target_prob,
            "class_mask": class_mask,
            "class_weight": class_weight,
            "sample_weight": sample_weight,
            "label_smoothing": label_smoothing,
            "z_loss": z_loss,
            "logit_scale": logit_scale,
            "softcap": softcap,
            "max_memory": max_memory,
            "gradients": gradients,
            "reduction": reduction,
            "normalizer": normalizer,
            "empty": empty,
            "validate": validate,
            **unknown,
        },
    )


@overload
def linear_log_probs(
    y_true: Any,
    hidden: HostArray,
    linear_weight: Any,
    *,
    outputs: Output = ...,
    **options: Unpack[LinearLogProbsOptions],
) -> Terms: ...
@overload
def linear_log_probs(
    y_true: Any,
    hidden: Tensor,
    linear_weight: Any,
    *,
    outputs: Output = ...,
    **options: Unpack[LinearLogProbsOptions],
) -> Tensor: ...
@overload
def linear_log_probs(
    y_true: Any,
    hidden: Any,
    linear_weight: Any,
    *,
    outputs: Output | tuple[Output, ...] = ...,
    **options: Unpack[LinearLogProbsOptions],
) -> Any: ...
@without_misuse
def linear_log_probs(
    y_true: Any = UNSET,
    hidden: Any = UNSET,
    linear_weight: Any = UNSET,
    *nameless: Any,
    linear_bias: Any = None,
    temperature: float = 1.0,
    outputs: Output | tuple[Output, ...] = "log_prob",
    ignore_class: int | tuple[int, ...] | None = None,
    class_mask: Any = None,
    shift: bool = False,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    max_memory: int = MAX_MEMORY,
    validate: Validate = "first",
    **unknown: Any,
) -> Any:
    """Log-probabilities of labels over a linear layer, whose logits are never held whole, in nats.

    They are those of :func:`log_probs` for the logits of :func:`linear_crossentropy`, divided by
    `temperature`.

    Parameters
    ----------
    y_true : array of integers, shape of `hidden` without its last axis
        Class indices from 0 to C-1.
    hidden, linear_weight, linear_bias
        As in :func:`linear_crossentropy`.
    temperature, outputs, ignore_class, class_mask, shift
        As in :func:`log_probs`.
    logit_scale, softcap, max_memory
        As in :func:`linear_crossentropy`; the temperature divides what they give.
    validate : {"first", "always", "off"}
        When values are checked, as in :func:`sparse_categorical_crossentropy`.

    Returns
    -------
    array, or named tuple of arrays
        As :func:`log_probs` returns, with gradients to `hidden`, `linear_weight`, `linear_bias`,
        for which the logits are made again: what comes down to a row is not known before.

    Raises
    ------
    LabelRangeError, LabelTypeError, ShapeError, OptionError, ArrayKindError
        As :func:`log_probs` does, with the shapes that the logits would have.

    See Also
    --------
    log_probs : the same of logits that are there.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> hidden, weight = np.eye(3, dtype=np.float32), 2 * np.eye(3, dtype=np.float32)
    >>> ce.linear_log_probs([0, 1, 0], hidden, weight)
    array([-0.23954476, -0.23954476, -2.2395449 ], dtype=float32)
    """
    if nameless or linear_weight is UNSET or hidden is UNSET or y_true is UNSET:
        refuse_arguments(
            "linear_log_probs", y_true, hidden, nameless, unknown, linear_weight=linear_weight
        )
    return run_linear_log_probs(
        y_true,
        hidden,
        linear_weight,
        {
            "linear_bias": linear_bias,
            "temperature": temperature,
            "outputs": outputs,
            "ignore_class": ignore_class,
            "class_mask": class_mask,
            "shift": shift,
            "logit_scale": logit_scale,
            "softcap": softcap,
            "max_memory": max_memory,
            "validate": validate,
            **unknown,
        },
    )


class LinearCrossentropy(Loss[Any]):
    """Cross-entropy over a linear layer with its options stored, in nats.

    Computes :func:`linear_crossentropy`, where formula, shapes, dtypes and edge cases are
    described.

    Parameters
    ----------
    **options
        The options of :func:`linear_crossentropy`, except those that belong to a batch or are
        learned: they come with the call, ``loss(y_true, hidden, linear_weight,
        sample_weight=None, linear_bias=None)``.

    Raises
    ------
    OptionError
        If an option is unknown, out of range or means nothing here.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> loss = ce.LinearCrossentropy(ignore_class=-100, max_memory=2**20)
    >>> print(f"{loss([1, -100], np.eye(2), np.eye(2)):.6f}")
    1.313262
    """

    function = "linear"

    if TYPE_CHECKING:

        def __init__(self, **options: Unpack[LinearClassOptions]) -> None: ...

    @without_misuse
    def __call__(  # type: ignore[override]
        self,
        y_true: Any = UNSET,
        hidden: Any = UNSET,
        linear_weight: Any = UNSET,
        sample_weight: Any = None,
        *nameless: Any,
        normalizer: Any = UNSET,
        **arrays: Any,
    ) -> Any:
        """Compute the loss; the weight, and the other arrays of a batch, come with the call."""
        if nameless or linear_weight is UNSET or hidden is UNSET or y_true is UNSET:
            absent = absent_arrays(y_true, hidden, linear_weight=linear_weight)
            self._refuse(arrays, nameless, absent)
        given = self.call_options(sample_weight, normalizer, **arrays)
        return run_linear("linear", y_true, hidden, linear_weight, given)
