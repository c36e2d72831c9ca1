"""PyTorch's cross-entropy losses under their own names: change the import, keep the numbers.

Rows are the core's: class indices are checked, ignored rows may hold anything, and a class to
which the target gives nothing may have a logit of -inf. What PyTorch refuses is refused by PyTorch
itself, with its own error. docs/compat.md lists every difference.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.overrides import has_torch_function_variadic

from crossent.compat.torch_functions import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    nll_loss,
    of_classes,
)
from crossent.compat.torch_rows import reduction_word
from crossent.compat.torch_softmax import warn_of_softmax

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "NLLLoss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "nll_loss",
]


class CrossEntropyLoss(nn.CrossEntropyLoss):  # type: ignore[misc]
    """:func:`cross_entropy` as a module, as ``torch.nn.CrossEntropyLoss`` has it.

    It is one: constructor, buffers, ``state_dict`` and representation are PyTorch's own.

    Parameters
    ----------
    weight, size_average, ignore_index, reduce, reduction, label_smoothing
        As in :func:`cross_entropy`; `weight` becomes a buffer.

    Warns
    -----
    DoubleSoftmaxWarning
        As :func:`cross_entropy`, once for each object.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import CrossEntropyLoss
    >>> loss = CrossEntropyLoss(label_smoothing=0.1)
    >>> loss(torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([0]))
    tensor(0.5076)
    """

    def forward(self, input: Any, target: Any) -> Any:
        if has_torch_function_variadic(input, target, self.weight):
            return cross_entropy(
                input,
                target,
                weight=self.weight,
                ignore_index=self.ignore_index,
                reduction=self.reduction,
                label_smoothing=self.label_smoothing,
            )
        reduction = reduction_word(None, None, self.reduction)
        loss = of_classes(
            input, target, self.weight, self.ignore_index, reduction, self.label_smoothing
        )
        warn_of_softmax(input, target, self.ignore_index, self)
        return loss


class NLLLoss(nn.NLLLoss):  # type: ignore[misc]
    """:func:`nll_loss` as a module, as ``torch.nn.NLLLoss`` has it.

    Parameters
    ----------
    weight, size_average, ignore_index, reduce, reduction
        As in :func:`nll_loss`; `weight` becomes a buffer.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import NLLLoss
    >>> NLLLoss()(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([1]))
    tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class BCELoss(nn.BCELoss):  # type: ignore[misc]
    """:func:`binary_cross_entropy` as a module, as ``torch.nn.BCELoss`` has it.

    Parameters
    ----------
    weight, size_average, reduce, reduction
        As in :func:`binary_cross_entropy`; `weight` becomes a buffer.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import BCELoss
    >>> BCELoss()(torch.tensor([0.9, 0.2]), torch.tensor([1.0, 0.0]))
    tensor(0.1643)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(nn.BCEWithLogitsLoss):  # type: ignore[misc]
    """:func:`binary_cross_entropy_with_logits` as ``torch.nn.BCEWithLogitsLoss`` has it.

    Parameters
    ----------
    weight, size_average, reduce, reduction, pos_weight
        As in :func:`binary_cross_entropy_with_logits`; both weights become buffers.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.torch import BCEWithLogitsLoss
    >>> loss = BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
    >>> loss(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0]))
    tensor(0.3470)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            pos_weight=self.pos_weight,
            reduction=self.reduction,
        )
