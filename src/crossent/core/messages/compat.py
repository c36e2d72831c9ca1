"""Messages of the drop-ins about input that the library takes and they do not."""

from __future__ import annotations

from crossent.core.errors import ArrayKindError, DoubleSoftmaxWarning, OptionError
from crossent.core.messages.values import softmax_twice
from crossent.core.plan import Plan


def only_theirs(function: str, library: str, kinds: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"{function} does not take {kinds}, but {library} does. Call {library}'s own function "
        "for these, or pass dense tensors of float16, bfloat16, float32 or float64.",
    )


def other_head(model: str, head: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"linear_loss takes a model whose last layer is a torch.nn.Linear; that of {model} is "
        f"{head}. Merge or leave out what was added to the layer, or compute "
        "linear_crossentropy(labels, hidden, weight, shift=True) yourself.",
    )


def other_loss(model: str, loss: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"linear_loss takes a causal language model, whose loss_function is ForCausalLMLoss; that "
        f"of {model} is {loss}.",
    )


def other_use_of_logits(what: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"The model has no logits under linear_loss, and {what}. It may multiply them by a number, "
        "bound them by a tanh and give them to its loss. Train it without linear_loss.",
    )


def negative_smoothing(value: float) -> OptionError:
    return OptionError(
        "CE001",
        f"`label_smoothing` must be between 0.0 and 1.0. Got: {value}. PyTorch silently ignores "
        "such a value. Leave the argument out for no smoothing.",
    )


def torch_softmax_twice(plan: Plan, rows: int) -> DoubleSoftmaxWarning:
    return softmax_twice(
        plan, rows, "`input`", "cross_entropy applies", "or pass `input.log()` to nll_loss"
    )
