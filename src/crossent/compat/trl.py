"""TRL's log-probabilities and entropies of tokens under their own names.

Change the import, keep the calls: ``from crossent.compat.trl import selective_log_softmax``.
Results are float32 also of 16-bit logits, which TRL rounds; docs/compat.md lists every difference.
"""

from __future__ import annotations

from typing import Any, Final

import torch

from crossent.api import log_probs
from crossent.core.errors import CrossentError
from crossent.core.messages.options import option_value
from crossent.core.wording import reworded
from crossent.losses.ops import Array

__all__ = ["entropy_from_logits", "selective_log_softmax", "selective_log_softmax_and_entropy"]

SKIPPED: Final = torch.iinfo(torch.int64).min
"""The label of a row that is skipped: no token has it."""

NAMES: Final = {"y_true": "index"}


def selective_log_softmax(
    logits: Array, index: Array, temperature: float = 1.0, row_mask: Array | None = None
) -> Array:
    """Log-probabilities of the tokens of `index`, in nats.

    Parameters
    ----------
    logits : Tensor of shape (..., C)
        Any reals.
    index : Tensor of integers of shape (...) or (..., K)
        The tokens, or K of them a row; each of K takes a pass over the logits.
    temperature : float
        A finite number > 0 that divides the logits.
    row_mask : Tensor of the shape of `index`, optional
        Where it is 0 the result is 0, and the gradient too.

    Returns
    -------
    Tensor of the shape of `index`
        float64 if `logits` are, else float32; differentiable to every order.

    Raises
    ------
    LabelRangeError
        If a token lies outside [0, C); an IndexError, as ``torch.gather`` raises.
    ShapeError, OptionError, ArrayKindError
        If shapes, the temperature or kinds of arrays do not fit.

    Notes
    -----
    As ``trl.trainer.utils.selective_log_softmax`` defines it, computed by
    :func:`crossent.log_probs`.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.trl import selective_log_softmax
    >>> selective_log_softmax(torch.tensor([[20.0, 0.0]]), torch.tensor([0]))
    tensor([-2.0612e-09])
    """
    if index.dim() != logits.dim():
        (found,) = _asked(logits, index, ("log_prob",), temperature, row_mask)
        return found
    several = [
        _asked(
            logits,
            index[..., k],
            ("log_prob",),
            temperature,
            None if row_mask is None else row_mask[..., k],
        )[0]
        for k in range(index.shape[-1])
    ]
    if several:
        return torch.stack(several, dim=-1)
    return logits.new_zeros(index.shape, dtype=_dtype(logits))


def entropy_from_logits(logits: Array, chunk_size: int = 128) -> Array:
    """Entropy of the softmax of every row, in nats.

    Parameters
    ----------
    logits : Tensor of shape (..., C)
        Any reals.
    chunk_size : int
        A number > 0. TRL works on so many rows at a time to save memory; here no row has
        temporaries that are kept, so that it changes neither the result nor the memory.

    Returns
    -------
    Tensor of shape (...)
        float64 if `logits` are, else float32; differentiable to every order.

    Raises
    ------
    OptionError, ShapeError, ArrayKindError
        If `chunk_size` or the logits are none.

    Notes
    -----
    As ``trl.trainer.utils.entropy_from_logits`` defines it; a token with a logit of -inf adds 0,
    where TRL gives NaN.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.trl import entropy_from_logits
    >>> entropy_from_logits(torch.zeros(1, 4))
    tensor([1.3863])
    """
    if chunk_size < 1:
        raise option_value("chunk_size", "an integer > 0", chunk_size)
    (found,) = _asked(logits, _any_token(logits), ("entropy",), 1.0, None)
    return found


def selective_log_softmax_and_entropy(
    logits: Array,
    index: Array,
    entropy_requires_grad: bool = True,
    temperature: float = 1.0,
    row_mask: Array | None = None,
) -> tuple[Array, Array]:
    """Log-probabilities of the tokens of `index`, and the entropies of their rows, in one pass.

    Parameters
    ----------
    logits : Tensor of shape (..., C)
        Any reals.
    index : Tensor of integers of shape (...)
        The tokens.
    entropy_requires_grad : bool
        Whether the entropies are differentiable.
    temperature, row_mask
        As in :func:`selective_log_softmax`; masked rows have an entropy of 0.

    Returns
    -------
    tuple of two Tensors of the shape of `index`
        float64 if `logits` are, else float32.

    Raises
    ------
    LabelRangeError, ShapeError, OptionError, ArrayKindError
        As :func:`selective_log_softmax`.

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.trl import selective_log_softmax_and_entropy
    >>> selective_log_softmax_and_entropy(torch.zeros(1, 4), torch.tensor([2]))
    (tensor([-1.3863]), tensor([1.3863]))
    """
    found, entropy = _asked(logits, index, ("log_prob", "entropy"), temperature, row_mask)
    return found, entropy if entropy_requires_grad else entropy.detach()


def _asked(
    logits: Array, index: Array, outputs: Any, temperature: float, row_mask: Array | None
) -> Any:
    ignored = None
    if row_mask is not None:
        index, ignored = index.long().masked_fill(row_mask == 0, SKIPPED), SKIPPED
    try:
        return log_probs(
            index, logits, outputs=outputs, temperature=temperature, ignore_class=ignored
        )
    except CrossentError as error:
        if torch.compiler.is_compiling():
            raise
        raise reworded(error, NAMES) from None


def _any_token(logits: Array) -> Array:
    return torch.zeros(logits.shape[:-1], dtype=torch.int64, device=logits.device)


def _dtype(logits: Array) -> torch.dtype:
    return torch.float64 if logits.dtype == torch.float64 else torch.float32
