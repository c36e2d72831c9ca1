"""Messages of the drop-ins about input that the library takes and they do not."""

from __future__ import annotations

from crossent.core.errors import ArrayKindError, OptionError


def only_theirs(function: str, library: str, kinds: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"{function} cannot compute with {kinds}, which {library} takes. Call {library}'s own "
        "function for these, or pass dense tensors of float16, bfloat16, float32 or float64.",
    )


def negative_smoothing(value: float) -> OptionError:
    return OptionError(
        "CE001",
        f"`label_smoothing` must be between 0.0 and 1.0. Got: {value}. PyTorch ignores such a "
        "value without a word; leave the argument out for no smoothing.",
    )
