"""Every loss there is: one row says what it is called, what it takes and where its formula is.

A new loss is its formula in `losses/`, a row here, the public function and its class, and the
tests; front ends, options, rules and reductions follow from the row.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

TargetKind = Literal["labels", "distributions", "elements"]
"""What a target is: the index of a class (or several, with probabilities); a distribution over the
classes; a number in [0, 1] for every prediction."""

_ALL: Final = frozenset(
    {"from_logits", "sample_weight", "label_smoothing", "reduction", "normalizer", "empty",
     "validate"}
)  # fmt: skip
_OF_CLASSES: Final = _ALL | {"axis", "class_mask", "class_weight"}
_LINEAR: Final = frozenset(
    {"linear_bias", "logit_scale", "softcap", "shift", "max_memory", "gradients"}
)
_SOFTMAX: Final = _OF_CLASSES | {"z_loss", "epsilon", "normalize"}


class Entry(NamedTuple):
    """A loss."""

    name: str  # of the public function
    targets: TargetKind
    options: frozenset[str]
    formula: str = ""  # module and name of a :class:`crossent.losses.terms.Formula`
    kernels: bool = False  # whether the compiled kernels are of this loss
    fixed: tuple[tuple[str, object], ...] = ()  # options that are no choice of the caller's
    predictions: str = "y_pred"  # what they are called
    more: tuple[str, ...] = ()  # other arrays that a call needs


class Losses(dict[str, Entry]):
    """The rows by what a function is called inside; there is no row for any other name."""

    def __missing__(self, function: str) -> Entry:
        raise LookupError(f"there is no loss {function!r}; there are {', '.join(self)}")


LOSSES: Final = Losses({
    "sparse": Entry(
        "sparse_categorical_crossentropy", "labels", _SOFTMAX | {"ignore_class", "target_prob"},
        "crossentropy:OF_CLASSES", kernels=True,
    ),
    "dense": Entry(
        "categorical_crossentropy", "distributions", _SOFTMAX, "crossentropy:OF_CLASSES",
        kernels=True,
    ),
    "binary": Entry(
        "binary_crossentropy", "elements", _ALL | {"epsilon", "ignore_class", "pos_weight"},
        "crossentropy:OF_ELEMENTS", kernels=True,
    ),
})  # fmt: skip

FUNCTIONS: Final = Losses({
    **LOSSES,
    "log_probs": Entry(
        "log_probs", "labels",
        frozenset({"axis", "ignore_class", "class_mask", "shift", "temperature", "outputs",
                   "validate"}),
        kernels=True, predictions="logits",
        fixed=(("from_logits", True), ("reduction", "none"), ("outputs", ("log_prob",))),
    ),
    "linear": Entry(
        "linear_crossentropy", "labels",
        _ALL - {"from_logits"}
        | {"class_mask", "class_weight", "ignore_class", "target_prob", "z_loss"} | _LINEAR,
        predictions="hidden", more=("linear_weight",), fixed=(("from_logits", True),),
    ),
    "linear_log_probs": Entry(
        "linear_log_probs", "labels",
        (_LINEAR - {"gradients"})
        | {"ignore_class", "class_mask", "temperature", "outputs", "validate"},
        predictions="hidden", more=("linear_weight",),
        fixed=(("from_logits", True), ("reduction", "none"), ("outputs", ("log_prob",))),
    ),
})  # fmt: skip
"""The losses, and what takes labels by the same rules but other predictions or gives more."""

OF_LOGITS: Final = {"linear": ("sparse", "dense"), "linear_log_probs": ("log_probs", "log_probs")}
"""What a function over a linear layer computes of its logits: for labels, and for distributions."""
