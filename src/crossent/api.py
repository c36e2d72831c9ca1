"""The public loss functions."""

from __future__ import annotations

from typing import Any, Unpack, overload

from crossent.core.misuse import without_misuse
from crossent.core.options import UNSET, Empty, Unset, Validate, refuse_arguments
from crossent.frontends.call import run_call
from crossent.signatures import (
    AnyReduction,
    BinaryOptions,
    DenseOptions,
    Each,
    HostArray,
    One,
    Parts,
    Rows,
    Scalar,
    SparseOptions,
    Tensor,
    Terms,
)


@overload
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: Parts, **options: Unpack[SparseOptions]
) -> tuple[Scalar, Scalar]: ...
@overload
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: Rows, **options: Unpack[SparseOptions]
) -> Terms: ...
@overload
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: One = ..., **options: Unpack[SparseOptions]
) -> Scalar: ...
@overload
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Tensor, *, reduction: Parts, **options: Unpack[SparseOptions]
) -> tuple[Tensor, Tensor]: ...
@overload
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Tensor, *, reduction: Each = ..., **options: Unpack[SparseOptions]
) -> Tensor: ...
@overload
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, *, reduction: AnyReduction = ..., **options: Unpack[SparseOptions]
) -> Any: ...
@without_misuse
def sparse_categorical_crossentropy(
    y_true: Any = UNSET,
    y_pred: Any = UNSET,
    *nameless: Any,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | tuple[int, ...] | None = None,
    target_prob: Any = None,
    class_mask: Any = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    label_smoothing: float = 0.0,
    z_loss: float | Unset = UNSET,
    epsilon: float | Unset = UNSET,
    normalize: bool | Unset | None = UNSET,
    reduction: AnyReduction = "mean",
    normalizer: Any = UNSET,
    empty: Empty | Unset = UNSET,
    validate: Validate = "first",
    **unknown: Any,
) -> Any:
    """Cross-entropy between class indices and predictions, in nats.

    For a row with label y the loss is ``-log(p[y])``: with ``from_logits=True``
    ``logsumexp(x) - x[y]``, computed so that no digit is lost; else
    ``-log(clip(p[y], epsilon, 1 - epsilon))``. With every option, the term of row i is

        t_i = s_i * (sum_c w_c * q'_ic * loss_ic + z_loss * logsumexp_i**2 * sum_c w_c * q_ic)

    and the mean is ``sum_i t_i / sum_i s_i * sum_c w_c * q_ic``, where q is the distribution that
    the label stands for, q' the smoothed one, s the sample and w the class weight.

    Parameters
    ----------
    y_true : array of integers, shape of `y_pred` without the class axis
        Class indices from 0 to C-1. Any integer dtype, bool, or floats that hold whole numbers and
        can hold every index; a dimension of 1 last or on the class axis is dropped. With
        `target_prob`, K classes a row on the class axis.
    y_pred : array of float16, bfloat16, float32 or float64
        Probabilities or logits of C >= 2 classes on `axis`. Its kind decides the framework.
    from_logits : bool
        True: `y_pred` holds any reals (logits). False: probabilities.
    axis : int
        The class axis of `y_pred`.
    ignore_class : int or tuple of int, optional
        Rows with these labels leave loss, divisor and gradient, whatever their predictions hold.
    target_prob : array of float, shape of `y_true`, optional
        Probabilities of the K classes named in a row; missing mass is dropped.
    class_mask : array of bool, shape (C,) or broadcastable to `y_pred`, optional
        False: the class does not exist; it leaves the softmax and the smoothing.
    class_weight : array of shape (C,) or dict, optional
        Finite weights >= 0 of the classes, in numerator and divisor.
    sample_weight : number or array, shape of the rows or a leading part of it, optional
        Finite weights >= 0 of the rows, in numerator and divisor; 0 leaves the row out.
    label_smoothing : float
        In [0, 1]: the target becomes ``(1 - label_smoothing) * q + label_smoothing / C``.
    z_loss : float, optional
        With logits: adds ``z_loss * logsumexp**2``. Default 0.
    epsilon : float, optional
        With probabilities: they are clipped to [epsilon, 1 - epsilon]. Default 1e-7 (so that the
        loss stops at 16.118); 0 gives the exact value, which may be inf.
    normalize : bool, optional
        With probabilities: True divides every row by its sum, False takes it as it is; by default
        the sums are checked.
    reduction : {"mean", "sum", "none", "parts"}
        "none": the terms, in the rows' shape; "parts": (total, weight), to be added up over
        batches before they are divided. "auto" means "mean".
    normalizer : number or array of no dimension, optional
        With "mean": a positive divisor, such as the number of tokens of all batches.
    empty : {"zero", "nan", "raise"}, optional
        With "mean": the value when nothing is left to average. Default "zero".
    validate : {"first", "always", "off"}
        When values are checked: "first" always on the CPU and once for each shape on an
        accelerator; "off" never: what is bad then becomes NaN.

    Returns
    -------
    array or scalar
        Of the kind and on the device of `y_pred`, float64 if it is, else float32: of no dimension,
        or with "none" of the rows' shape. With "parts" a pair of no dimension, float64 whatever
        `y_pred` is, unless the framework or the device has none.

    Raises
    ------
    LabelRangeError, LabelTypeError
        If a label is no class index. Where the labels are traced, the loss and the gradient of that
        row are NaN instead; but inside ``tf.function`` without XLA the program stops at the code
        and the words of this error, as a ``tf.errors.InvalidArgumentError``. So with what follows.
    PredictionError
        If `y_pred` holds no probabilities though ``from_logits=False``.
    ShapeError, TargetError, WeightError, OptionError, ArrayKindError, EmptyError
        If shapes, target probabilities, weights, options or kinds of arrays do not fit.

    Warns
    -----
    ProbabilityWarning
        If rows miss a sum of 1 by more than rounding.
    DoubleSoftmaxWarning
        If every row of the logits is a probability vector.

    See Also
    --------
    categorical_crossentropy : the same for one-hot or soft targets.

    Notes
    -----
    A class with a logit of -inf contributes nothing; as the label it gives inf. A row that holds
    NaN or +inf, or -inf alone, gives NaN in that row only. Rows that are ignored or have no weight
    may hold anything. The definition is that of Keras's function of this name and of
    ``tf.nn.sparse_softmax_cross_entropy_with_logits``; the mean follows rule M07.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> logits = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]], np.float32)
    >>> loss = ce.sparse_categorical_crossentropy
    >>> loss([0, 2], logits, from_logits=True, reduction="none").round(4)
    array([0.4076, 2.1698], dtype=float32)
    >>> print(f"{loss([0], [[20.0, 0.0]], from_logits=True):.9g}")
    2.06115362e-09
    """
    if nameless or y_pred is UNSET or y_true is UNSET:
        refuse_arguments("sparse", y_true, y_pred, nameless, unknown)
    return run_call(
        "sparse",
        y_true,
        y_pred,
        {
            "from_logits": from_logits,
            "axis": axis,
            "ignore_class": ignore_class,
            "target_prob": target_prob,
            "class_mask": class_mask,
            "class_weight": class_weight,
            "sample_weight": sample_weight,
            "label_smoothing": label_smoothing,
            "z_loss": z_loss,
            "epsilon": epsilon,
            "normalize": normalize,
            "reduction": reduction,
            "normalizer": normalizer,
            "empty": empty,
            "validate": validate,
            **unknown,
        },
    )


@overload
def categorical_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: Parts, **options: Unpack[DenseOptions]
) -> tuple[Scalar, Scalar]: ...
@overload
def categorical_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: Rows, **options: Unpack[DenseOptions]
) -> Terms: ...
@overload
def categorical_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: One = ..., **options: Unpack[DenseOptions]
) -> Scalar: ...
@overload
def categorical_crossentropy(
    y_true: Any, y_pred: Tensor, *, reduction: Parts, **options: Unpack[DenseOptions]
) -> tuple[Tensor, Tensor]: ...
@overload
def categorical_crossentropy(
    y_true: Any, y_pred: Tensor, *, reduction: Each = ..., **options: Unpack[DenseOptions]
) -> Tensor: ...
@overload
def categorical_crossentropy(
    y_true: Any, y_pred: Any, *, reduction: AnyReduction = ..., **options: Unpack[DenseOptions]
) -> Any: ...
@without_misuse
def categorical_crossentropy(
    y_true: Any = UNSET,
    y_pred: Any = UNSET,
    *nameless: Any,
    from_logits: bool = False,
    axis: int = -1,
    class_mask: Any = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    label_smoothing: float = 0.0,
    z_loss: float | Unset = UNSET,
    epsilon: float | Unset = UNSET,
    normalize: bool | Unset | None = UNSET,
    reduction: AnyReduction = "mean",
    normalizer: Any = UNSET,
    empty: Empty | Unset = UNSET,
    validate: Validate = "first",
    **unknown: Any,
) -> Any:
    """Cross-entropy between distributions over the classes and predictions, in nats.

    For a row with target distribution q the loss is ``-sum_c q[c] * log(p[c])``; one-hot targets
    give what :func:`sparse_categorical_crossentropy` gives for the index, whatever the weights.

    Parameters
    ----------
    y_true : array, shape of `y_pred`
        One-hot or soft targets: every row in [0, 1] with sum 1.
    y_pred : array of float16, bfloat16, float32 or float64
        Probabilities or logits of C >= 2 classes on `axis`. Its kind decides the framework.
    from_logits, axis, class_mask, class_weight, sample_weight, label_smoothing, z_loss
        As in :func:`sparse_categorical_crossentropy`. There is no `ignore_class`: rows are left
        out by ``sample_weight=0``.
    epsilon, normalize, reduction, normalizer, empty, validate
        As in :func:`sparse_categorical_crossentropy`.

    Returns
    -------
    array or scalar
        Of the kind and on the device of `y_pred`, float64 if it is, else float32: of no dimension,
        or with "none" of the rows' shape. With "parts" a pair of no dimension, float64 whatever
        `y_pred` is, unless the framework or the device has none.

    Raises
    ------
    TargetError
        If a row of `y_true` is no distribution: several ones (multi-label data), counts, logits,
        zeros only. Where the targets are traced that row is NaN instead, or the program stops, as
        in :func:`sparse_categorical_crossentropy`.
    PredictionError, ShapeError, WeightError, OptionError, ArrayKindError, EmptyError
        As in :func:`sparse_categorical_crossentropy`.

    Notes
    -----
    A class without target mass contributes 0 even if its loss is infinite. The definition is that
    of Keras's function of this name and of ``tf.nn.softmax_cross_entropy_with_logits``.

    Examples
    --------
    >>> import crossent as ce
    >>> one_hot = [[1, 0, 0], [0, 1, 0]]
    >>> ce.categorical_crossentropy(one_hot, [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    np.float64(0.2899092476264711)
    """
    if nameless or y_pred is UNSET or y_true is UNSET:
        refuse_arguments("dense", y_true, y_pred, nameless, unknown)
    return run_call(
        "dense",
        y_true,
        y_pred,
        {
            "from_logits": from_logits,
            "axis": axis,
            "class_mask": class_mask,
            "class_weight": class_weight,
            "sample_weight": sample_weight,
            "label_smoothing": label_smoothing,
            "z_loss": z_loss,
            "epsilon": epsilon,
            "normalize": normalize,
            "reduction": reduction,
            "normalizer": normalizer,
            "empty": empty,
            "validate": validate,
            **unknown,
        },
    )


@overload
def binary_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: Parts, **options: Unpack[BinaryOptions]
) -> tuple[Scalar, Scalar]: ...
@overload
def binary_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: Rows, **options: Unpack[BinaryOptions]
) -> Terms: ...
@overload
def binary_crossentropy(
    y_true: Any, y_pred: HostArray, *, reduction: One = ..., **options: Unpack[BinaryOptions]
) -> Scalar: ...
@overload
def binary_crossentropy(
    y_true: Any, y_pred: Tensor, *, reduction: Parts, **options: Unpack[BinaryOptions]
) -> tuple[Tensor, Tensor]: ...
@overload
def binary_crossentropy(
    y_true: Any, y_pred: Tensor, *, reduction: Each = ..., **options: Unpack[BinaryOptions]
) -> Tensor: ...
@overload
def binary_crossentropy(
    y_true: Any, y_pred: Any, *, reduction: AnyReduction = ..., **options: Unpack[BinaryOptions]
) -> Any: ...
@without_misuse
def binary_crossentropy(
    y_true: Any = UNSET,
    y_pred: Any = UNSET,
    *nameless: Any,
    from_logits: bool = False,
    ignore_class: int | tuple[int, ...] | None = None,
    pos_weight: Any = None,
    sample_weight: Any = None,
    label_smoothing: float = 0.0,
    epsilon: float | Unset = UNSET,
    reduction: AnyReduction = "mean",
    normalizer: Any = UNSET,
    empty: Empty | Unset = UNSET,
    validate: Validate = "first",
    **unknown: Any,
) -> Any:
    """Cross-entropy of two classes, one probability per element, in nats.

    For a target t in [0, 1] the loss of an element is ``-t * log(p) - (1 - t) * log(1 - p)``; with
    logits ``t * softplus(-x) + (1 - t) * softplus(x)``. Elements are independent, so this is also
    the loss of multi-label data.

    Parameters
    ----------
    y_true : array, shape of `y_pred`
        Targets in [0, 1]; a last dimension of 1 may be missing in one of the two.
    y_pred : array of float16, bfloat16, float32 or float64
        Probabilities of class 1, or their logits. Its kind decides the framework.
    from_logits : bool
        True: `y_pred` holds any reals (logits). False: probabilities.
    ignore_class : int or tuple of int, optional
        Elements with these targets leave loss, divisor and gradient.
    pos_weight : number or array that broadcasts to `y_pred`, optional
        Multiplies the term of target 1 only, and not the divisor.
    sample_weight : number or array, shape of `y_pred` or a leading part of it, optional
        Finite weights >= 0, in numerator and divisor; 0 leaves the elements out.
    label_smoothing : float
        In [0, 1]: the target becomes ``t * (1 - label_smoothing) + label_smoothing / 2``.
    epsilon, reduction, normalizer, empty, validate
        As in :func:`sparse_categorical_crossentropy`; the mean is over the elements.

    Returns
    -------
    array or scalar
        Of the kind and on the device of `y_pred`, float64 if it is, else float32: of no dimension,
        or with "none" of the rows' shape. With "parts" a pair of no dimension, float64 whatever
        `y_pred` is, unless the framework or the device has none.

    Raises
    ------
    TargetError
        If a target lies outside [0, 1]. Where the targets are traced that element is NaN instead,
        or the program stops, as in :func:`sparse_categorical_crossentropy`.
    PredictionError, ShapeError, WeightError, OptionError, ArrayKindError, EmptyError
        As in :func:`sparse_categorical_crossentropy`.

    Notes
    -----
    Logits of ±inf that agree with the target give 0. The definition is that of Keras's function
    of this name (which averages the last axis first) and of
    ``tf.nn.sigmoid_cross_entropy_with_logits``.

    Examples
    --------
    >>> import crossent as ce
    >>> ce.binary_crossentropy([1, 0], [0.9, 0.2], reduction="none")
    array([0.10536052, 0.22314355])
    """
    if nameless or y_pred is UNSET or y_true is UNSET:
        refuse_arguments("binary", y_true, y_pred, nameless, unknown)
    return run_call(
        "binary",
        y_true,
        y_pred,
        {
            "from_logits": from_logits,
            "ignore_class": ignore_class,
            "pos_weight": pos_weight,
            "sample_weight": sample_weight,
            "label_smoothing": label_smoothing,
            "epsilon": epsilon,
            "reduction": reduction,
            "normalizer": normalizer,
            "empty": empty,
            "validate": validate,
            **unknown,
        },
    )
