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
