"""PyTorch's cross-entropy functions under their own names and signatures."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function_variadic

from crossent.compat.rows import binary_rows, dense_rows
from crossent.compat.rules.torch import IGNORE_INDEX
from crossent.compat.torch_rows import (
    are_floats,
    autocast,
    bce_losses,
    beside,
    broadcasts,
    classes_last,
    in_unit_interval,
    index_loss,
    indices_fit,
    is_index,
    nll_losses,
    no_class,
    of_elements,
    per_class,
    reduction_word,
    refuse_freed,
    refused,
)
from crossent.compat.torch_softmax import warn_of_softmax
from crossent.core.messages import compat as messages
from crossent.frontends.torch.front_end import FRONT_END

# PyTorch's own, to raise its errors; taken at import: a user may put ours in their place.
_own_cross_entropy = functional.cross_entropy
_own_nll_loss = functional.nll_loss
_own_bce = functional.binary_cross_entropy
_own_bce_with_logits = functional.binary_cross_entropy_with_logits


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of logits, as ``torch.nn.functional.cross_entropy`` has it.

    With class indices y and the weights w of the classes the mean is
    ``sum_i w[y_i] * loss_i / sum_i w[y_i]`` over the rows that are not ignored; with targets of
    `input`'s shape it is ``sum_i sum_c w[c] * target_ic * loss_ic / N``.

    Parameters
    ----------
    input : Tensor of float16, bfloat16, float32 or float64, shape (C,), (N, C) or (N, C, d1, ...)
        Logits.
    target : Tensor, shape of `input` without the classes, or of `input`
        Class indices (int64 or uint8); or coefficients of the classes, usually probabilities.
    weight : Tensor of shape (C,), optional
        Weights of the classes.
    size_average, reduce : bool, optional
        Deprecated by PyTorch: together a word of `reduction`, with its warning.
    ignore_index : int
        Rows with this label leave loss, divisor and gradient, whatever their logits hold.
    reduction : {"mean", "sum", "none"}
        How the rows are put together.
    label_smoothing : float
        In [0, 1]: the target becomes ``(1 - label_smoothing) * q + label_smoothing / C``.

    Returns
    -------
    Tensor
        In nats, with the dtype that PyTorch gives; the mean of nothing is NaN.

    Raises
    ------
    LabelRangeError
        If a label that can be seen is no class; an IndexError, as PyTorch's. In compiled code that
        row and its gradient are NaN.
    OptionError
        If `label_smoothing` is negative or NaN, which PyTorch ignores.
    RuntimeError, ValueError, TypeError, NotImplementedError
        PyTorch's own, for shapes, dtypes and devices that it refuses.

    Warns
    -----
    DoubleSoftmaxWarning
        If every row of `input` is a probability vector: once for each shape, and on the CPU alone.

    Notes
    -----
    The definition is that of ``aten::cross_entropy_loss``. Derivatives of every order are right, in
    ``torch.compile`` and ``torch.func`` too.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import cross_entropy
    >>> logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
    >>> cross_entropy(logits, torch.tensor([0, 2]), reduction="none")
    tensor([0.4076, 2.1698])
    """
    if has_torch_function_variadic(input, target, weight):
        return handle_torch_function(
            cross_entropy,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            ignore_index=ignore_index,
            reduce=reduce,
            reduction=reduction,
            label_smoothing=label_smoothing,
        )
    reduction = reduction_word(size_average, reduce, reduction)
    loss = of_classes(input, target, weight, ignore_index, reduction, label_smoothing)
    warn_of_softmax(input, target, ignore_index)
    return loss


def of_classes(
    input: Any,
    target: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    """:func:`cross_entropy` of tensors, without the warning."""
    refuse_freed(input=input, target=target, weight=weight)
    words: dict[str, Any] = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    input, target, weight = autocast(input, target, weight)
    if no_class(input) or not is_index(ignore_index):
        return _own_cross_entropy(input, target, weight, reduction=reduction, **words)
    soft = are_floats(input) and isinstance(target, torch.Tensor) and target.shape == input.shape
    smoothing = float(label_smoothing)
    if soft:
        fits = input.dim() > 0 and are_floats(target) and not smoothing > 1 and ignore_index < 0
        fits = fits and (weight is None or per_class(input, weight))
    else:
        fits = indices_fit(input, target, weight, smoothing) and not smoothing > 1
    if not (fits and beside(input, target, weight)):
        return refused(_own_cross_entropy, input, target, weight, reduction=reduction, **words)
    if not smoothing >= 0:
        raise messages.negative_smoothing(smoothing)
    if not soft:
        return index_loss(input, target, weight, ignore_index, reduction, smoothing, None)
    dtype = torch.promote_types(input.dtype, target.dtype)
    dtype = dtype if weight is None else torch.promote_types(dtype, weight.dtype)
    rows = classes_last(input)
    planned = dense_rows(
        FRONT_END,
        classes_last(target),
        rows.to(dtype),
        class_weight=weight,
        label_smoothing=smoothing,
    )
    return of_elements(planned, reduction, rows[..., 0].numel()).to(dtype)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Loss of log-probabilities, as ``torch.nn.functional.nll_loss`` has it.

    The loss of a row with label y is ``-input[y]``; the mean is weighted as in
    :func:`cross_entropy`. That `input` holds logarithms of probabilities is not looked at.

    Parameters
    ----------
    input : Tensor of float16, bfloat16, float32 or float64, shape (C,), (N, C) or (N, C, d1, ...)
        Logarithms of probabilities.
    target : Tensor of int64 or uint8, shape of `input` without the classes
        Class indices.
    weight, size_average, ignore_index, reduce, reduction
        As in :func:`cross_entropy`.

    Returns
    -------
    Tensor
        In nats, of the dtype of `input`; the mean of nothing is NaN.

    Raises
    ------
    LabelRangeError, RuntimeError, ValueError, TypeError, NotImplementedError
        As :func:`cross_entropy`.

    Notes
    -----
    The definition is that of ``aten::nll_loss_nd``.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import nll_loss
    >>> nll_loss(torch.tensor([[0.5, 0.25, 0.25]]).log(), torch.tensor([1]))
    tensor(1.3863)
    """
    if has_torch_function_variadic(input, target, weight):
        return handle_torch_function(
            nll_loss,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            ignore_index=ignore_index,
            reduce=reduce,
            reduction=reduction,
        )
    refuse_freed(input=input, target=target, weight=weight)
    reduction = reduction_word(size_average, reduce, reduction)
    input, target, weight = autocast(input, target, weight)
    words: dict[str, Any] = {"ignore_index": ignore_index, "reduction": reduction}
    if no_class(input) or not is_index(ignore_index):
        return _own_nll_loss(input, target, weight, **words)
    if not (indices_fit(input, target, weight) and beside(input, target, weight)):
        return refused(_own_nll_loss, input, target, weight, **words)
    return index_loss(input, target, weight, ignore_index, reduction, 0.0, nll_losses)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Loss of probabilities, as ``torch.nn.functional.binary_cross_entropy`` has it.

    The loss of an element is ``-t * max(log(p), -100) - (1 - t) * max(log(1 - p), -100)`` times its
    weight, its derivative ``(p - t) / max(p * (1 - p), 1e-12)``; the mean is over the elements,
    whatever the weights.

    Parameters
    ----------
    input : Tensor of float16, bfloat16, float32 or float64, any shape
        Probabilities.
    target : Tensor of the shape and dtype of `input`
        Targets in [0, 1].
    weight : Tensor that broadcasts to `target`, optional
        Weights of the elements.
    size_average, reduce, reduction
        As in :func:`cross_entropy`.

    Returns
    -------
    Tensor
        In nats, of the dtype of `input`; the mean of nothing is NaN.

    Raises
    ------
    RuntimeError, ValueError, TypeError, NotImplementedError
        PyTorch's own, for shapes and dtypes that it refuses, and for values outside [0, 1] that can
        be seen. In compiled code such an element and its gradient are NaN.

    Notes
    -----
    The definition is that of ``aten::binary_cross_entropy``.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import binary_cross_entropy
    >>> binary_cross_entropy(torch.tensor([0.9, 0.0]), torch.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.1054, 100.0000])
    """
    if has_torch_function_variadic(input, target, weight):
        return handle_torch_function(
            binary_cross_entropy,
            (input, target, weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
        )
    refuse_freed(input=input, target=target, weight=weight)
    reduction = reduction_word(size_average, reduce, reduction)
    input, target, weight = autocast(input, target, weight)
    fits = are_floats(input, target) and beside(input, target, weight)
    fits = fits and target.shape == input.shape and target.dtype == input.dtype
    fits = fits and (weight is None or broadcasts(weight, target))
    if not (fits and in_unit_interval(input) and in_unit_interval(target)):
        return refused(_own_bce, input, target, weight, reduction=reduction)
    shape = input.shape
    sample = None if weight is None else weight.expand(shape)
    planned = binary_rows(
        FRONT_END, target, input, from_logits=False, sample_weight=sample, bounded=True
    )
    return of_elements(planned, reduction, input.numel(), bce_losses).to(input.dtype)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """Binary loss of logits, as ``torch.nn.functional.binary_cross_entropy_with_logits`` has it.

    The loss of an element is ``pos_weight * t * softplus(-x) + (1 - t) * softplus(x)`` times its
    weight; the mean is over the elements, whatever the weights.

    Parameters
    ----------
    input : Tensor of float16, bfloat16, float32 or float64, any shape
        Logits.
    target : Tensor of floats, shape of `input`
        Targets, usually in [0, 1]. Any numbers are taken.
    weight : Tensor that broadcasts to `target`, optional
        Weights of the elements.
    size_average, reduce, reduction
        As in :func:`cross_entropy`.
    pos_weight : Tensor that broadcasts to `target`, optional
        Weights of the term of target 1.

    Returns
    -------
    Tensor
        In nats, of the dtype of `target`; the mean of nothing is NaN.

    Raises
    ------
    RuntimeError, ValueError, TypeError, NotImplementedError
        PyTorch's own, for shapes, dtypes and devices that it refuses.

    Notes
    -----
    The definition is that of ``aten::binary_cross_entropy_with_logits``. A logit of ±inf that
    agrees with its target costs 0, where PyTorch gives NaN.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0]))
    tensor(0.2201)
    """
    if has_torch_function_variadic(input, target, weight, pos_weight):
        return handle_torch_function(
            binary_cross_entropy_with_logits,
            (input, target, weight, pos_weight),
            input,
            target,
            weight=weight,
            size_average=size_average,
            reduce=reduce,
            reduction=reduction,
            pos_weight=pos_weight,
        )
    refuse_freed(input=input, target=target, weight=weight, pos_weight=pos_weight)
    reduction = reduction_word(size_average, reduce, reduction)
    input, target, weight, pos_weight = autocast(input, target, weight, pos_weight)
    fits = are_floats(input, target) and beside(input, target, weight, pos_weight)
    fits = fits and target.shape == input.shape
    for array in (weight, pos_weight):
        fits = fits and (array is None or broadcasts(array, target))
    if not fits:
        words = {"reduction": reduction, "pos_weight": pos_weight}
        return refused(_own_bce_with_logits, input, target, weight, **words)
    shape = input.shape
    planned = binary_rows(
        FRONT_END,
        target,
        input,
        pos_weight=None if pos_weight is None else pos_weight.expand(shape),
        sample_weight=None if weight is None else weight.expand(shape),
    )
    return of_elements(planned, reduction, input.numel()).to(target.dtype)
