"""Models and the Trainer of Hugging Face: crossent's loss, with the Trainer's divisor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from crossent.api import sparse_categorical_crossentropy
from crossent.compat.transformers_divisor import divisor_of_trainer
from crossent.compat.transformers_linear import linear_loss
from crossent.core.messages.options import option_value
from crossent.core.options import make_options
from crossent.losses.ops import Array

__all__ = ["compute_loss_func", "linear_loss"]


def compute_loss_func(
    *, shift: bool = True, ignore_class: int | tuple[int, ...] = -100, **options: Any
) -> Callable[..., Array]:
    """Make the function that a Trainer takes as ``compute_loss_func``.

    It computes :func:`crossent.sparse_categorical_crossentropy` of the logits of a model. Where the
    Trainer tells the number of labels of all micro-batches and ranks, the loss is divided by that
    number, so that gradients that are accumulated are those of one large batch.

    Parameters
    ----------
    shift : bool
        True, for causal language models: the logits at place t meet the label at t + 1. False for
        models with a label for each place or text.
    ignore_class : int or tuple of int
        Labels that do not count.
    **options
        Of :func:`crossent.sparse_categorical_crossentropy`: `class_weight`, `label_smoothing`,
        `z_loss`, `class_mask`, `validate`. With `class_weight` the terms are weighted, and still
        divided by the number of labels that the Trainer tells.

    Returns
    -------
    callable
        ``loss(outputs, labels, num_items_in_batch=None)``, as the Trainer calls it.

    Raises
    ------
    OptionError
        If an option means nothing here; what the labels are refused for is said when it is called.

    Notes
    -----
    The Trainer multiplies by the number of ranks itself (``average_tokens_across_devices``).

    Examples
    --------
    >>> import torch
    >>> from crossent.compat.transformers import compute_loss_func
    >>> loss = compute_loss_func(label_smoothing=0.1)
    >>> labels = torch.tensor([[2, 0, -100]])
    >>> loss({"logits": torch.zeros(1, 3, 4)}, labels, num_items_in_batch=2)
    tensor(0.6931)
    """
    for name in ("reduction", "normalizer", "from_logits", "axis"):
        if name in options:
            raise option_value(name, "left out: the Trainer decides it", options[name])
    ignored = ignore_class if isinstance(ignore_class, tuple) else (ignore_class,)
    make_options("sparse", {"from_logits": True, "ignore_class": ignored, **options})
    if not isinstance(shift, bool):
        raise option_value("shift", "True or False", shift)
    if shift and not ignored:
        raise option_value("ignore_class", "a label for the last place, which predicts none", ())

    def loss(outputs: Any, labels: Array, num_items_in_batch: Any = None) -> Array:
        logits = outputs["logits"] if isinstance(outputs, Mapping) else outputs[0]
        labels = labels.to(logits.device)
        if shift:
            labels = torch.cat([labels[..., 1:], torch.full_like(labels[..., :1], ignored[0])], -1)
        given = dict(options)
        if num_items_in_batch is not None:
            given["normalizer"] = divisor_of_trainer(num_items_in_batch, logits.device)
        found: Array = sparse_categorical_crossentropy(
            labels, logits, from_logits=True, ignore_class=ignored, **given
        )
        return found

    return loss
