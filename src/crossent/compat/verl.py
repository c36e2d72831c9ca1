"""verl's log-probabilities of tokens under their own name.

Change the import, keep the calls: ``from crossent.compat.verl import logprobs_from_logits``.
Results are float32 also of 16-bit logits; docs/compat.md lists every difference.
"""

from __future__ import annotations

from typing import Final

import torch

from crossent.core.errors import CrossentError
from crossent.core.wording import reworded
from crossent.frontends.call import prepare_call
from crossent.frontends.torch.front_end import FRONT_END
from crossent.losses.ops import Array

__all__ = ["logprobs_from_logits"]

NAMES: Final = {"y_true": "labels", "y_pred": "logits"}


def logprobs_from_logits(logits: Array, labels: Array, inplace_backward: bool = True) -> Array:
    """Log-probabilities of the tokens of `labels`, in nats.

    Parameters
    ----------
    logits : Tensor of shape (..., C)
        Any reals.
    labels : Tensor of integers of shape (...)
        The tokens.
    inplace_backward : bool
        True: backward writes the gradient where the logits are, which saves their size in memory.
        They are lost then: PyTorch raises a RuntimeError where something else has saved them for
        its own backward. Logits that are no result of an operation (leaves), that are not
        contiguous or not yet negated in memory, or that a compiler traces are left as they are.

    Returns
    -------
    Tensor of the shape of `labels`
        float64 if `logits` are, else float32; differentiable, without `inplace_backward` to every
        order.

    Raises
    ------
    LabelRangeError
        If a token lies outside [0, C); an IndexError, as ``torch.gather`` raises.
    ShapeError, ArrayKindError
        If shapes or kinds of arrays do not fit.

    Notes
    -----
    As ``verl.utils.torch_functional.logprobs_from_logits`` defines it, computed as
    :func:`crossent.log_probs` does.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.verl import logprobs_from_logits
    >>> logprobs_from_logits(torch.tensor([[20.0, 0.0]]), torch.tensor([0]))
    tensor([-2.0612e-09])
    """
    try:
        call = prepare_call("log_probs", labels, logits, {}, leave_check=True, front=FRONT_END)
        in_place = inplace_backward and not logits.is_leaf and logits.is_contiguous()
        found = FRONT_END.log_probs(call.plan, call.x, call.inputs, call.check, in_place=in_place)
    except CrossentError as error:
        if torch.compiler.is_compiling():
            raise
        raise reworded(error, NAMES) from None
    return found["log_prob"]
