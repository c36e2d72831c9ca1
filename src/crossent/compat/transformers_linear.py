"""Causal language models of Hugging Face whose own forward returns the loss without its logits.

In training with labels the last layer returns what it would multiply, as :class:`Unmade`. The model
scales that, or bounds it, and gives it to its loss, which makes the logits a few rows at a time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import torch

from crossent.compat.transformers_divisor import divisor_of_trainer
from crossent.core.messages import compat as messages
from crossent.core.messages.options import option_value
from crossent.core.options import make_options
from crossent.linear import linear_crossentropy

Model = TypeVar("Model", bound=torch.nn.Module)

OF_THE_MODEL: Final = (
    "reduction", "normalizer", "ignore_class", "shift", "logit_scale", "softcap", "linear_bias",
    "target_prob", "sample_weight",
)  # fmt: skip
"""Options that the model and its Trainer decide."""


def linear_loss(model: Model, **options: Any) -> Model:
    """Make a causal language model return its loss in training without making the logits.

    The model's own forward is run, with ``labels`` and whatever a Trainer passes; its loss is
    :func:`crossent.linear_crossentropy` over the last layer. The output has no logits then.
    Evaluation and generation keep theirs.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With a last layer of type ``torch.nn.Linear`` and the loss of causal language models
        (``ForCausalLMLoss``); or such a model inside of one of PEFT. It is changed.
    **options
        Of :func:`crossent.linear_crossentropy`: `max_memory`, `gradients`, `class_weight`,
        `class_mask`, `label_smoothing`, `z_loss`, `empty`, `validate`.

    Returns
    -------
    transformers.PreTrainedModel
        The same model.

    Raises
    ------
    OptionError
        If an option means nothing here.
    ArrayKindError
        If the model has another last layer or loss; in training, if it does something else with its
        logits than to multiply them, or to bound them by a tanh.

    Notes
    -----
    With ``num_items_in_batch``, as the Trainer passes it, the sum is divided by that number, else
    by the number of labels. A copy of the model has the same loss. The class of the model is
    replaced by one of the same name that inherits from it.

    Examples
    --------
    >>> import torch, transformers
    >>> from crossent.compat.transformers import linear_loss
    >>> sizes = {"vocab_size": 50, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 16}
    >>> model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))
    >>> tokens = torch.arange(12).reshape(2, 6)
    >>> output = linear_loss(model).train()(input_ids=tokens, labels=tokens)
    >>> output.loss.shape, output.logits
    (torch.Size([]), None)
    """
    for name in OF_THE_MODEL:
        if name in options:
            raise option_value(name, "left out: the model decides it", options[name])
    make_options("linear", dict(options))
    inner: Any = model.get_base_model() if hasattr(model, "get_base_model") else model
    head = inner.get_output_embeddings() if hasattr(inner, "get_output_embeddings") else None
    if not isinstance(head, Head) and type(head) is not torch.nn.Linear:
        kind = f"{type(head).__module__}.{type(head).__qualname__}"
        raise messages.other_head(type(inner).__qualname__, "missing" if head is None else kind)
    own: Any = getattr(inner, "loss_function", None)
    if not isinstance(own, LossOfUnmade) and getattr(own, "__name__", "") != "ForCausalLMLoss":
        raise messages.other_loss(type(inner).__qualname__, getattr(own, "__name__", repr(own)))
    if not isinstance(head, Head):
        head.__class__ = Head
    inner.loss_function = LossOfUnmade(own.own if isinstance(own, LossOfUnmade) else own, options)
    if not isinstance(inner, OverLayer):
        model_class: Any = type(inner)
        inner.__class__ = _over_layer(model_class)
    return model


class OverLayer:
    """The forward of a model that has not made its logits in training."""


@functools.cache
def _over_layer(kind: Any) -> Any:
    forward = kind.forward

    @functools.wraps(forward)
    def without_logits(self: Any, *args: Any, **given: Any) -> Any:
        labels = given.get("labels")
        if not self.training or (labels is None and given.get("shift_labels") is None):
            return forward(self, *args, **given)
        head = self.get_output_embeddings()
        head.unmade = True
        try:
            return _without_unmade(forward(self, *args, **given))
        finally:
            head.unmade = False

    words = {"forward": without_logits, "__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind)(kind.__name__, (OverLayer, kind), words)


def _without_unmade(output: Any) -> Any:
    """Return the output of a model with nothing in the place of its logits."""
    if isinstance(output, Mapping):
        return type(output)(**{k: v for k, v in output.items() if not isinstance(v, Unmade)})
    return tuple([one for one in output if not isinstance(one, Unmade)])


class Head(torch.nn.Linear):  # type: ignore[misc]
    """A last layer that may be asked not to multiply."""

    unmade = False

    def forward(self, hidden: Any) -> Any:
        return Unmade(hidden, self) if self.unmade else super().forward(hidden)


class Unmade:
    """Logits that are not there: ``scale * head(hidden)``, or ``cap * tanh`` of that.

    A model may multiply and divide them by a number, bound them, and convert them.
    """

    def __init__(
        self, hidden: Any, head: Head, scale: float = 1.0, cap: float | None = None
    ) -> None:
        self.hidden, self.head, self.scale, self.cap = hidden, head, scale, cap

    shape = property(lambda self: (*self.hidden.shape[:-1], self.head.out_features))
    dtype = property(lambda self: self.hidden.dtype)
    device = property(lambda self: self.hidden.device)

    def float(self) -> Unmade:
        return self

    def to(self, *_: Any, **__: Any) -> Unmade:
        return self

    contiguous = float

    def __mul__(self, factor: Any) -> Unmade:
        if not isinstance(factor, int | float):
            raise messages.other_use_of_logits("multiplies them by a tensor")
        if self.cap is None:
            return Unmade(self.hidden, self.head, self.scale * factor)
        return Unmade(self.hidden, self.head, self.scale, self.cap * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> Unmade:
        if not isinstance(divisor, int | float):
            raise messages.other_use_of_logits("divides them by a tensor")
        return self * (1 / divisor)

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        first = args[0] if args else None
        if function is torch.tanh and isinstance(first, Unmade) and first.cap is None:
            return Unmade(first.hidden, first.head, first.scale, 1.0)
        raise messages.other_use_of_logits(f"calls {function.__name__} of them")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise messages.other_use_of_logits(f"asks for their `{name}`")

    def __getitem__(self, item: Any) -> Any:
        raise messages.other_use_of_logits("takes a part of them")

    def _added(self, other: Any) -> Any:
        raise messages.other_use_of_logits("adds to them")

    __add__ = __radd__ = __sub__ = __rsub__ = _added


class LossOfUnmade(NamedTuple):
    """The loss function of a model, with logits or without."""

    own: Callable[..., Any]
    options: dict[str, Any]

    def __call__(
        self,
        logits: Any,
        labels: Any,
        vocab_size: int | None = None,
        num_items_in_batch: Any = None,
        ignore_index: int = -100,
        shift_labels: Any = None,
        **others: Any,
    ) -> Any:
        if not isinstance(logits, Unmade):
            return self.own(
                logits, labels, vocab_size=vocab_size, num_items_in_batch=num_items_in_batch,
                ignore_index=ignore_index, shift_labels=shift_labels, **others,
            )  # fmt: skip
        head, hidden = logits.head, logits.hidden
        given = dict(self.options)
        if num_items_in_batch is not None:
            given["normalizer"] = divisor_of_trainer(num_items_in_batch, hidden.device)
        scale, cap = logits.scale, logits.cap
        shift = shift_labels is None
        labels = labels if shift else shift_labels.reshape(hidden.shape[:-1])
        return linear_crossentropy(
            labels.to(hidden.device),
            hidden,
            head.weight,
            linear_bias=head.bias,
            ignore_class=ignore_index,
            shift=shift,
            logit_scale=scale if cap is None else scale * cap,
            softcap=cap,
            **given,
        )
