"""Who computes which number: the rule of the rows, and what their sum is divided by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from crossent.compat.rules import classes
from crossent.compat.rules import sklearn as sklearn_rules
from crossent.compat.rules import torch as torch_rules
from crossent.compat.rules.classes import HostArray

Reads = Literal["logits", "probabilities"]
Divisor = Literal[
    "kept",
    "all",
    "sample",
    "sample/kept",
    "class",
    "class/kept",
    "first",
    "entries",
    "sum",
    "sample sum",
    "class sum",
]
Losses = Callable[[HostArray, str], HostArray]  # of predictions and the name of their dtype


def _softmax_twice(x: HostArray, _: str) -> HostArray:
    return classes.of_logits(classes.softmax(x))


def _sklearn(p: HostArray, dtype: str) -> HostArray:
    return classes.clipped(p, sklearn_rules.epsilon(dtype))


def _after_softmax(rule: Losses) -> Losses:
    return lambda x, dtype: rule(classes.softmax(x).astype(dtype), dtype)


def _plain(rule: Callable[[HostArray], HostArray]) -> Losses:
    return lambda given, _: rule(given)


def _clip(epsilon: float) -> Losses:
    return lambda p, _: classes.clipped(p, epsilon)


def _negative(given: HostArray, _: str) -> HostArray:
    return -given.astype(np.float64)


LOGITS: Final[dict[str, Losses]] = {
    "softmax": _plain(classes.of_logits),
    "keras": _after_softmax(_plain(classes.keras)),
    "keras tensorflow": _after_softmax(_plain(classes.keras_tensorflow)),
    "sklearn": _after_softmax(_sklearn),
    "twice": _softmax_twice,
    "forgotten": _plain(classes.keras),
    "forgotten tensorflow": _plain(classes.keras_tensorflow),
    "negative": _negative,
}
PROBABILITIES: Final[dict[str, Losses]] = {
    "crossent": _clip(classes.KERAS_EPSILON),
    "exact": _clip(0.0),
    "keras": _plain(classes.keras),
    "keras tensorflow": _plain(classes.keras_tensorflow),
    "sklearn": _sklearn,
    "softmax": _plain(classes.of_logits),
    "negative": _negative,
    "1e-8": _clip(1e-8),
    "1e-12": _clip(1e-12),
    "1e-15": _clip(1e-15),
}
BINARY_LOGITS: Final[dict[str, Losses]] = {
    "softmax": _plain(classes.binary_logits),
    "keras": lambda x, dtype: classes.clipped(
        classes.two_classes((1 / (1 + np.exp(-x.astype(np.float64)))).astype(dtype)),
        classes.KERAS_EPSILON,
    ),
}
BINARY_PROBABILITIES: Final[dict[str, Losses]] = {
    "crossent": lambda p, _: classes.clipped(classes.two_classes(p), classes.KERAS_EPSILON),
    "exact": lambda p, _: classes.clipped(classes.two_classes(p), 0.0),
    "torch": lambda p, _: classes.floored(classes.two_classes(p), torch_rules.LOG_FLOOR),
    "sklearn": lambda p, dtype: _sklearn(classes.two_classes(p), dtype),
    "softmax": _plain(classes.binary_logits),
}


@dataclass(frozen=True)
class Convention:
    """One way to a number: whose, how it is called, rule of the rows, divisor."""

    whose: str
    call: str
    rule: str
    divisor: Divisor
    needs: frozenset[str] = frozenset()  # facts without which it is another line's number
    lacks: frozenset[str] = frozenset()  # facts that it cannot take


def _of(*words: str) -> frozenset[str]:
    return frozenset(words)


_WEIGHTED, _CLASS, _IGNORED = _of("sample_weight"), _of("class_weight"), _of("ignored rows")

FROM_LOGITS: Final = (
    Convention("crossent", "sparse_categorical_crossentropy(..., from_logits=True)",
               "softmax", "sample"),
    Convention("PyTorch", "F.cross_entropy(logits, labels)", "softmax", "class",
               lacks=_WEIGHTED),
    Convention("PyTorch", "F.cross_entropy(logits, one_hot)", "softmax", "class/kept",
               needs=_CLASS, lacks=_WEIGHTED | _IGNORED),
    Convention("TensorFlow", "reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits)",
               "softmax", "all", lacks=_WEIGHTED | _CLASS | _IGNORED),
    Convention("optax", "softmax_cross_entropy_with_integer_labels(logits, labels).mean()",
               "softmax", "all", lacks=_WEIGHTED | _CLASS | _IGNORED),
    Convention("Keras", "losses.SparseCategoricalCrossentropy(from_logits=True)",
               "softmax", "sample/kept", lacks=_CLASS),
    Convention("Keras", "metrics.SparseCategoricalCrossentropy(from_logits=True)",
               "softmax", "all", needs=_IGNORED, lacks=_WEIGHTED | _CLASS),
    Convention("Keras on JAX, PyTorch, NumPy", "losses.SparseCategoricalCrossentropy() of softmax",
               "keras", "sample/kept", lacks=_CLASS),
    # There a tensor from Keras's own softmax keeps the logits that it is of, and they are used,
    # unless ignored rows have made another tensor of it.
    Convention("Keras on TensorFlow", "losses.SparseCategoricalCrossentropy() of softmax",
               "softmax", "sample/kept", lacks=_CLASS | _IGNORED),
    Convention("Keras on TensorFlow", "losses.SparseCategoricalCrossentropy() of softmax",
               "keras tensorflow", "sample/kept", needs=_IGNORED, lacks=_CLASS),
    Convention("Keras on TensorFlow", "losses.SparseCategoricalCrossentropy() of softmax, saved",
               "keras tensorflow", "sample/kept", lacks=_CLASS),
    Convention("scikit-learn", "log_loss(labels, softmax(logits))", "sklearn", "sample",
               lacks=_CLASS | _IGNORED),
    Convention("Paddle", "nn.functional.cross_entropy(logits, labels)", "softmax", "all",
               lacks=_WEIGHTED | _CLASS),
    Convention("Paddle", "nn.functional.cross_entropy(logits, labels, weight)", "softmax",
               "class", needs=_CLASS, lacks=_WEIGHTED),
)  # fmt: skip
FROM_PROBABILITIES: Final = (
    Convention("crossent", "sparse_categorical_crossentropy(...)", "crossent", "sample"),
    Convention("crossent", "sparse_categorical_crossentropy(..., epsilon=0)", "exact", "sample"),
    Convention("PyTorch", "F.nll_loss(probabilities.log(), labels)", "exact", "class",
               lacks=_WEIGHTED),
    Convention("Keras on JAX, PyTorch, NumPy", "losses.SparseCategoricalCrossentropy()", "keras",
               "sample/kept", lacks=_CLASS),
    Convention("Keras on TensorFlow", "losses.SparseCategoricalCrossentropy()",
               "keras tensorflow", "sample/kept", lacks=_CLASS),
    Convention("Keras on every backend", "losses.CategoricalCrossentropy()", "keras",
               "sample/kept", lacks=_CLASS | _IGNORED),
    Convention("scikit-learn", "log_loss(labels, probabilities)", "sklearn", "sample",
               lacks=_CLASS | _IGNORED),
    Convention("Paddle", "nn.functional.cross_entropy(..., use_softmax=False)", "exact", "all",
               lacks=_WEIGHTED | _CLASS),
)  # fmt: skip
BINARY_FROM_LOGITS: Final = (
    Convention("crossent", "binary_crossentropy(..., from_logits=True)", "softmax", "sample"),
    Convention("PyTorch", "F.binary_cross_entropy_with_logits(logits, targets)", "softmax",
               "sample/kept", lacks=_IGNORED),
    Convention("TensorFlow", "reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits)", "softmax",
               "all", lacks=_WEIGHTED | _IGNORED),
    Convention("optax", "sigmoid_binary_cross_entropy(logits, labels).mean()", "softmax", "all",
               lacks=_WEIGHTED | _IGNORED),
    Convention("Keras", "losses.BinaryCrossentropy(from_logits=True)", "softmax", "all",
               lacks=_WEIGHTED | _IGNORED),
    Convention("Keras on NumPy", "losses.BinaryCrossentropy(from_logits=True)", "keras", "all",
               lacks=_WEIGHTED | _IGNORED),
)  # fmt: skip
BINARY_FROM_PROBABILITIES: Final = (
    Convention("crossent", "binary_crossentropy(...)", "crossent", "sample"),
    Convention("PyTorch", "F.binary_cross_entropy(probabilities, targets)", "torch",
               "sample/kept", lacks=_IGNORED),
    Convention("Keras", "losses.BinaryCrossentropy()", "crossent", "all",
               lacks=_WEIGHTED | _IGNORED),
    Convention("scikit-learn", "log_loss(targets, probabilities)", "sklearn", "sample",
               needs=_of("one probability a row"), lacks=_IGNORED),
)  # fmt: skip

_BITS, _TEN = float(np.log(2)), float(np.log(10))

# Other numbers that the same rows give: by mistake, or in another unit.
VARIANTS_OF_LOGITS: Final = (
    ("a softmax applied twice", "twice"),
    ("from_logits=False for logits, in Keras on JAX, PyTorch or NumPy", "forgotten"),
    ("from_logits=False for logits, in Keras on TensorFlow", "forgotten tensorflow"),
    ("nll_loss without log_softmax", "negative"),
)
VARIANTS_OF_PROBABILITIES: Final = (
    ("probabilities taken for logits: a softmax twice", "softmax"),
    ("nll_loss without log", "negative"),
    ("clipped at 1e-8", "1e-8"),
    ("clipped at 1e-12", "1e-12"),
    ("clipped at 1e-15: scikit-learn before 1.5", "1e-15"),
)
VARIANTS_OF_BINARY_PROBABILITIES: Final = (
    ("probabilities taken for logits: a sigmoid twice", "softmax"),
    ("without a clip", "exact"),
)
DIVISORS: Final[tuple[tuple[str, Divisor, frozenset[str]], ...]] = (
    ("the sum over the rows", "sum", _of()),
    ("the sum over the rows, times their weights", "sample sum", _WEIGHTED),
    ("the sum over the rows, times the weights of their classes", "class sum", _CLASS),
    ("the mean of the rows without weights", "kept", _of("weights")),
    ("the sum divided by all rows, ignored ones too", "all", _IGNORED),
    ("the sum divided by the first dimension", "first", _of("several dimensions")),
    ("the mean over the rows and the classes: the loss divided by C", "entries", _of("classes")),
)
UNITS: Final = (("in bits", _BITS), ("with the logarithm to the base 10", _TEN))
