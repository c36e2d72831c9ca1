"""The public loss functions, and log-probabilities of labels."""

from __future__ import annotations

from typing import Any, Unpack, overload

from crossent.core.misuse import without_misuse
from crossent.core.options import UNSET, Empty, Unset, Validate, refuse_arguments
from crossent.frontends.call import run_call, run_log_probs
from crossent.signatures import (
    AnyReduction,
    BinaryOptions,
    DenseOptions,
    Each,
    HostArray,
    LogProbsOptions,
    One,
    Output,
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


@overload
def log_probs(
    y_true: Any, logits: HostArray, *, outputs: Output = ..., **options: Unpack[LogProbsOptions]
) -> Terms: ...
@overload
def log_probs(
    y_true: Any, logits: Tensor, *, outputs: Output = ..., **options: Unpack[LogProbsOptions]
) -> Tensor: ...
@overload
def log_probs(
    y_true: Any,
    logits: Any,
    *,
    outputs: Output | tuple[Output, ...] = ...,
    **options: Unpack[LogProbsOptions],
) -> Any: ...
@without_misuse
def log_probs(
    y_true: Any = UNSET,
    logits: Any = UNSET,
    *nameless: Any,
    temperature: float = 1.0,
    outputs: Output | tuple[Output, ...] = "log_prob",
    axis: int = -1,
    ignore_class: int | tuple[int, ...] | None = None,
    class_mask: Any = None,
    shift: bool = False,
    validate: Validate = "first",
    **unknown: Any,
) -> Any:
    """Log-probabilities of the labels of rows of logits, in nats.

    With x the logits of a row over `temperature`, y its label and ``lse = log(sum_c exp(x[c]))``
    the log-probability is ``x[y] - lse``, computed so that no digit is lost, and the entropy
    ``-sum_c p[c] * log(p[c])`` with ``p = exp(x - lse)``. No matrix of all log-probabilities is
    made.

    Parameters
    ----------
    y_true : array of integers, shape of `logits` without the class axis
        Class indices from 0 to C-1, as :func:`sparse_categorical_crossentropy` takes them.
    logits : array of float16, bfloat16, float32 or float64
        Any reals, of C >= 2 classes on `axis`. Its kind decides the framework.
    temperature : float
        A finite number > 0 that divides the logits.
    outputs : str or tuple of str
        What is asked for: "log_prob"; "entropy" of the row; "lse", its logsumexp; "rank" of the
        label, the number of classes that stand before it (0: it is the largest; of equal logits
        the lower class stands first); "correct", whether the rank is 0.
    axis : int
        The class axis of `logits`.
    ignore_class : int or tuple of int, optional
        Rows with these labels are left out, whatever their logits hold.
    class_mask : array of bool, shape (C,) or broadcastable to `logits`, optional
        False: the class does not exist, as where sampling was cut to the likeliest tokens (top-k,
        top-p): the log-probability is then that of the distribution that was sampled from.
    shift : bool
        True: the row at place t meets the label at t + 1 along the last axis of the labels, as a
        language model predicts the next token. The result has one place less.
    validate : {"first", "always", "off"}
        When values are checked, as in :func:`sparse_categorical_crossentropy`.

    Returns
    -------
    array, or named tuple of arrays
        For a string an array of the kind and on the device of `logits` and of the shape of the
        labels, for a tuple a named tuple in its order. "log_prob", "entropy" and "lse" are float64
        if `logits` are, else float32, also of 16-bit logits, which are not rounded; they have
        gradients, of every order. "rank" is int64 (int32 on JAX without 64 bits), "correct" bool.
        In rows that are left out: 0, 0, 0, -1 and False.

    Raises
    ------
    LabelRangeError, LabelTypeError
        If a label is no class index, or of a class that is masked out. Where the labels are traced
        the numbers of that row are NaN, and its rank -1, as in
        :func:`sparse_categorical_crossentropy`.
    ShapeError, OptionError, ArrayKindError
        If shapes, options or kinds of arrays do not fit.

    Warns
    -----
    DoubleSoftmaxWarning
        If every row of the logits is a probability vector.

    See Also
    --------
    sparse_categorical_crossentropy : minus the log-probability, weighted and averaged.

    Notes
    -----
    A row has the same bits in any batch, on NumPy and on eager PyTorch on the CPU. A class with a
    logit of -inf has no part in the row; as the label it gives -inf. A row that holds NaN or +inf,
    or -inf alone, gives NaN. The definition of the entropy is Shannon's.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> logits = np.array([[20.0, 0.0, 0.0], [1.0, 2.0, 3.0]], np.float32)
    >>> ce.log_probs([0, 0], logits)
    array([-4.1223074e-09, -2.4076059e+00], dtype=float32)
    >>> found = ce.log_probs([0, 0], logits, outputs=("rank", "entropy"))
    >>> found.rank
    array([0, 2])
    >>> found.entropy.round(4)
    array([0.    , 0.8324], dtype=float32)
    """
    if nameless or logits is UNSET or y_true is UNSET:
        refuse_arguments("log_probs", y_true, logits, nameless, unknown)
    return run_log_probs(
        y_true,
        logits,
        {
            "temperature": temperature,
            "outputs": outputs,
            "axis": axis,
            "ignore_class": ignore_class,
            "class_mask": class_mask,
            "shift": shift,
            "validate": validate,
            **unknown,
        },
    )
